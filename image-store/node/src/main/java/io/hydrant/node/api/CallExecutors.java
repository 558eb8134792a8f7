package io.hydrant.node.api;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallExecutorSupplier;
import io.hydrant.node.config.ThreadsConfig;
import io.hydrant.v1.CheckpointServiceGrpc;
import io.hydrant.v1.RestoreServiceGrpc;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The pools on which calls run, by method: device reads and appends hold their thread, so demand
 * fetches do not share theirs with anything slower, and slim states, without which no VM runs, none
 * with prefetches. Streams take turns on their pool. A call has at most one task in a queue, so the
 * queues are as bounded as the calls are.
 */
public final class CallExecutors implements ServerCallExecutorSupplier, AutoCloseable {
  private static final Duration CLOSE_MAX = Duration.ofSeconds(5);

  private final ThreadPoolExecutor fault;
  private final ThreadPoolExecutor read;
  private final ThreadPoolExecutor ingest;
  private final ThreadPoolExecutor api;
  private final ThreadPoolExecutor space;

  public CallExecutors(ThreadsConfig config) {
    this.fault = pool("hydrant-fault", config.fault());
    this.read = pool("hydrant-read", config.read());
    this.ingest = pool("hydrant-ingest", config.ingest());
    this.api = pool("hydrant-api", config.api());
    this.space = pool("hydrant-space", 1);
  }

  private static ThreadPoolExecutor pool(String name, int threads) {
    return new ThreadPoolExecutor(
        threads,
        threads,
        0,
        TimeUnit.SECONDS,
        new LinkedBlockingQueue<>(),
        Thread.ofPlatform().name(name + "-", 1).daemon().factory());
  }

  @Override
  public <RequestT, ResponseT> Executor getExecutor(
      ServerCall<RequestT, ResponseT> call, Metadata metadata) {
    String method = call.getMethodDescriptor().getFullMethodName();
    if (method.equals(RestoreServiceGrpc.getFetchPagesMethod().getFullMethodName())) {
      return fault;
    }
    if (method.equals(RestoreServiceGrpc.getPrefetchMethod().getFullMethodName())
        || method.equals(RestoreServiceGrpc.getReadPlanMethod().getFullMethodName())
        || method.equals(RestoreServiceGrpc.getPageDigestsMethod().getFullMethodName())) {
      return read;
    }
    if (method.equals(CheckpointServiceGrpc.getWriteCheckpointMethod().getFullMethodName())) {
      return ingest;
    }
    return api;
  }

  public Executor fault() {
    return fault;
  }

  public Executor read() {
    return read;
  }

  public Executor ingest() {
    return ingest;
  }

  public Executor api() {
    return api;
  }

  /**
   * Counting what images take, which reads all their index rows: one at a time, for whoever asks
   * and for streams that are near their quota.
   */
  public Executor space() {
    return space;
  }

  /** Whether pages are being fetched or received at this moment: what is less urgent yields. */
  public boolean isBusy() {
    return fault.getActiveCount() + read.getActiveCount() + ingest.getActiveCount() > 0;
  }

  /** Ends the pools; what runs may end. */
  @Override
  public void close() {
    List<ExecutorService> all = List.of(fault, read, ingest, api, space);
    all.forEach(ExecutorService::shutdown);
    try {
      for (ExecutorService pool : all) {
        if (!pool.awaitTermination(CLOSE_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
          pool.shutdownNow();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
