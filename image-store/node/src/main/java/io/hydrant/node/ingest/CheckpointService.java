package io.hydrant.node.ingest;

import io.grpc.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.hydrant.engine.catalog.Catalog;
import io.hydrant.node.api.ApiErrors;
import io.hydrant.node.api.StreamGate;
import io.hydrant.node.config.IngestConfig;
import io.hydrant.node.pace.IngestBrake;
import io.hydrant.node.replication.FailStop;
import io.hydrant.node.replication.Proposals;
import io.hydrant.peer.v1.RawWrite;
import io.hydrant.v1.CheckpointServiceGrpc;
import io.hydrant.v1.SettleRequest;
import io.hydrant.v1.SettleResponse;
import io.hydrant.v1.WriteCheckpointResponse;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** The way in. All its calls run on the ingest pool. */
public final class CheckpointService extends CheckpointServiceGrpc.CheckpointServiceImplBase {
  /** Decoded pages of a batch. */
  public static final int BATCH_BYTES_MAX = BatchReader.BATCH_BYTES_MAX;

  /** Of one message: a batch of 1 MiB of pages with its lists, three times over. */
  public static final int MESSAGE_BYTES_MAX = 4 << 20;

  private final IngestConfig config;
  private final IngestPorts ports;
  private final Executor pool;
  private final SettleCalls settles;
  private final StreamGate gate;
  private final IngestCounters counters = new IngestCounters();
  private final Set<CheckpointStream> streams = ConcurrentHashMap.newKeySet();

  private CheckpointService(IngestConfig config, IngestPorts ports, Executor pool) {
    this.config = config;
    this.ports = ports;
    this.pool = pool;
    this.settles = new SettleCalls(ports);
    this.gate = new StreamGate("WriteCheckpoint", "ingest_streams", config.streamsMax());
  }

  /** The parts of the replica that ingest works with. */
  public record Replica(
      Staging staging,
      Catalog catalog,
      Proposals proposals,
      IngestBrake brake,
      FailStop failStop) {}

  /**
   * @param pool the ingest pool
   */
  public static CheckpointService of(
      IngestConfig config, Replica replica, OpenCheckpoints open, Executor pool) {
    return new CheckpointService(
        config,
        new IngestPorts(
            replica.staging(),
            replica.catalog(),
            replica.proposals(),
            open,
            replica.brake(),
            replica.failStop()),
        pool);
  }

  private StreamObserver<RawWrite> write(StreamObserver<WriteCheckpointResponse> responses) {
    ServerCallStreamObserver<WriteCheckpointResponse> observer =
        (ServerCallStreamObserver<WriteCheckpointResponse>) responses;
    try {
      gate.enter();
    } catch (RuntimeException e) {
      observer.onError(ApiErrors.status(e));
      return new Ignoring();
    }
    observer.disableAutoRequest();
    CheckpointStream stream =
        new CheckpointStream(
            ports,
            new Mailbox(pool),
            CheckpointService::later,
            observer,
            config.windowMessages(),
            counters);
    streams.add(stream);
    AtomicBoolean left = new AtomicBoolean();
    Runnable leave =
        () -> {
          if (left.compareAndSet(false, true)) {
            streams.remove(stream);
            gate.leave();
          }
          stream.gone();
        };
    observer.setOnCancelHandler(leave);
    observer.setOnCloseHandler(leave);
    observer.setOnReadyHandler(stream::ready);
    return new StreamObserver<>() {
      @Override
      public void onNext(RawWrite message) {
        stream.message(message);
      }

      @Override
      public void onError(Throwable failure) {
        leave.run();
      }

      @Override
      public void onCompleted() {
        stream.halfClosed();
      }
    };
  }

  private static void later(Runnable task, long nanos) {
    CompletableFuture.delayedExecutor(nanos, TimeUnit.NANOSECONDS, Runnable::run).execute(task);
  }

  @Override
  public void settle(SettleRequest request, StreamObserver<SettleResponse> observer) {
    ports
        .proposals()
        .current()
        .thenComposeAsync(_ -> settles.settle(request), pool)
        .whenCompleteAsync(
            (response, failure) -> {
              if (failure == null) {
                observer.onNext(response);
                observer.onCompleted();
              } else {
                observer.onError(ApiErrors.status(failure));
              }
            },
            pool);
  }

  /**
   * The service with WriteCheckpoint's messages parsed without a second copy of their bytes, and
   * with batches left as they came, to be sent on as they are.
   */
  public ServerServiceDefinition definition() {
    ServerServiceDefinition plain = bindService();
    ServerServiceDefinition.Builder builder =
        ServerServiceDefinition.builder(plain.getServiceDescriptor().getName());
    for (ServerMethodDefinition<?, ?> method : plain.getMethods()) {
      String name = method.getMethodDescriptor().getFullMethodName();
      if (name.equals(CheckpointServiceGrpc.getWriteCheckpointMethod().getFullMethodName())) {
        builder.addMethod(raw(), ServerCalls.asyncBidiStreamingCall(this::write));
      } else {
        builder.addMethod(method);
      }
    }
    return builder.build();
  }

  private static MethodDescriptor<RawWrite, WriteCheckpointResponse> raw() {
    return CheckpointServiceGrpc.getWriteCheckpointMethod().toBuilder(
            new AliasingMarshaller<>(
                RawWrite.getDefaultInstance(),
                RawWrite.parser(),
                MESSAGE_BYTES_MAX,
                CheckpointStream.OVERSIZED),
            CheckpointServiceGrpc.getWriteCheckpointMethod().getResponseMarshaller())
        .build();
  }

  /** From time to time: streams whose bytes wait for more ask for durability without it. */
  public void nudge() {
    streams.forEach(CheckpointStream::nudge);
  }

  /**
   * This replica does not lead any more: all streams end, and their protectors go on with the one
   * that does.
   *
   * @param why with the leader as far as known, as other calls are answered
   */
  public void leadershipLost(Throwable why) {
    streams.forEach(stream -> stream.leadershipLost(why));
  }

  /** Ends all streams; protectors settle what they committed. */
  public void shutDown() {
    streams.forEach(CheckpointStream::shutDown);
  }

  public IngestCounters counters() {
    return counters;
  }

  public int streamCount() {
    return gate.count();
  }

  /** For a stream that was refused. */
  private static final class Ignoring implements StreamObserver<RawWrite> {
    @Override
    public void onNext(RawWrite message) {}

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {}
  }
}
