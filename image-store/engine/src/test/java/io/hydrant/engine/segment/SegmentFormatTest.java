package io.hydrant.engine.segment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.files.UnsupportedFormatException;
import io.hydrant.engine.files.WrongIdentityException;
import io.hydrant.engine.model.StoreIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** Headers, seals and records to bytes and back; and any bytes at all. */
final class SegmentFormatTest {
  private static final StoreIdentity IDENTITY =
      new StoreIdentity(new UUID(1, 2), new UUID(3, 4), new UUID(5, 6));
  private static final int END = 1 << 20;
  private static final long LIFE = 0x1234_5678_9abc_def0L;
  private static final Placement PLACEMENT = new Placement(LIFE, 8192);

  private static SegmentHeader header() {
    return new SegmentHeader(
        IDENTITY, 7, END, LIFE, 4104, Optional.of(new SegmentHeader.Cut(6, 5000)), 0);
  }

  private static ByteBuffer record(LogRecord record, Placement placement, int durableThrough) {
    ByteBuffer bytes =
        ByteBuffer.allocate((int) RecordCodec.recordBytes(record)).order(ByteOrder.LITTLE_ENDIAN);
    new RecordCodec()
        .encode(bytes, record, SegmentLogTest.payload(record), placement, durableThrough);
    return bytes.flip();
  }

  @Test
  void headersComeBack() throws IOException {
    assertEquals(header(), SegmentHeader.decode(header().encode(), "f"));
    SegmentHeader plain = new SegmentHeader(IDENTITY, 1, END, -1, 4096, Optional.empty(), 0);
    assertEquals(plain, SegmentHeader.decode(plain.encode(), "f"));
    assertEquals(1, plain.birth());
    SegmentHeader survivors =
        new SegmentHeader(
            IDENTITY, SegmentFormat.SURVIVORS + 3, END, -1, 4096, Optional.empty(), 17);
    assertEquals(survivors, SegmentHeader.decode(survivors.encode(), "f"));
    assertEquals(17, survivors.birth());
  }

  @Test
  void tooNewTooOldForeignAndDamagedHeadersAreFourErrors() throws IOException {
    int tooNew = SegmentFormat.VERSION + 1;
    assertMessage(UnsupportedFormatException.class, "newer", changed(9, 12, tooNew, tooNew));
    assertMessage(UnsupportedFormatException.class, "older", changed(0, 10, 0, 0));
    assertMessage(CorruptionException.class, "a segment", changed(0, 0, 0x42, 0x42));
    assertMessage(CorruptionException.class, "kind", changed(7, 8, 9, 9));
    ByteBuffer damaged = header().encode();
    damaged.put(10, (byte) 9);
    assertMessage(CorruptionException.class, "checksum", damaged);
    assertMessage(CorruptionException.class, "4096 header bytes", header().encode().limit(100));
    SegmentHeader header = header();
    for (StoreIdentity other :
        List.of(
            new StoreIdentity(new UUID(9, 9), IDENTITY.group(), IDENTITY.store()),
            new StoreIdentity(IDENTITY.cluster(), new UUID(9, 9), IDENTITY.store()),
            new StoreIdentity(IDENTITY.cluster(), IDENTITY.group(), new UUID(9, 9)))) {
      assertThrows(WrongIdentityException.class, () -> header.requireIdentity(other, "f"));
    }
    header.requireIdentity(IDENTITY, "f");
  }

  /**
   * The header with one changed u16 and (for "too new") a version to go with it, and a right
   * checksum.
   */
  private static ByteBuffer changed(int version, int offset, int value, int byteValue) {
    ByteBuffer block = header().encode().order(ByteOrder.LITTLE_ENDIAN);
    if (version > 0) {
      block.putShort(10, (short) (offset == 8 ? 1 : version));
    }
    if (offset == 0) {
      block.put(0, (byte) byteValue);
    } else {
      block.putShort(offset, (short) value);
    }
    CRC32C crc = new CRC32C();
    crc.update(block.duplicate().clear().limit(508));
    block.putInt(508, (int) crc.getValue());
    return block;
  }

