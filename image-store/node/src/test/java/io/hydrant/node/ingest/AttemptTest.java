package io.hydrant.node.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class AttemptTest {
  private static final RegionTable REGIONS =
      new RegionTable(List.of(new RegionSpec("ram", RegionKind.MEMORY, 4096, 4096)));

  private final OpenCheckpoints open = new OpenCheckpoints(() -> 0);

  private Attempt opened(long number, @Nullable Attempt base) {
    CheckpointKey key = new CheckpointKey(new ImageId(1), new CheckpointId(number));
    Attempt attempt =
        new Attempt(
            number,
            new OpenStep(
                key.image(),
                new Epoch(1),
                CheckpointKind.INCREMENTAL,
                Optional.empty(),
                0,
                Optional.empty()),
            base);
    attempt.opening();
    attempt.opened(new Attempt.Opened(key, REGIONS, new Staged(key), open.begin(key)));
    return attempt;
  }

  /** A stream has no last attempt: what has ended must not be held by what comes later. */
  @Test
  void anEndedAttemptHoldsNeitherItsBaseNorItsBytes() {
    Attempt first = opened(1, null);
    Attempt second = opened(2, first);
    second.finishing();
    second.finished(
        new Held(
            new Command.Content(Digest.of(new byte[Digest.BYTES]), 0, 0, 0, 0), List.of("n1")));
    assertSame(first, second.base());
    second.ended(true);
    assertNull(second.base());
    assertNull(second.openedOrNull());
    assertThrows(IllegalStateException.class, second::requireHeld);
    assertEquals(
        new CheckpointKey(new ImageId(1), new CheckpointId(2)),
        second.key(),
        "a later one may name it as its base");
  }

  private record Staged(CheckpointKey key) implements StagedGroup {
    @Override
    public void patch(
        int region, int tract, PageTable table, ByteBuffer payload, ByteBuffer asSent) {}

    @Override
    public boolean isOpenForMore() {
      return true;
    }

    @Override
    public void onOpenForMore(Runnable action) {
      action.run();
    }

    @Override
    public void zeroTracts(int region, long firstTract, long count) {}

    @Override
    public void slim(long offset, int checksum, ByteBuffer bytes) {}

    @Override
    public int patches() {
      return 0;
    }

    @Override
    public CompletableFuture<Integer> durable(int patches) {
      return CompletableFuture.completedFuture(patches);
    }

    @Override
    public CompletableFuture<Held> finish(Command.Content claimed) {
      return CompletableFuture.completedFuture(new Held(claimed, List.of()));
    }
  }
}
