package io.hydrant.bench.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.hydrant.codecs.ZstdPageCodec;
import io.hydrant.engine.model.PageChecksum;
import io.hydrant.v1.PageEncoding;
import io.hydrant.v1.Pages;
import io.hydrant.v1.WriteCheckpointRequest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.LongStream;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;

class PageDataTest {
  private static final int PAGE_BYTES = PagePool.PAGE_BYTES;

  private final PagePool pool = new PagePool(42, 512);

  @Test
  void pagesComeFromTheSeed() {
    PagePool same = new PagePool(42, 512);
    PagePool other = new PagePool(43, 512);
    assertEquals(pool.run(300, 3), same.run(300, 3));
    assertNotEquals(pool.run(300, 3), other.run(300, 3));
    assertNotEquals(pool.run(300, 3), pool.run(301, 3));
    assertEquals(pool.run(0, 512), ByteBuffer.wrap(pool.array()));
  }

  @Test
  void everyPlaceHasARunInOnePiece() {
    for (long place : new long[] {0, 509, 510, 511, 512, 1L << 40, -1}) {
      assertEquals(3 * PAGE_BYTES, pool.run(place, 3).remaining());
    }
    assertThrows(RuntimeException.class, () -> pool.run(0, 513));
  }

  @Test
  void pagesCannotBeCompressed() {
    try (Deflater deflater = new Deflater()) {
      deflater.setInput(pool.run(7, 1));
      deflater.finish();
      assertTrue(deflater.deflate(new byte[2 * PAGE_BYTES]) >= PAGE_BYTES);
    }
  }

  @Test
  void chosenPagesAreDistinctAscendingAndOfTheSeed() {
    long[] chosen = new PageChoice(5).distinct(2_560, 262_144);
    assertArrayEquals(chosen, LongStream.of(chosen).distinct().sorted().toArray());
    assertEquals(2_560, chosen.length);
    assertArrayEquals(chosen, new PageChoice(5).distinct(2_560, 262_144));
    assertArrayEquals(LongStream.range(0, 9).toArray(), new PageChoice(5).distinct(9, 9));
    assertThrows(IllegalArgumentException.class, () -> new PageChoice(5).distinct(10, 9));
  }

  @Test
  void batchesKeepTheRulesOfTheApi() {
    PageSet set = PageSet.scattered(pool, new PageChoice(6), 500, 8_192);
    List<WriteCheckpointRequest> batches = PageMessages.batches(set);
    for (WriteCheckpointRequest message : batches) {
      Pages batch = message.getBatch();
      assertTrue(batch.getPageCount() <= 256);
      assertEquals(1, batch.getPageList().stream().map(page -> page / 2048).distinct().count());
      assertEquals(batch.getPageCount(), batch.getChecksumCount());
      assertEquals(batch.getPageCount(), batch.getEncoding().size());
      assertEquals(batch.getPageCount() * PAGE_BYTES, batch.getData().size());
    }
    assertArrayEquals(
        set.pages(),
        batches.stream()
            .flatMapToLong(b -> b.getBatch().getPageList().stream().mapToLong(Long::longValue))
            .toArray());
    assertEquals(
        ByteString.copyFrom(set.content().duplicate()),
        batches.stream()
            .map(message -> message.getBatch().getData())
            .reduce(ByteString.EMPTY, ByteString::concat));
    assertEquals(500, PageMessages.commit(batches).getCommit().getPageCount());
  }

  @Test
  void encodedPagesAreAsSmallAsTheLibraryMakesThem() throws Exception {
    ByteBuffer content = ByteBuffer.allocate(3 * PAGE_BYTES);
    content.put(pool.run(9, 1)).position(2 * PAGE_BYTES);
    content.put("a page of text ".repeat(200).getBytes(StandardCharsets.US_ASCII)).rewind();
    PageSet set = new PageSet(new long[] {4, 5, 2_100}, content);
    List<Pages> batches =
        PageMessages.encodedBatches(set).stream().map(WriteCheckpointRequest::getBatch).toList();
    assertEquals(List.of(4L, 5L), batches.getFirst().getPageList());
    assertArrayEquals(
        new byte[] {PageEncoding.PAGE_ENCODING_RAW_VALUE, PageEncoding.PAGE_ENCODING_ZERO_VALUE},
        batches.getFirst().getEncoding().toByteArray());
    assertEquals(List.of(PAGE_BYTES, 0), batches.getFirst().getLengthList());
    assertEquals(ByteString.copyFrom(pool.run(9, 1)), batches.getFirst().getData());
    Pages text = batches.get(1);
    assertEquals(PageEncoding.PAGE_ENCODING_ZSTD_VALUE, text.getEncoding().byteAt(0));
    assertEquals(text.getLength(0), text.getData().size());
    assertTrue(text.getLength(0) < 100, "bytes " + text.getLength(0));
    assertEquals(new PageChecksum().of(0, 2_100, set.page(2)), text.getChecksum(0));
    ByteBuffer decoded = ByteBuffer.allocate(PAGE_BYTES);
    try (ZstdPageCodec codec = new ZstdPageCodec()) {
      codec.decodeZstd(ByteBuffer.wrap(text.getData().toByteArray()), decoded);
    }
    assertEquals(set.page(2), decoded.flip());
  }

  @Test
  void deviceStateTravelsInPiecesOfOneMebibyte() {
    assertEquals(List.of(), PageMessages.slim(new byte[0]));
    byte[] state = new byte[(1 << 20) + 5];
    state[1 << 20] = 7;
    List<WriteCheckpointRequest> messages = PageMessages.slim(state);
    assertEquals(
        ByteString.copyFrom(state),
        messages.stream()
            .map(message -> message.getSlim().getData())
            .reduce(ByteString.EMPTY, ByteString::concat));
    assertEquals(
        List.of(0L, 1L << 20),
        messages.stream().map(message -> message.getSlim().getOffset()).toList());
  }

  @Test
  void checksumsAreThoseOfThePages() {
    PageSet set = new PageSet(new long[] {5, 600}, pool.run(77, 2));
    Pages pages = PageMessages.pages(set);
    assertEquals(ByteString.copyFrom(pool.run(77, 2)), pages.getData());
    assertEquals(List.of(5L, 600L), pages.getPageList());
    assertEquals(new PageChecksum().of(0, 600, set.page(1)), pages.getChecksum(1));
    assertNotEquals(new PageChecksum().of(0, 601, set.page(1)), pages.getChecksum(1));
    assertThrows(
        IllegalArgumentException.class, () -> new PageSet(new long[] {5}, pool.run(77, 2)));
  }

  @Test
  void fullBatchesAreMadeOfWholeMebibytes() {
    List<WriteCheckpointRequest> batches = PageMessages.batches(PageSet.run(pool, 2_000, 500));
    assertEquals(
        List.of(48, 256, 196),
        batches.stream().map(message -> message.getBatch().getPageCount()).toList());
  }
}
