package io.hydrant.engine.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.model.CheckpointDigest;
import io.hydrant.engine.model.PageChecksum;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/**
 * Agreement with docs/formats/digest.md, and so with the client library, which has its own code.
 */
class DigestVectorsTest {
  private static final Path VECTORS = Path.of("../../docs/formats/digest-vectors.txt");
  private static final RegionSpec GEOMETRY =
      new RegionSpec("any", RegionKind.MEMORY, 4 << 10, 4 << 10);

  private CheckpointDigest digest = new CheckpointDigest();
  private int checked;

  @Test
  void everyVectorAgrees() throws Exception {
    for (String line : Files.readAllLines(VECTORS)) {
      if (!line.startsWith("#") && !line.isBlank()) {
        check(line, values(line));
      }
    }
    assertTrue(checked > 15, "vectors are missing: only " + checked);
  }

  private void check(String line, Map<String, String> values) {
    switch (line.split(" ", 2)[0]) {
      case "page" -> {
        byte[] content = content(text(values, "content"));
        PageChecksum checksum = new PageChecksum();
        int region = (int) number(values, "region");
        long page = number(values, "page");
        String expected = text(values, "checksum");
        assertEquals(expected, hex(checksum.of(region, page, content, 0, content.length)), line);
        assertEquals(expected, hex(checksum.of(region, page, ByteBuffer.wrap(content))), line);
        checked++;
      }
      case "slim" -> {
        ByteBuffer content = ByteBuffer.wrap(content(text(values, "content")));
        int sum = SlimChecksum.of(number(values, "offset"), content);
        assertEquals(text(values, "checksum"), hex(sum), line);
        checked++;
      }
      case "checkpoint" -> digest = new CheckpointDigest();
      case "content" -> row(values, PageEncoding.RAW, sum(text(values, "checksum")));
      case "zero" -> row(values, PageEncoding.ZERO, 0);
      case "not_kept" -> row(values, PageEncoding.NOT_KEPT, 0);
      case "zero_tracts" ->
          digest.zeroTracts(
              (int) number(values, "region"), number(values, "first"), number(values, "count"));
      case "end" -> {
        String sums = text(values, "slim_checksums");
        int[] chunks =
            sums.equals("-")
                ? new int[0]
                : Arrays.stream(sums.split(",", -1)).mapToInt(DigestVectorsTest::sum).toArray();
        assertEquals(
            text(values, "digest"),
            digest.finish(number(values, "slim_bytes"), chunks).toString(),
            line);
        checked++;
      }
      default -> throw new IllegalStateException("unknown line: " + line);
    }
  }

  private void row(Map<String, String> values, PageEncoding encoding, int checksum) {
    long page = number(values, "page");
    PageTable table =
        new PageTable(
            new short[] {(short) GEOMETRY.pageInTract(page)},
            new byte[] {(byte) encoding.code()},
            new int[] {encoding.hasContent() ? 1 : 0},
            new int[] {checksum});
    digest.patch((int) number(values, "region"), GEOMETRY, GEOMETRY.tractOf(page), table);
  }

  private static Map<String, String> values(String line) {
    Map<String, String> values = new HashMap<>();
    for (String word : line.split(" ", -1)) {
      int equals = word.indexOf('=');
      if (equals > 0) {
        values.put(word.substring(0, equals), word.substring(equals + 1));
      }
    }
    return values;
  }

  private static String text(Map<String, String> values, String key) {
    return Objects.requireNonNull(values.get(key), key);
  }

  private static long number(Map<String, String> values, String key) {
    return Long.parseLong(text(values, key));
  }

  private static int sum(String hex) {
    return Integer.parseUnsignedInt(hex, 16);
  }

  private static String hex(int sum) {
    return "%08x".formatted(sum);
  }

  private static byte[] content(String text) {
    String[] parts = text.split(":", -1);
    int start = Integer.parseInt(parts[1]);
    byte[] bytes = new byte[Integer.parseInt(parts[2])];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (parts[0].equals("ramp") ? start + 7 * i + i / 256 : start);
    }
    return bytes;
  }
}
