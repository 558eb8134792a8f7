package io.hydrant.engine.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.index.PackedOutput;
import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.segment.Appended;
import io.hydrant.engine.segment.LogRecord;
import io.hydrant.engine.store.Manifest.PatchRow;
import io.hydrant.engine.store.Manifest.ZeroRun;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The store's own rows and records: bytes as they were frozen, and any other bytes refused by name.
 */
class StoreFormatsTest {
  private static final int MUTATIONS = 20_000;

  private static Digest digest(int fill) {
    byte[] bytes = new byte[Digest.BYTES];
    java.util.Arrays.fill(bytes, (byte) fill);
    return Digest.of(bytes);
  }

  private static Manifest manifest(int patches) {
    List<PatchRow> rows = new ArrayList<>();
    for (int i = 0; i < patches; i++) {
      rows.add(new PatchRow(i % 3, i, 1 + i % 256, digest(i)));
    }
    return new Manifest(
        new Command.Content(digest(7), patches, 1_000, 4_096_000, 365_558),
        1,
        List.of(new ZeroRun(1, 5, 1_000)),
        rows);
  }

  @Test
  void manifestIsAsItWasFrozen() {
    assertEquals(
        "0101000000" // version, parts
            + "07".repeat(32)
            + "0100000000000000e80300000000000000803e0000000000f693050000000000"
            + "01000000" // slim chunks
            + "01000000"
            + "010000000500000000000000e803000000000000"
            + "01000000"
            + "000000000000000001000000"
            + "00".repeat(32),
        HexFormat.of().formatHex(manifest(1).encode().getFirst().array()));
  }

  @Test
  void manifestOfManyParts() throws IOException {
    Manifest large = manifest(30_000);
    List<ByteBuffer> parts = large.encode();
    assertEquals(3, parts.size());
    assertEquals(large, Manifest.decode("test", parts));
    assertThrows(CorruptionException.class, () -> Manifest.decode("test", parts.subList(0, 2)));
  }

  @Test
  void anyManifestBytesAreAManifestOrCorrupt() throws IOException {
    byte[] sound = manifest(20).encode().getFirst().array();
    fuzz(sound, bytes -> Manifest.decode("test", List.of(ByteBuffer.wrap(bytes))));
  }

  @Test
  void stagedRowsComeBack() throws IOException {
    CheckpointKey key = CheckpointKey.of(3, 9);
    StagedRecords records = new StagedRecords(key, new Epoch(2));
    for (int number = 0; number < 5; number++) {
      Appended at =
          new Appended(
              new Address(1, 4_096 + number * 100),
              new Address(1, 4_196 + number * 100),
              new Address(1, 4_196 + number * 100).packed());
      records.add(new LogRecord.Manifest(key, new Epoch(2), number, 8), at);
    }
    long scanStart = new Address(1, 4_096 + 350).packed();
    StateRows.StagedRow row = StateRows.encodeStaged(List.of(records), scanStart);
    Map<CheckpointKey, StagedRecords> decoded = StateRows.decodeStaged(row.bytes());
    assertEquals(java.util.Set.of(1), row.segments());
    AppendedList manifests = decoded.values().iterator().next().manifests();
    assertEquals(3, manifests.size(), "what lies behind the scan start is found by scanning");
    assertEquals(records.manifests().get(2), manifests.get(2));
    fuzz(row.bytes(), StateRows::decodeStaged);
  }

  @Test
  void slimRowsOfAnyBytes() throws IOException {
    CheckpointKey key = CheckpointKey.of(1, 1);
    byte[] row = new byte[1 + 2 * 24];
    row[0] = 1;
    assertEquals(2, SlimRows.decode(key, row).size());
    fuzz(row, bytes -> SlimRows.decode(key, bytes));
  }

  /** Two missing checkpoints, one of them listed, a gap, and an image that is not believed. */
  private static MissingTracts missing() {
    MissingTracts missing = new MissingTracts();
    missing.unknownUpTo(new ImageId(9), new CheckpointId(40));
    missing.add(CheckpointKey.of(4, 7), new ImageHoles.Hole(digest(7), 1_000, TractSet.ALL, true));
    missing.add(
        CheckpointKey.of(4, 3),
        new ImageHoles.Hole(
            digest(3), 900, TractSet.NONE.plus(0, 5, 3).plus(0, 70).plus(2, 0).plusSlim(), false));
    missing.skipped(new ImageId(4), new long[] {6, 300}, 905);
    missing.proven(CheckpointKey.of(4, 8), TractSet.NONE.plus(1, 63, 2));
    missing.proven(CheckpointKey.of(9, 40), TractSet.NONE.plusSlim());
    return missing;
  }

