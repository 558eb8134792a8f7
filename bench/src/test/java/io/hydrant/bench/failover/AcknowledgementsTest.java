package io.hydrant.bench.failover;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.bench.data.PagePool;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class AcknowledgementsTest {
  @Test
  void theGapBeginsWithTheLastAcknowledgementBeforeTheKill() {
    Acknowledgements acknowledgements = new Acknowledgements();
    for (long at : new long[] {100, 900, 1_000, 1_010, 1_500, 1_510, 1_600}) {
      acknowledgements.add(at);
    }
    // What was on its way when the leader died ends no gap: the longest silence does.
    assertEquals(new Acknowledgements.Gap(1_010, 1_500), acknowledgements.longestSince(1_005));
    assertEquals(new Acknowledgements.Gap(1_010, 1_500), acknowledgements.longestSince(1_200));
    assertEquals(new Acknowledgements.Gap(1_510, 1_600), acknowledgements.longestSince(1_500));
  }

  @Test
  void waitsForSoManyAfterAMoment() throws Exception {
    Acknowledgements acknowledgements = new Acknowledgements();
    acknowledgements.add(10);
    acknowledgements.add(20);
    assertTrue(acknowledgements.awaitAfter(5, 2, 0));
    assertFalse(acknowledgements.awaitAfter(10, 2, 1));
    assertEquals(2, acknowledgements.count());
  }

  @Test
  void aPageThatShowsSomethingElseIsFound() {
    PagePool pool = new PagePool(3, 4);
    int[] content = {0, 3};
    ContentCheck good = new ContentCheck(pool, content);
    good.found(0, 0, pool.run(0, 1));
    assertTrue(good.wrong().isPresent());
    good.found(0, 1, pool.run(0, 4).slice(3 * PagePool.PAGE_BYTES, PagePool.PAGE_BYTES));
    assertTrue(good.wrong().isEmpty());

    ContentCheck bad = new ContentCheck(pool, content);
    bad.found(0, 0, ByteBuffer.wrap(pool.array(), 0, 2 * PagePool.PAGE_BYTES));
    assertTrue(bad.wrong().orElseThrow().contains("page 1"));
  }
}
