package io.hydrant.bench.store;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.hydrant.bench.process.ChildProcess;
import io.hydrant.bench.process.FreePort;
import io.hydrant.bench.process.JvmCommand;
import io.hydrant.bench.process.ProcessAccounts;
import io.hydrant.v1.GetServerInfoRequest;
import io.hydrant.v1.ServerServiceGrpc;
import io.hydrant.v1.StatsRequest;
import io.hydrant.v1.StatsResponse;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A server of the store in a process of its own. */
public final class StoreProcess implements AutoCloseable {
  private static final long READY_SECONDS_MAX = 120;
  private static final int CONNECT_MILLIS_MAX = 1_000;

  private final ChildProcess process;
  private final int port;

  private StoreProcess(ChildProcess process, int port) {
    this.process = process;
    this.port = port;
  }

  /**
   * Starts a server; does not wait for it.
   *
   * @param jvmOptions on top of the launch flags
   * @param logs directory for its log
   * @param data its data directory
   * @param settings KEY=VALUE each
   */
  public static StoreProcess start(
      JvmCommand jvm, List<String> jvmOptions, Path logs, Path data, List<String> settings)
      throws IOException, InterruptedException {
    return start(jvm, jvmOptions, logs, data, FreePort.choose(), settings);
  }

  /**
   * Starts a server; does not wait for it.
   *
   * @param jvmOptions on top of the launch flags
   * @param logs directory for its log
   * @param data its data directory
   * @param port for clients, on loopback
   * @param settings KEY=VALUE each
   */
  static StoreProcess start(
      JvmCommand jvm,
      List<String> jvmOptions,
      Path logs,
      Path data,
      int port,
      List<String> settings)
      throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of("server", "--data", data.toString()));
    add(arguments, "listen.address=127.0.0.1:" + port);
    settings.forEach(setting -> add(arguments, setting));
    ChildProcess process = ChildProcess.start("store", logs, jvm.hydrant(jvmOptions, arguments));
    return new StoreProcess(process, port);
  }

  private static void add(List<String> arguments, String setting) {
    arguments.add("--set");
    arguments.add(setting);
  }

  /** Waits until the server answers; returns the nanoseconds from its start to then. */
  public long awaitReady() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(READY_SECONDS_MAX);
    while (!answers()) {
      if (!process.alive()) {
        throw new IOException("the store ended before it was ready; " + told());
      }
      if (System.nanoTime() > deadline) {
        throw new IOException(
            "the store was not ready within " + READY_SECONDS_MAX + " s; " + told());
      }
      Thread.sleep(1);
    }
    return System.nanoTime() - process.startedNanos();
  }

  /**
   * Whether it answers right now. A plain connect comes first: gRPC would back off after a refusal.
   */
  public boolean answers() {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress("127.0.0.1", port), CONNECT_MILLIS_MAX);
    } catch (IOException e) {
      return false;
    }
    try {
      info();
      return true;
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  private void info() {
    ManagedChannel channel = channel();
    try {
      var answer =
          ServerServiceGrpc.newBlockingStub(channel)
              .withDeadlineAfter(CONNECT_MILLIS_MAX, TimeUnit.MILLISECONDS)
              .getServerInfo(GetServerInfoRequest.getDefaultInstance());
      if (answer.getVersion().isEmpty()) {
        throw new IllegalStateException("a server without a version: is it the store?");
      }
    } finally {
      channel.shutdownNow();
    }
  }

  /** Counters and gauges at this moment. */
  public StatsResponse stats() {
    ManagedChannel channel = channel();
    try {
      return ServerServiceGrpc.newBlockingStub(channel).stats(StatsRequest.getDefaultInstance());
    } finally {
      channel.shutdownNow();
    }
  }

  private ManagedChannel channel() {
    return NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
  }

  /** host:port for clients. */
  public String endpoint() {
    return "127.0.0.1:" + port;
  }

  public ChildProcess process() {
    return process;
  }

  public ProcessAccounts accounts() throws IOException {
    return process.accounts();
  }

  /** Graceful stop; returns the accounts of its whole life. */
  public ProcessAccounts stop() throws IOException, InterruptedException {
    ProcessAccounts accounts = process.stop();
    // 143: ended by the signal after its shutdown hooks.
    if (process.exitCode() != 0 && process.exitCode() != 128 + 15) {
      throw new IOException(
          "the store's graceful stop ended with exit code " + process.exitCode() + "; " + told());
    }
    return accounts;
  }

  private String told() throws IOException {
    return "its log ends:\n" + process.logTail();
  }

  @Override
  public void close() throws IOException, InterruptedException {
    process.close();
  }
}