  @Test
  void missingRowIsAsItWasFrozen() throws IOException {
    byte[] golden = golden("missing-v3.hex");
    assertEquals(HexFormat.of().formatHex(golden), HexFormat.of().formatHex(missing().encode()));
    assertEquals(missing().images(), decodeMissing(golden).images());
  }

  @Test
  void missingRowsOfTheSecondVersionAreStillRead() throws IOException {
    MissingTracts missing = decodeMissing(golden("missing-v2.hex"));
    assertEquals(3, missing.size());
    assertTrue(missing.images().values().stream().allMatch(holes -> holes.gaps().isEmpty()));
  }

  private static byte[] golden(String name) throws IOException {
    try (InputStream in = StoreFormatsTest.class.getResourceAsStream("/golden/index/" + name)) {
      return HexFormat.of()
          .parseHex(new String(in.readAllBytes(), StandardCharsets.US_ASCII).replaceAll("\\s", ""));
    }
  }

  private static MissingTracts decodeMissing(byte[] bytes) throws IOException {
    return MissingRow.decode(bytes, _ -> new ImageHoles.Hole(digest(1), 5, TractSet.ALL, true));
  }

  @Test
  void missingRowsOfTheFirstVersionAreStillRead() throws IOException {
    ByteBuffer row = ByteBuffer.allocate(32).putLong(4).putLong(7).putLong(4).putLong(3);
    MissingTracts missing = decodeMissing(row.array());
    assertEquals(2, missing.size());
    assertTrue(missing.hole(CheckpointKey.of(4, 3)).isPresent());
    assertTrue(decodeMissing(new byte[0]).isEmpty());
    fuzz(row.array(), StoreFormatsTest::decodeMissing);
  }

  @Test
  void missingRowsOfAnyBytes() throws IOException {
    fuzz(missing().encode(), StoreFormatsTest::decodeMissing);
  }

  /** Different rows that would say the same. */
  @Test
  void missingRowsAreWrittenInOneWayOnly() {
    for (String body :
        List.of(
            "01" + "04" + "000000", // an image that lacks nothing
            "01" + "04" + "05" + "00" + "00" + "01" + "08" + "00" + "01" + "00", // an empty region
            "01" + "04" + "00" + "00" + "02" + "020005" + "000005" + "00", // gaps that touch
            // Two runs without a gap.
            "01"
                + "04"
                + "05"
                + "00"
                + "00"
                + "01"
                + "08"
                + "00"
                + "01"
                + "0100"
                + "0100"
                + "00")) {
      PackedOutput out = new PackedOutput(MissingRow.VERSION, 64);
      for (byte next : HexFormat.of().parseHex(body)) {
        out.u8(next);
      }
      byte[] row = out.finish();
      assertThrows(CorruptionException.class, () -> decodeMissing(row), body);
    }
  }

  /** Something that decodes bytes. */
  private interface Decoder {
    Object decode(byte[] bytes) throws IOException;
  }

  private static void fuzz(byte[] sound, Decoder decoder) {
    long seed = Long.getLong("hydrant.seed", 1);
    Random random = new Random(seed);
    int refused = 0;
    for (int i = 0; i < MUTATIONS; i++) {
      byte[] bytes =
          random.nextInt(4) == 0
              ? java.util.Arrays.copyOf(sound, random.nextInt(sound.length + 20))
              : sound.clone();
      for (int flips = random.nextInt(4); flips > 0 && bytes.length > 0; flips--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      try {
        decoder.decode(bytes);
      } catch (CorruptionException _) {
        refused++;
      } catch (IOException | RuntimeException e) {
        throw new AssertionError(
            "seed %d, mutation %d: %s (-Dhydrant.seed=%d)"
                .formatted(seed, i, HexFormat.of().formatHex(bytes), seed),
            e);
      }
    }
    assertTrue(refused > 0, "no mutation was refused");
  }
}
