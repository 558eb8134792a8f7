package io.hydrant.bench.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.hydrant.engine.model.PageChecksum;
import io.hydrant.v1.Pages;
import io.hydrant.v1.WriteCheckpointRequest;
import java.util.List;
import java.util.stream.LongStream;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;

class PageDataTest {
  private static final int PAGE_BYTES = PagePool.PAGE_BYTES;

  private final PagePool pool = new PagePool(42, 512);

  @Test
  void pagesComeFromTheSeedAndRepeatBeyondThePool() {
    PagePool same = new PagePool(42, 512);
    PagePool other = new PagePool(43, 512);
    assertEquals(pool.page(300), same.page(300));
    assertNotEquals(pool.page(300), other.page(300));
    assertNotEquals(pool.page(300), pool.page(301));
    assertEquals(pool.page(300), pool.page(300 + 5 * 512));
    assertEquals(pool.page(300), pool.page(300 - 512));
  }

  @Test
  void pagesCannotBeCompressed() {
    Deflater deflater = new Deflater();
    deflater.setInput(pool.page(7));
    deflater.finish();
    assertTrue(deflater.deflate(new byte[2 * PAGE_BYTES]) >= PAGE_BYTES);
  }

  @Test
  void aRunEndsWhereItsPieceEnds() {
    assertEquals(16 * PAGE_BYTES, pool.run(240, 100).size());
    assertEquals(10 * PAGE_BYTES, pool.run(3, 10).size());
    assertEquals(ByteString.copyFrom(pool.page(4)), pool.run(3, 2).substring(PAGE_BYTES));
  }

  @Test
  void chosenPagesAreDistinctAscendingAndOfTheSeed() {
    long[] chosen = new PageChoice(5).distinct(2_560, 262_144);
    assertArrayEquals(chosen, LongStream.of(chosen).distinct().sorted().toArray());
    assertEquals(2_560, chosen.length);
    assertArrayEquals(chosen, new PageChoice(5).distinct(2_560, 262_144));
    assertArrayEquals(PageMessages.run(0, 9), new PageChoice(5).distinct(9, 9));
    assertThrows(IllegalArgumentException.class, () -> new PageChoice(5).distinct(10, 9));
  }

  @Test
  void batchesKeepTheRulesOfTheApi() {
    long[] pages = new PageChoice(6).distinct(5_000, 8_192);
    List<WriteCheckpointRequest> batches = PageMessages.batches(pool, pages);
    for (WriteCheckpointRequest message : batches) {
      Pages batch = message.getBatch();
      assertTrue(batch.getPageCount() <= 256);
      assertEquals(1, batch.getPageList().stream().map(page -> page / 2048).distinct().count());
      assertEquals(batch.getPageCount(), batch.getChecksumCount());
      assertEquals(batch.getPageCount(), batch.getEncoding().size());
      assertEquals(batch.getPageCount() * PAGE_BYTES, batch.getData().size());
    }
    assertArrayEquals(
        pages,
        batches.stream()
            .flatMapToLong(b -> b.getBatch().getPageList().stream().mapToLong(Long::longValue))
            .toArray());
    assertEquals(5_000L * PAGE_BYTES, PageMessages.dataBytes(batches));
    assertEquals(5_000, PageMessages.commit(batches).getCommit().getPageCount());
  }

  @Test
  void checksumsAreThoseOfThePages() {
    Pages pages = PageMessages.pages(pool, new long[] {600});
    assertEquals(ByteString.copyFrom(pool.page(600)), pages.getData());
    assertEquals(new PageChecksum().of(0, 600, pool.page(600)), pages.getChecksum(0));
  }
}