  private static void assertMessage(
      Class<? extends IOException> kind, String part, ByteBuffer block) {
    IOException thrown = assertThrows(kind, () -> SegmentHeader.decode(block, "f"));
    assertTrue(String.valueOf(thrown.getMessage()).contains(part), thrown::getMessage);
  }

  @Test
  void sealsComeBackInTheirOwnLifeOnly() {
    SegmentSeal seal = new SegmentSeal(SegmentSeal.Reason.FOOTER, 6000, 3, 0x55);
    ByteBuffer block = header().encode();
    assertEquals(Optional.empty(), SegmentSeal.decode(block, header()));
    block.put(512, seal.encode(LIFE), 0, 512);
    assertEquals(Optional.of(seal), SegmentSeal.decode(block, header()));
    SegmentHeader recycled = new SegmentHeader(IDENTITY, 8, END, ~LIFE, 4096, Optional.empty(), 0);
    assertEquals(Optional.empty(), SegmentSeal.decode(block, recycled));
    block.put(700, (byte) 1);
    assertEquals(Optional.empty(), SegmentSeal.decode(block, header()));
  }

  @Test
  void aRecordIsGoodInItsPlaceAndLifeOnly() {
    LogRecord record = SegmentLogTest.patch(5, 3);
    ByteBuffer bytes = record(record, PLACEMENT, 4096);
    RecordCodec codec = new RecordCodec();
    assertInstanceOf(Parsed.Found.class, codec.parse(bytes, 0, PLACEMENT, END));
    for (Placement other :
        List.of(new Placement(LIFE, 8200), new Placement(LIFE ^ 1L << 40, 8192))) {
      assertInstanceOf(Parsed.Bad.class, codec.parse(bytes, 0, other, END));
      assertNotEquals(
          codec.payloadChecksum(SegmentLogTest.payload(record), PLACEMENT),
          codec.payloadChecksum(SegmentLogTest.payload(record), other));
    }
    assertInstanceOf(
        Parsed.Bad.class, codec.parse(bytes, 0, PLACEMENT, 8192 + 3000), "reaches over the end");
    assertInstanceOf(
        Parsed.Bad.class,
        codec.parse(record(record, PLACEMENT, 8200), 0, PLACEMENT, END),
        "durable before it was written");
  }

