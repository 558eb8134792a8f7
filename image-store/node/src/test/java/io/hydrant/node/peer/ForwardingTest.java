package io.hydrant.node.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.Durability;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ForwardingTest {
  @Test
  void whoIsStillLookingIsWaitedForAndYetKnownToHaveBeenAskedLongAgo() {
    Forwarding asked =
        new Forwarding(
            CheckpointKey.of(1, 1),
            new Epoch(1),
            new RegionTable(List.of(new RegionSpec("ram", RegionKind.MEMORY, 4_096, 4_096))),
            Durability.QUORUM,
            true);
    assertEquals(0, asked.askedForNanos(500));
    asked.finishing(new Command.Content(Digest.of(new byte[Digest.BYTES]), 0, 0, 0, 0), 1_000);
    asked.looking(1_400);
    assertEquals(100, asked.waitedNanos(1_500));
    assertEquals(500, asked.askedForNanos(1_500));
    asked.fail(new IllegalStateException("over"));
    assertEquals(0, asked.askedForNanos(1_600));
  }
}
