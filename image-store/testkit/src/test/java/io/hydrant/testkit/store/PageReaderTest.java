package io.hydrant.testkit.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.store.PageBatch;
import io.hydrant.engine.store.PageReader;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.StoreEvent;
import io.hydrant.testkit.simulation.PageContents;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Reads: what they return, what they cost, and that nothing wrong is ever served. */
class PageReaderTest {
  private static final int PAGES = 2_048 + 100;

  private final StoreFixture fixture = StoreFixture.withPages(PAGES);
  private final ByteBuffer target = ByteBuffer.allocateDirect(1 << 20);

  PageReaderTest() throws Exception {}

  private CheckpointKey full() throws Exception {
    CheckpointScript script = fixture.full().raw(100, 0, 19).raw(100, 20, 29);
    for (int first = 30; first < 2_048; first += 256) {
      script.zero(first, Math.min(first + 255, 2_047));
    }
    script.zero(2_048, PAGES - 1);
    return script.commit();
  }

  private long counter(String name) {
    return fixture.store().counters().getOrDefault(name, -1L);
  }

  private PageBatch read(ReadPoint point, long... pages) throws Exception {
    target.clear();
    PageBatch batch = fixture.store().pages().read(point, 0, pages, target);
    target.flip();
    return batch;
  }

  private void assertPage(long seed, int at) {
    assertEquals(
        PageContents.page(seed, StoreFixture.PAGE_BYTES),
        target.slice(at * StoreFixture.PAGE_BYTES, StoreFixture.PAGE_BYTES));
  }

  private static Refusal assertRefused(Rejection rejection, Executable call) {
    Refusal refusal = assertThrows(Refusal.class, call);
    assertEquals(rejection, refusal.rejection());
    return refusal;
  }

  @Test
  void anyOrderAndZeros() throws Exception {
    ReadPoint point = fixture.read(full());
    PageBatch batch = read(point, 7, 2_100, 3, 3);
    assertArrayEquals(new int[] {4_096, 0, 4_096, 4_096}, batch.lengths());
    assertEquals(PageEncoding.ZERO.code(), batch.encodings()[1]);
    assertPage(107, 0);
    assertPage(103, 1);
    assertPage(103, 2);
  }

  @Test
  void neighboursCostOneDeviceRead() throws Exception {
    ReadPoint point = fixture.read(full());
    long before = counter("device_read_count");
    read(point, 2, 3, 4, 5, 6);
    assertEquals(before + 1, counter("device_read_count"));
    read(point, 2, 4);
    assertEquals(before + 3, counter("device_read_count"));
  }

  @Test
  void historyCostsNothing() throws Exception {
    full();
    for (int round = 0; round < 50; round++) {
      fixture.onHead().raw(1_000 * round, round % 30, round % 30).commit();
    }
    CheckpointKey last = fixture.onHead().raw(5, 1, 1).commit();
    fixture.snapshot();
    fixture.powerCut();
    ReadPoint point = fixture.read(last);
    long gets = counter("index_get_count");
    long reads = counter("device_read_count");
    read(point, 9);
    assertEquals(gets + 1, counter("index_get_count"));
    assertEquals(reads + 1, counter("device_read_count"));
    assertPage(1_000 * 39 + 9, 0);
  }

  @Test
  void retainedCheckpointsKeepTheirPages() throws Exception {
    CheckpointKey first = full();
    CheckpointKey second = fixture.onHead().raw(9_000, 3, 4).commit();
    CheckpointKey third = fixture.onHead().zero(3, 3).commit();
    read(fixture.read(first), 3, 4);
    assertPage(103, 0);
    read(fixture.read(second), 3, 4);
    assertPage(9_003, 0);
    assertEquals(0, read(fixture.read(third), 3).lengths()[0]);
    read(fixture.read(third), 4);
    assertPage(9_004, 0);
  }

  @Test
  void rangesGoOnWhereTheyStopped() throws Exception {
    ReadPoint point = fixture.read(full());
    ByteBuffer small = ByteBuffer.allocate(5 * StoreFixture.PAGE_BYTES);
    PageReader.RangePart part = fixture.store().pages().readRange(point, 0, 27, PAGES, true, small);
    assertArrayEquals(new long[] {27, 28, 29}, part.batch().pages());
    assertEquals(PAGES, part.nextPage());
    small.clear();
    part = fixture.store().pages().readRange(point, 0, 0, PAGES, false, small);
    assertEquals(5, part.batch().size());
    assertEquals(5, part.nextPage());
  }

  @Test
  void badRequests() throws Exception {
    ReadPoint point = fixture.read(full());
    assertRefused(Rejection.INVALID, () -> read(point, PAGES));
    assertRefused(Rejection.INVALID, () -> read(point, -1));
    assertRefused(Rejection.LIMIT_EXCEEDED, () -> read(point, new long[257]));
    assertRefused(Rejection.LIMIT_EXCEEDED, () -> read(point));
    assertRefused(
        Rejection.INVALID, () -> fixture.store().pages().read(point, 1, new long[] {0}, target));
  }

  @Test
  void aFlippedBitIsNamedAndNeverServed() throws Exception {
    ReadPoint point = fixture.read(full());
    String segment = "segment-0000000001.hyd";
    byte[] file = fixture.media().disk().bytes("segments", segment);
    ByteBuffer page = PageContents.page(105, StoreFixture.PAGE_BYTES);
    int at = indexOf(file, page);
    fixture.media().disk().flipBit("segments", segment, at + 1_000, 3);
    Refusal refusal = assertRefused(Rejection.DAMAGED, () -> read(point, 4, 5, 6));
    String message = String.valueOf(refusal.getMessage());
    assertTrue(message.contains("page 5"), message);
    assertTrue(message.contains(segment) && message.contains("offset " + at), message);
    assertTrue(fixture.replica().events().stream().anyMatch(StoreEvent.Damaged.class::isInstance));
    read(point, 4, 6);
    assertPage(106, 1);
  }

  @Test
  void anUnreadableSectorIsDamageToo() throws Exception {
    ReadPoint point = fixture.read(full());
    String segment = "segment-0000000001.hyd";
    byte[] file = fixture.media().disk().bytes("segments", segment);
    int at = indexOf(file, PageContents.page(105, StoreFixture.PAGE_BYTES));
    fixture.media().disk().makeUnreadable("segments", segment, at);
    assertRefused(Rejection.DAMAGED, () -> read(point, 5));
    read(point, 9);
    assertPage(109, 0);
  }

  private static int indexOf(byte[] file, ByteBuffer page) {
    ByteBuffer bytes = ByteBuffer.wrap(file);
    for (int at = 0; at + page.remaining() <= file.length; at++) {
      if (file[at] == page.get(0) && bytes.slice(at, page.remaining()).equals(page)) {
        return at;
      }
    }
    throw new IllegalStateException("the page is not in the file");
  }
}