  @Test
  void aWindowThatEndsEarlyAsksForMore() {
    ByteBuffer bytes = record(SegmentLogTest.patch(5, 3), PLACEMENT, 4096);
    RecordCodec codec = new RecordCodec();
    for (int limit = 0; limit < 112 + 36; limit++) {
      Parsed parsed =
          codec.parse(
              bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN).limit(limit), 0, PLACEMENT, END);
      assertEquals(new Parsed.Short(limit < 112 ? 112 : 148), parsed);
    }
  }

  @Test
  void everyFlippedBitOfAHeaderIsNoticed() {
    ByteBuffer bytes = record(SegmentLogTest.patch(5, 4), PLACEMENT, 4096);
    RecordCodec codec = new RecordCodec();
    for (int bit = 0; bit < 8 * (112 + 4 * 12); bit++) {
      int at = bit / 8;
      bytes.put(at, (byte) (bytes.get(at) ^ 1 << bit % 8));
      if (codec.parse(bytes, 0, PLACEMENT, END) instanceof Parsed.Found) {
        fail("bit " + bit);
      }
      bytes.put(at, (byte) (bytes.get(at) ^ 1 << bit % 8));
    }
    assertInstanceOf(Parsed.Found.class, codec.parse(bytes, 0, PLACEMENT, END));
  }

  /**
   * Damage with a checksum to go with it: whatever a header says, the answer is a record or a
   * reason.
   */
  @Test
  void soundlyChecksummedNonsenseIsNamed() {
    long seed = Long.getLong("hydrant.seed", 20_261_120L);
    Random random = new Random(seed);
    for (int round = 0; round < 20_000; round++) {
      LogRecord.Patch patch = SegmentLogTest.patch(5, random.nextInt(4));
      ByteBuffer bytes = record(random.nextBoolean() ? patch : moved(patch), PLACEMENT, 4096);
      for (int change = random.nextInt(3); change >= 0; change--) {
        int at = 12 + random.nextInt(bytes.limit() < 160 ? 100 : 148);
        if (random.nextInt(3) == 0) {
          bytes.putInt(at & ~3, interesting(random));
        } else {
          bytes.put(at, (byte) random.nextInt());
        }
      }
      rechecksum(bytes);
      requireNamed(bytes, "-Dhydrant.seed=" + seed);
    }
  }

  private static LogRecord moved(LogRecord.Patch patch) {
    long[] versions = new long[patch.table().size()];
    java.util.Arrays.fill(versions, 3);
    return new LogRecord.Moved(
        patch.key(),
        patch.region(),
        patch.tract(),
        patch.pageBytes(),
        new io.hydrant.engine.model.TractRows(patch.table(), versions, 0));
  }

  private static int interesting(Random random) {
    int[] values = {0, 1, -1, 111, 112, 113, 124, 2048, 2049, Integer.MAX_VALUE, 1 << 31, 4096};
    return values[random.nextInt(values.length)];
  }

  private static void rechecksum(ByteBuffer bytes) {
    int headerBytes = bytes.getInt(16);
    if (headerBytes < 112 || headerBytes > bytes.limit()) {
      return;
    }
    CRC32C crc = new CRC32C();
    crc.update(
        ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN).putLong(LIFE).putInt(8192).flip());
    crc.update(bytes.duplicate().position(12).limit(headerBytes));
    bytes.putInt(8, (int) crc.getValue());
  }

  private static void requireNamed(ByteBuffer bytes, String where) {
    try {
      switch (new RecordCodec().parse(bytes, 0, PLACEMENT, END)) {
        case Parsed.Found found -> assertTrue(found.record().payloadBytes() >= 0);
        case Parsed.End end -> assertTrue(end.frame().recordBytes() >= 112);
        case Parsed.Short more -> assertTrue(more.bytes() <= SegmentFormat.RECORD_HEADER_BYTES_MAX);
        case Parsed.Bad bad -> assertTrue(!bad.expected().isEmpty() && !bad.actual().isEmpty());
      }
    } catch (RuntimeException unnamed) {
      throw new AssertionError(where, unnamed);
    }
  }

  @FuzzTest
  void anyBytesAreARecordOrNone(byte[] data) {
    requireNamed(ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN), "fuzz");
    ByteBuffer framed =
        ByteBuffer.allocate(Math.max(112, 12 + data.length)).order(ByteOrder.LITTLE_ENDIAN);
    framed.putLong(0, RecordCodec.signature(LIFE)).put(12, data);
    rechecksum(framed);
    requireNamed(framed, "fuzz");
  }

  @FuzzTest
  void anyBytesAreAHeaderOrANamedError(byte[] data) {
    ByteBuffer block = header().encode().order(ByteOrder.LITTLE_ENDIAN);
    block.put(8, data, 0, Math.min(data.length, 500));
    CRC32C crc = new CRC32C();
    crc.update(block.duplicate().clear().limit(508));
    block.putInt(508, (int) crc.getValue());
    for (ByteBuffer candidate : List.of(block, ByteBuffer.wrap(data))) {
      try {
        SegmentHeader decoded = SegmentHeader.decode(candidate, "f");
        assertTrue(SegmentSeal.decode(candidate, decoded).isEmpty());
      } catch (CorruptionException | UnsupportedFormatException named) {
        assertTrue(String.valueOf(named.getMessage()).startsWith("f"));
      }
    }
  }
}
