package io.hydrant.node.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.PageTable;
import io.hydrant.node.Draft;
import io.hydrant.node.FakeProposals;
import io.hydrant.node.api.ApiErrors;
import io.hydrant.node.api.ApiException;
import io.hydrant.node.pace.IngestBrake;
import io.hydrant.peer.v1.RawWrite;
import io.hydrant.v1.AbortCheckpoint;
import io.hydrant.v1.CheckpointKind;
import io.hydrant.v1.OpenCheckpoint;
import io.hydrant.v1.Reason;
import io.hydrant.v1.SlimChunk;
import io.hydrant.v1.WriteCheckpointResponse;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** How a stream shares its pool, and what it does to a protector that does not read. */
final class CheckpointStreamTest implements Staging {
  private static final RawWrite UNFIT_OPEN =
      RawWrite.newBuilder().setAttempt(1).setOpen(OpenCheckpoint.getDefaultInstance()).build();

  /** Of an attempt that has ended: nothing is done with it. */
  private static final RawWrite LATE =
      RawWrite.newBuilder().setAttempt(1).setSlim(SlimChunk.getDefaultInstance()).build();

  private final ArrayDeque<Runnable> pool = new ArrayDeque<>();
  private final ArrayDeque<Runnable> delayed = new ArrayDeque<>();
  private long room = Long.MAX_VALUE;
  private long nanos;
  private final Protector protector = new Protector();
  private final Catalog catalog = new Catalog();
  private final FakeProposals log = new FakeProposals(catalog);
  private final Group group = new Group();
  private final CheckpointStream stream =
      new CheckpointStream(
          new IngestPorts(
              this,
              catalog,
              log,
              new OpenCheckpoints(() -> 0),
              new IngestBrake(
                  new IngestBrake.Room() {
                    @Override
                    public long bytes() {
                      return room;
                    }

                    @Override
                    public boolean isGrowing() {
                      return true;
                    }
                  },
                  100 << 20,
                  100 << 20,
                  () -> nanos),
              (what, cause) -> {
                throw new AssertionError(what, cause);
              }),
          new Mailbox(pool::add),
          (task, wait) -> {
            nanos += wait;
            delayed.add(task);
          },
          protector,
          1,
          new IngestCounters());

  @Override
  public CompletableFuture<?> readyToAdmit(ImageId image) {
    return READY;
  }

  @Override
  public void admitOpen(Command.Open open) {}

  @Override
  public StagedGroup staged(CheckpointKey key, Epoch epoch) {
    return group;
  }

  @Override
  public void requireHeld(ImageId image, Held held) {}

  @Override
  public CompletableFuture<Held> held(CheckpointKey key, Epoch epoch, Command.Content claimed) {
    throw new AssertionError("nothing was opened");
  }

  @Test
  void aBusyProtectorGoesBehindTheOthersAfterItsTurn() {
    stream.message(UNFIT_OPEN);
    for (int i = 0; i < 100; i++) {
      stream.message(LATE);
    }
    assertEquals(64, protector.requested, "one more is asked for with each that was done");
    assertEquals(1, pool.size());
    pool.remove().run();
    assertEquals(101, protector.requested);
    assertTrue(pool.isEmpty());
  }

  @Test
  void aProtectorThatDoesNotReadItsAnswersGetsNoMore() {
    protector.ready = false;
    stream.message(UNFIT_OPEN);
    stream.message(LATE);
    assertEquals(0, protector.answers.size());
    assertEquals(0, protector.requested);
    protector.ready = true;
    stream.ready();
    assertEquals(1, protector.answers.size());
    assertEquals(2, protector.requested);
  }

  @Test
  void aProtectorIsSlowedWhileNoMajorityKeepsUp() {
    open();
    group.open = false;
    for (int i = 0; i < 8; i++) {
      stream.message(slim());
    }
    assertEquals(0, group.slims);
    assertEquals(1, protector.requested, "its window is not given back");
    assertEquals(1, group.waiting.size(), "it waits once, not once for each message");
    group.open = true;
    group.waiting.remove().run();
    runAll();
    assertEquals(8, group.slims);
    assertEquals(9, protector.requested);
  }

  @Test
  void aProtectorIsSlowedWhileRoomIsLow() {
    open();
    room = 50 << 20;
    stream.message(batch());
    assertEquals(1, group.batches, "it is paid for afterwards");
    stream.message(batch());
    stream.message(batch());
    assertEquals(1, group.batches);
    assertEquals(1, delayed.size(), "it waits once, not once for each message");
    assertEquals(2, protector.requested, "its window is not given back");
    delayed.remove().run();
    runAll();
    assertEquals(2, group.batches);
    room = Long.MAX_VALUE;
    delayed.remove().run();
    runAll();
    assertEquals(3, group.batches);
    assertTrue(delayed.isEmpty());
  }

