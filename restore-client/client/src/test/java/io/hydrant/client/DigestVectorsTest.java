package io.hydrant.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Agreement with docs/formats/digest.md, and so with the engine. */
final class DigestVectorsTest {
  private static final Path DOCUMENT = Path.of("../../docs/formats/digest-vectors.txt");

  @Test
  void everyVectorAgrees() throws IOException {
    PageChecksum pageChecksum = new PageChecksum();
    CheckpointDigest digest = new CheckpointDigest();
    int checked = 0;
    for (String line : vectors().lines().toList()) {
      Map<String, String> values = values(line);
      switch (line.split(" ", 2)[0]) {
        case "#" -> {}
        case "page" -> {
          byte[] content = content(get(values, "content"));
          int sum = pageChecksum.of(region(values), page(values), ByteBuffer.wrap(content));
          assertEquals(get(values, "checksum"), hex(sum), line);
          int same = pageChecksum.of(region(values), page(values), content, 0, content.length);
          assertEquals(sum, same, line);
          checked++;
        }
        case "slim" -> {
          ByteBuffer content = ByteBuffer.wrap(content(get(values, "content")));
          int sum = SlimChecksum.of(number(values, "offset"), content);
          assertEquals(get(values, "checksum"), hex(sum), line);
          checked++;
        }
        case "checkpoint" -> digest = new CheckpointDigest();
        case "content" ->
            digest.content(region(values), page(values), sum(get(values, "checksum")));
        case "zero" -> digest.zero(region(values), page(values));
        case "not_kept" -> digest.notKept(region(values), page(values));
        case "zero_tracts" ->
            digest.zeroTracts(region(values), number(values, "first"), number(values, "count"));
        case "end" -> {
          String sums = get(values, "slim_checksums");
          int[] slim =
              sums.equals("-")
                  ? new int[0]
                  : Arrays.stream(sums.split(",", -1)).mapToInt(DigestVectorsTest::sum).toArray();
          byte[] sha = digest.finish(number(values, "slim_bytes"), slim);
          assertEquals(get(values, "digest"), HexFormat.of().formatHex(sha), line);
          checked++;
        }
        default -> throw new IllegalStateException("unknown line: " + line);
      }
    }
    assertTrue(checked > 15, "vectors are missing: only " + checked);
  }

  @Test
  void resourceIsTheDocumentsCopy() throws IOException {
    if (Files.exists(DOCUMENT)) {
      assertEquals(
          Files.readString(DOCUMENT), vectors(), "copy docs/formats/digest-vectors.txt here");
    }
  }

  private static String vectors() throws IOException {
    try (InputStream in = DigestVectorsTest.class.getResourceAsStream("digest-vectors.txt")) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static Map<String, String> values(String line) {
    Map<String, String> values = new HashMap<>();
    if (!line.startsWith("#")) {
      for (String word : line.split(" ", -1)) {
        int equals = word.indexOf('=');
        if (equals > 0) {
          values.put(word.substring(0, equals), word.substring(equals + 1));
        }
      }
    }
    return values;
  }

  private static byte[] content(String text) {
    List<String> parts = List.of(text.split(":", -1));
    int number = Integer.parseInt(parts.get(1));
    byte[] bytes = new byte[Integer.parseInt(parts.get(2))];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (parts.getFirst().equals("ramp") ? number + 7 * i + i / 256 : number);
    }
    return bytes;
  }

  private static String get(Map<String, String> values, String key) {
    return Objects.requireNonNull(values.get(key), key);
  }

  private static long number(Map<String, String> values, String key) {
    return Long.parseLong(get(values, key));
  }

  private static int region(Map<String, String> values) {
    return (int) number(values, "region");
  }

  private static long page(Map<String, String> values) {
    return number(values, "page");
  }

  private static int sum(String hex) {
    return Integer.parseUnsignedInt(hex, 16);
  }

  private static String hex(int sum) {
    return "%08x".formatted(sum);
  }
}
