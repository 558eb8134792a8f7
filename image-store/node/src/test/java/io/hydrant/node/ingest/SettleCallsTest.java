package io.hydrant.node.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.ByteString;
import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.node.FakeProposals;
import io.hydrant.node.api.ApiErrors;
import io.hydrant.node.pace.IngestBrake;
import io.hydrant.v1.CommitCheckpoint;
import io.hydrant.v1.Reason;
import io.hydrant.v1.SettleRequest;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What a replica says of a checkpoint that it knows nothing of. */
final class SettleCallsTest {
  private final Catalog catalog = new Catalog();
  private final FakeProposals log = new FakeProposals(catalog);
  private final SettleCalls calls =
      new SettleCalls(
          new IngestPorts(
              new NoStaging(),
              catalog,
              log,
              new OpenCheckpoints(() -> 0),
              IngestBrake.NONE,
              (what, cause) -> {}));

  /** Is not asked for what is not open. */
  private static final class NoStaging implements Staging {
    @Override
    public CompletableFuture<?> readyToAdmit(ImageId image) {
      return READY;
    }

    @Override
    public void admitOpen(Command.Open open) {}

    @Override
    public StagedGroup staged(CheckpointKey key, Epoch epoch) {
      throw new AssertionError();
    }

    @Override
    public void requireHeld(ImageId image, Held held) {}

    @Override
    public CompletableFuture<Held> held(CheckpointKey key, Epoch epoch, Command.Content claimed) {
      throw new AssertionError();
    }
  }

  private Reason answer(long image, long checkpoint) {
    SettleRequest request =
        SettleRequest.newBuilder()
            .setImageUid(image)
            .setCheckpoint(checkpoint)
            .setEpoch(1)
            .setCommit(
                CommitCheckpoint.newBuilder()
                    .setDigest(ByteString.copyFrom(new byte[Digest.BYTES])))
            .build();
    return ApiErrors.answer(calls.settle(request).exceptionNow()).reason();
  }

  @Test
  void onlyALeaderSaysThatThereIsNoSuchThing() {
    long image =
        ((Outcome.ImageCreated) log.apply(new Command.CreateImage("vm", 2))).image().value();
    assertEquals(Reason.REASON_UNKNOWN_CHECKPOINT, answer(image, 1));
    assertEquals(Reason.REASON_UNKNOWN_IMAGE, answer(image + 1, 1));
    log.leads = false;
    assertEquals(Reason.REASON_NO_LEADER, answer(image, 1));
    assertEquals(Reason.REASON_NO_LEADER, answer(image + 1, 1));
  }
}