  @Test
  void aSlowedProtectorMayGiveUp() {
    open();
    group.open = false;
    stream.message(
        RawWrite.newBuilder().setAttempt(1).setAbort(AbortCheckpoint.getDefaultInstance()).build());
    assertEquals(Reason.REASON_ABORTED, protector.answers.getLast().getRejected().getReason());
  }

  @Test
  void theStreamsOfADeposedLeaderEndAndNothingIsAborted() {
    open();
    stream.leadershipLost(new ApiException(Reason.REASON_NO_LEADER, "n2 leads"));
    runAll();
    StatusRuntimeException end = (StatusRuntimeException) Objects.requireNonNull(protector.end);
    Metadata trailers = Objects.requireNonNull(end.getTrailers());
    assertEquals(Reason.REASON_NO_LEADER.name(), trailers.get(ApiErrors.REASON_KEY));
    assertTrue(String.valueOf(end.getMessage()).contains("n2 leads"), end.getMessage());
    assertEquals(
        List.of("Open"), log.take().stream().map(c -> c.getClass().getSimpleName()).toList());
    stream.message(slim());
    assertEquals(0, group.slims);
  }

  private void open() {
    ImageId image = ((Outcome.ImageCreated) log.apply(new Command.CreateImage("vm", 16))).image();
    Epoch epoch =
        ((Outcome.Acquired)
                log.apply(
                    new Command.Acquire(image, Optional.empty(), new RequestId(new UUID(1, 1)))))
            .epoch();
    stream.message(
        RawWrite.newBuilder()
            .setAttempt(1)
            .setOpen(
                OpenCheckpoint.newBuilder()
                    .setImageUid(image.value())
                    .setEpoch(epoch.value())
                    .setKind(CheckpointKind.CHECKPOINT_KIND_FULL)
                    .addRegions(Draft.region(1)))
            .build());
    runAll();
    assertTrue(protector.answers.getLast().hasOpened());
  }

  private static RawWrite batch() {
    return RawWrite.newBuilder()
        .setAttempt(1)
        .setBatch(new Draft(1).raw(1, 0).toByteString())
        .build();
  }

  private static RawWrite slim() {
    return RawWrite.newBuilder()
        .setAttempt(1)
        .setSlim(SlimChunk.newBuilder().setData(ByteString.copyFromUtf8("state")))
        .build();
  }

  private void runAll() {
    while (!pool.isEmpty()) {
      pool.remove().run();
    }
  }

  /** Counts what it takes. */
  private static final class Group implements StagedGroup {
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private boolean open = true;
    private int slims;
    private int batches;

    @Override
    public CheckpointKey key() {
      return CheckpointKey.of(1, 1);
    }

    @Override
    public void patch(
        int region, int tract, PageTable table, ByteBuffer payload, ByteBuffer asSent) {
      batches++;
    }

    @Override
    public void zeroTracts(int region, long firstTract, long count) {}

    @Override
    public void slim(long offset, int checksum, ByteBuffer bytes) {
      slims++;
    }

    @Override
    public int patches() {
      return 0;
    }

    @Override
    public CompletableFuture<Integer> durable(int patches) {
      return CompletableFuture.completedFuture(patches);
    }

    @Override
    public boolean isOpenForMore() {
      return open;
    }

    @Override
    public void onOpenForMore(Runnable action) {
      waiting.add(action);
    }

    @Override
    public CompletableFuture<Held> finish(Command.Content claimed) {
      throw new AssertionError("nothing was committed");
    }
  }

  private static final class Protector extends ServerCallStreamObserver<WriteCheckpointResponse> {
    private final List<WriteCheckpointResponse> answers = new ArrayList<>();
    private boolean ready = true;

    /** Beyond the window, which is of one message. */
    private int requested = -1;

    private @Nullable Throwable end;

    @Override
    public void onNext(WriteCheckpointResponse answer) {
      answers.add(answer);
    }

    @Override
    public void request(int count) {
      requested += count;
    }

    @Override
    public boolean isReady() {
      return ready;
    }

    @Override
    public void onError(Throwable failure) {
      end = failure;
    }

    @Override
    public void onCompleted() {}

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public void setOnCancelHandler(Runnable handler) {}

    @Override
    public void setCompression(String compression) {}

    @Override
    public void disableAutoInboundFlowControl() {}

    @Override
    public void setOnReadyHandler(Runnable handler) {}

    @Override
    public void setMessageCompression(boolean enable) {}
  }
}
