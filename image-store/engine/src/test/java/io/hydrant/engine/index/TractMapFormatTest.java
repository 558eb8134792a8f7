package io.hydrant.engine.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.files.UnsupportedFormatException;
import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.PageTable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class TractMapFormatTest {
  private static final int SEEDS = 3_000;

  private final ImageUsage usage = new SegmentUsage().image(new ImageId(1));

  @Test
  void goldenBytes() throws IOException {
    Golden.check("tract-map", sample().encode());
    assertEquals(sample(), TractMap.decode("golden", Golden.read("tract-map")));
  }

  @Test
  void sequentialPagesTakeAtMostTenBytesAndRandomOnesFourteen() {
    Retained one = Retained.of(List.of(Line.of(1, 1)));
    TractMap sequential = TractMap.empty();
    for (int batch = 0; batch < 8; batch++) {
      Address payload = new Address(3, 5000 + batch * (1 << 20) + batch * 700);
      sequential = sequential.merge(1, Tables.run(256 * batch, 256), payload, one, usage);
    }
    assertEquals(2048, sequential.size());
    assertTrue(sequential.encode().length <= 10 * 2048, sequential.encode().length + " bytes");
    TractMap scattered = scattered(Seeds.random(1));
    assertEquals(2048, scattered.size());
    assertTrue(scattered.encode().length <= 14 * 2048, scattered.encode().length + " bytes");
  }

  /** Every page of another checkpoint and place, as after thousands of small random writes. */
  static TractMap scattered(RandomGenerator random) {
    int checkpoints = 2_000;
    ImageUsage usage = new SegmentUsage().image(new ImageId(1));
    Retained newest = Retained.of(List.of(Line.of(1, checkpoints)));
    TractMap map =
        TractMap.empty().merge(1, Tables.run(0, 2048), new Address(0, 4096), newest, usage);
    for (int page = 0; page < 2048; page++) {
      long checkpoint = 2 + random.nextInt(checkpoints - 1);
      Address place = new Address(random.nextInt(100), random.nextInt(60 << 20));
      map = map.merge(checkpoint, Tables.raw(page), place, newest, usage);
    }
    return map;
  }

  @Test
  void otherVersionIsNamed() {
    byte[] bytes = sample().encode();
    bytes[0] = 9;
    UnsupportedFormatException e =
        assertThrows(
            UnsupportedFormatException.class, () -> TractMap.decode("row x", sealed(bytes)));
    assertTrue(e.toString().contains("row x has format version 9"), e.toString());
  }

  @Test
  void everyFlippedBitIsFound() {
    byte[] bytes = sample().encode();
    for (int bit = 0; bit < 8 * bytes.length; bit++) {
      byte[] damaged = bytes.clone();
      damaged[bit / 8] ^= (byte) (1 << (bit % 8));
      assertThrows(CorruptionException.class, () -> TractMap.decode("row", damaged));
    }
    for (int length = 0; length < bytes.length; length++) {
      byte[] torn = Arrays.copyOf(bytes, length);
      assertThrows(CorruptionException.class, () -> TractMap.decode("row", torn));
    }
  }

  /** The checksum is made right again, so that the parser itself is tried. */
  @Test
  void anyBytesGiveAMapOrCorruption() {
    Seeds.of(SEEDS)
        .forEach(seed -> {
          byte[] bytes = mutated(Seeds.random(seed));
          try {
            TractMap map = TractMap.decode("row", bytes);
            assertEquals(map, TractMap.decode("row", map.encode()));
            assertTrue(map.heapBytes() <= 24L * bytes.length + 200);
          } catch (CorruptionException e) {
            assertTrue(e.toString().contains(": row at offset "), e.toString());
          } catch (IOException | RuntimeException e) {
            throw new AssertionError(Seeds.repeat(getClass(), seed), e);
          }
        });
  }

  private byte[] mutated(RandomGenerator random) {
    byte[] bytes = sample().encode();
    if (random.nextInt(4) == 0) {
      bytes = new byte[5 + random.nextInt(60)];
      random.nextBytes(bytes);
    }
    for (int i = random.nextInt(6); i >= 0; i--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    }
    if (random.nextInt(3) == 0) {
      bytes = Arrays.copyOf(bytes, 5 + random.nextInt(bytes.length));
    }
    bytes[0] = 1;
    return sealed(bytes);
  }

  private static byte[] sealed(byte[] bytes) {
    int end = bytes.length - 4;
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, end);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(end, (int) crc.getValue());
    return bytes;
  }

  /** All kinds of rows, on two branches, with declarations of zero. */
  private TractMap sample() {
    Retained all =
        Retained.of(
            List.of(
                Line.of(1, 1),
                Line.of(1, 2),
                Line.of(1, 5),
                Line.of(1, 6),
                Line.of(300, 300, 1, 2)));
    PageTable mixed =
        new PageTable(
            new short[] {0, 1, 2, 40, 2047},
            new byte[] {0, 1, 2, 3, 0},
            new int[] {4096, 0, 1234, 0, 65536},
            new int[] {0x01020304, 0, 0x7fffffff, 0, -2});
    return TractMap.empty()
        .merge(1, Tables.run(0, 6), new Address(1, 4096), all, usage)
        .mergeZero(2, all, usage)
        .merge(5, mixed, new Address(1, 40960), all, usage)
        .merge(6, Tables.raw(0, 2, 41), new Address(2, 512), all, usage)
        .merge(300, Tables.raw(7, 9), new Address(70000, 67_000_000), all, usage);
  }
}
