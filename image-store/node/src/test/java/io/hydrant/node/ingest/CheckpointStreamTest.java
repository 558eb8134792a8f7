package io.hydrant.node.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.stub.ServerCallStreamObserver;
import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Epoch;
import io.hydrant.node.FakeProposals;
import io.hydrant.v1.OpenCheckpoint;
import io.hydrant.v1.SlimChunk;
import io.hydrant.v1.WriteCheckpointRequest;
import io.hydrant.v1.WriteCheckpointResponse;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** How a stream shares its pool, and what it does to a protector that does not read. */
final class CheckpointStreamTest implements Staging {
  private static final WriteCheckpointRequest UNFIT_OPEN =
      WriteCheckpointRequest.newBuilder()
          .setAttempt(1)
          .setOpen(OpenCheckpoint.getDefaultInstance())
          .build();

  /** Of an attempt that has ended: nothing is done with it. */
  private static final WriteCheckpointRequest LATE =
      WriteCheckpointRequest.newBuilder()
          .setAttempt(1)
          .setSlim(SlimChunk.getDefaultInstance())
          .build();

  private final ArrayDeque<Runnable> pool = new ArrayDeque<>();
  private final Protector protector = new Protector();
  private final Catalog catalog = new Catalog();
  private final CheckpointStream stream =
      new CheckpointStream(
          new IngestPorts(
              this,
              catalog,
              new FakeProposals(catalog),
              new OpenCheckpoints(() -> 0),
              (what, cause) -> {
                throw new AssertionError(what, cause);
              }),
          new Mailbox(pool::add),
          protector,
          new IngestCounters());

  @Override
  public void admitOpen(Command.Open open) {}

  @Override
  public StagedGroup staged(CheckpointKey key, Epoch epoch) {
    throw new AssertionError("nothing was opened");
  }

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

  private static final class Protector extends ServerCallStreamObserver<WriteCheckpointResponse> {
    private final List<WriteCheckpointResponse> answers = new ArrayList<>();
    private boolean ready = true;
    private int requested;

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
      throw new AssertionError(failure);
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
