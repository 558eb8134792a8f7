package io.hydrant.testkit.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.Refusal;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pages that are marked damaged are never served, and neither is an older version for them. */
class DamagedPagesTest {
  private static final int PAGES = 3_000;

  private final StoreFixture fixture;
  private final CheckpointKey first;
  private final CheckpointKey second;
  private final CheckpointKey third;

  DamagedPagesTest() throws Exception {
    fixture = StoreFixture.withPages(PAGES);
    first = fixture.full().all(1, 10).commit();
    second = fixture.onHead().raw(100, 4, 6).raw(100, 2_100, 2_100).commit();
    third = fixture.onHead().raw(200, 6, 7).commit();
  }

  private void mark(CheckpointKey checkpoint, int tract, Integer... pages) throws Exception {
    Outcome outcome =
        fixture.submit(
            new Command.MarkDamaged(
                fixture.image(), 0, tract, checkpoint.checkpoint(), List.of(pages)));
    assertEquals(new Outcome.PagesMarked(pages.length), outcome);
  }

  private ByteBuffer page(ReadPoint point, int page) throws Exception {
    ByteBuffer target = ByteBuffer.allocateDirect(StoreFixture.PAGE_BYTES);
    fixture.store().pages().read(point, 0, new long[] {page}, target);
    return target.flip();
  }

  private void assertPage(CheckpointKey key, long seed, int page) throws Exception {
    assertEquals(
        CheckpointScript.payload(PageEncoding.RAW, seed, page, page),
        page(fixture.read(key), page));
  }

  private void assertDamaged(CheckpointKey key, int page) throws Exception {
    ReadPoint point = fixture.read(key);
    Refusal refusal = assertThrows(Refusal.class, () -> page(point, page));
    assertEquals(Rejection.DAMAGED, refusal.rejection(), refusal.getMessage());
  }

  @Test
  void onlyTheMarkedVersionsAndForEver() throws Exception {
    ReadPoint before = fixture.read(third);
    page(before, 5);
    mark(second, 0, 5, 6);
    assertEquals(Rejection.DAMAGED, assertThrows(Refusal.class, () -> page(before, 5)).rejection());
    assertDamaged(second, 5);
    assertDamaged(third, 5);
    assertDamaged(second, 6);
    assertPage(third, 200, 6);
    assertPage(first, 1, 5);
    assertPage(second, 100, 4);
    assertPage(second, 100, 2_100);
    fixture.snapshot();
    fixture.powerCut();
    assertDamaged(third, 5);
    assertPage(third, 200, 6);
  }

  @Test
  void anOlderVersionIsNotServedInItsPlace() throws Exception {
    mark(second, 1, 52, 53); // as on a replica that never got these versions: 53 has none
    assertDamaged(third, 2_101);
    assertPage(third, 200, 7);
  }

  @Test
  void aPageThatWasZeroIsLostAsAnyOther() throws Exception {
    mark(first, 1, 60);
    assertDamaged(third, 2_108);
  }
}
