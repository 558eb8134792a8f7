package io.hydrant.node.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.store.Refusal;
import io.hydrant.v1.Pages;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class BatchReaderTest {
  private static final RegionTable REGIONS =
      new RegionTable(
          List.of(
              new RegionSpec("ram", RegionKind.MEMORY, 4096, 1L << 30),
              new RegionSpec("disk", RegionKind.DISK, 2 << 20, 1L << 40)));

  /** Whatever comes off the wire is a batch or is refused. */
  @Test
  void anythingIsABatchOrIsRefused() {
    long seed = Long.getLong("hydrant.seed", System.nanoTime());
    Random random = new Random(seed);
    int read = 0;
    for (int run = 0; run < 20_000; run++) {
      Pages pages = noise(random);
      try {
        BatchReader.Batch batch = BatchReader.read(REGIONS, pages);
        assertEquals(pages.getPageCount(), batch.table().size());
        assertEquals(pages.getData().size(), batch.payload().remaining());
        read++;
      } catch (Refusal e) {
        continue;
      } catch (RuntimeException e) {
        throw new AssertionError(
            "repeat with -Dtest=BatchReaderTest -Dhydrant.seed=" + seed + ", run " + run, e);
      }
    }
    assertEquals(true, read > 100, "some of it must be good: " + read);
  }

  private static Pages noise(Random random) {
    int count = random.nextInt(4);
    long first = odd(random) ? random.nextLong() : random.nextInt(4_000);
    Pages.Builder pages = Pages.newBuilder().setRegion(odd(random) ? random.nextInt() : 0);
    byte[] encodings = new byte[odd(random) ? random.nextInt(4) : count];
    int bytes = 0;
    boolean lengths = random.nextBoolean();
    for (int i = 0; i < count; i++) {
      pages.addPage(odd(random) ? random.nextLong() : first + i);
      int encoding = odd(random) ? random.nextInt(256) : random.nextInt(4);
      if (i < encodings.length) {
        encodings[i] = (byte) encoding;
      }
      int length = encoding == 0 ? 4096 : encoding == 2 ? 17 : 0;
      pages.addChecksum(length == 0 && !odd(random) ? 0 : random.nextInt());
      if (lengths || encoding == 2) {
        pages.addLength(odd(random) ? random.nextInt() : length);
      }
      bytes += length;
    }
    return pages
        .setEncoding(ByteString.copyFrom(encodings))
        .setData(ByteString.copyFrom(new byte[odd(random) ? random.nextInt(9_000) : bytes]))
        .build();
  }

  private static boolean odd(Random random) {
    return random.nextInt(20) == 0;
  }

  @Test
  void bytesInOnePieceAreNotCopied() {
    byte[] array = {1, 2, 3, 4, 5};
    ByteBuffer view = HeapBytes.of(UnsafeByteOperations.unsafeWrap(array).substring(1, 4));
    assertSame(array, view.array());
    assertEquals(ByteBuffer.wrap(array, 1, 3), view);
  }

  @Test
  void bytesInPiecesAreJoined() {
    ByteString piece = ByteString.copyFrom(new byte[200]);
    ByteString rope = piece.concat(ByteString.copyFrom(new byte[] {7})).concat(piece);
    assertEquals(ByteBuffer.wrap(rope.toByteArray()), HeapBytes.of(rope));
    assertEquals(0, HeapBytes.of(ByteString.EMPTY).remaining());
    ByteBuffer direct = ByteBuffer.allocateDirect(3).put(new byte[] {1, 2, 3}).flip();
    assertEquals(
        ByteBuffer.wrap(new byte[] {1, 2, 3}),
        HeapBytes.of(UnsafeByteOperations.unsafeWrap(direct)));
  }
}
