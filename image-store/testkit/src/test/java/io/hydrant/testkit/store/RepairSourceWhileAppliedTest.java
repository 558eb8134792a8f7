package io.hydrant.testkit.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Entry;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.repair.LocalRepairSource;
import io.hydrant.engine.repair.RepairRefusal;
import io.hydrant.engine.store.TractSet;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * While a commit is applied, the catalog says already that the checkpoint is there, and the maps
 * still have its base's pages: another replica must not be told that those are the checkpoint's.
 */
class RepairSourceWhileAppliedTest {
  private static final int PAGES = 10;

  @Test
  void aCommitUnderWayIsNotGivenAway() throws Exception {
    StoreFixture fixture = StoreFixture.withPages(PAGES);
    fixture.replica().joinOthers();
    CheckpointKey base = fixture.full().raw(1, 0, PAGES - 1).commit();
    CheckpointScript next = fixture.onHead().raw(9, 0, 3);
    LocalRepairSource source = new LocalRepairSource("n1", fixture.store());
    assertEquals(1, source.list(base, TractSet.ALL).tracts().size());

    // As it is in the middle of the entry: the catalog has applied it, and nothing is merged yet.
    EntryPosition applied = fixture.store().applied();
    fixture
        .store()
        .catalog()
        .apply(
            new EntryPosition(applied.term(), applied.index() + 1),
            new Entry(
                1,
                RequestId.NONE,
                RequestId.NONE,
                new Command.Commit(
                    next.key(), fixture.epoch(), next.content(), List.of("n2", "n3"))));
    for (RepairRefusal refusal :
        List.of(
            assertThrows(RepairRefusal.class, () -> source.list(next.key(), TractSet.ALL)),
            assertThrows(
                RepairRefusal.class, () -> source.tract(next.key(), 0, 0, new BitSet())))) {
      assertEquals(RepairRefusal.Kind.BEHIND, refusal.kind(), refusal.getMessage());
    }
    assertEquals(1, source.list(base, TractSet.ALL).tracts().size());
  }
}
