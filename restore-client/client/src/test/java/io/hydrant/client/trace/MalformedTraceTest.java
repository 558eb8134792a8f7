package io.hydrant.client.trace;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is wrong with a trace is said, with file, offset, cause and cure; nothing else escapes. */
final class MalformedTraceTest {
  private static final long SEED = Long.getLong("hydrant.seed", 20261120L);

  @Test
  void soundFixtureReads() throws IOException {
    TraceManifest manifest = TraceFixture.manifest(TraceFixture.JSON);
    assertEquals("small", manifest.name());
    assertArrayEquals(new long[] {1, 15}, manifest.faultRecordings().getFirst().pages());
    TraceCheckpoint checkpoint = TraceFixture.readUnpacked(TraceFixture.unpacked(2, 3, 9));
    assertArrayEquals(new long[] {3, 9}, checkpoint.pages());
    assertEquals(9, checkpoint.page(1).get(0));
    assertEquals(5, checkpoint.slim().length);
  }

  @Test
  void manifestErrorsNameTheFieldAndThePlace() {
    manifestError("", "ends too early");
    manifestError("{}", "'format' is missing");
    manifestError("[1,2]", "not a JSON object");
    replaced("hydrant-trace-1", "hydrant-trace-9", "the format is not hydrant-trace-1");
    replaced("\"page_bytes\":4096", "\"page_bytes\":8192", "page_bytes is not 4096");
    replaced("65536", "65537", "not a multiple of page_bytes");
    replaced("65536", "99999999999999", "'memory_bytes' is not a whole number");
    replaced("65536", "99999999999999999999999", "'memory_bytes' is not a whole number");
    replaced("\"pages\":2", "\"pages\":17", "'pages' is not a whole number from 0 to 16");
    replaced("\"pages\":2", "\"pages\":2.0", "'pages' is not a whole number");
    replaced("\"number\":0", "\"number\":1", "checkpoint 1 where 0 should be");
    replaced("0000.zst", "../0000.zst", "plain name beside trace.json");
    replaced("0000.zst", "/etc/passwd", "plain name beside trace.json");
    replaced("0".repeat(64), "0".repeat(63), "64 hexadecimal digits");
    replaced("[9,15]", "[9,16]", "'page' is not a whole number from 0 to 15");
    replaced("[9,15]", "[9,15,1]", "a fault is not a pair");
    replaced("\"pause_ms\":1.5", "\"pause_ms\":-1.5", "'pause_ms' is not a number of at least 0");
    replaced("\"pause_ms\":1.5", "\"pause_ms\":1e999", "'pause_ms' is not a number of at least 0");
    replaced("\"pause_ms\":1.5", "\"pause_ms\":01.5", "must not begin with 0");
    replaced("\"name\"", "\"format\"", "the name 'format' is there twice");
    replaced("true", "trve", "'true' was expected");
    manifestError(TraceFixture.JSON + "x", "something follows");
    manifestError("[".repeat(100_000), "nested more than");
    manifestError("{\"a\":\"\\u00zz\"}", "four hexadecimal digits");
    manifestError("{\"a\":\"\n\"}", "a control character");
    MalformedTraceException error =
        assertThrows(MalformedTraceException.class, () -> TraceFixture.manifest("{\"a\" 1}"));
    assertEquals(5, error.offset());
    assertEquals("dir/trace.json", error.file());
    assertTrue(message(error).contains("copy the trace again"), message(error));
  }

  @Test
  void checkpointErrorsNameTheOffset() {
    byte[] sound = TraceFixture.unpacked(2, 3, 9);
    checkpointError(TraceFixture.unpacked(3, 3, 9), 4, "page count is 3, trace.json says 2");
    checkpointError(TraceFixture.unpacked(-1, 3, 9), 4, "page count is 4294967295");
    checkpointError(TraceFixture.unpacked(2, 9, 3), 12, "page 3 does not ascend after 9");
    checkpointError(TraceFixture.unpacked(2, 3, 3), 12, "page 3 does not ascend after 3");
    checkpointError(TraceFixture.unpacked(2, 3, 16), 12, "beyond the memory of 16 pages");
    checkpointError(
        Arrays.copyOf(sound, 100), 100, "it ends within the page content, 8104 bytes too early");
    checkpointError(Arrays.copyOf(sound, sound.length - 1), 8212, "ends within the slim state");
    checkpointError(Arrays.copyOf(sound, sound.length + 1), 8213, "bytes behind the slim state");
  }

  @Test
  void brokenCompressionIsSaid() {
    byte[] packed = Zstd.compress(TraceFixture.unpacked(2, 3, 9));
    for (int length = 0; length < packed.length; length++) {
      byte[] cut = Arrays.copyOf(packed, length);
      assertThrows(MalformedTraceException.class, () -> TraceFixture.read(cut), "cut " + length);
    }
  }

  @Test
  void anyMutationGivesAValueOrANamedError() {
    Random random = new Random(SEED);
    byte[] json = TraceFixture.JSON.getBytes(StandardCharsets.UTF_8);
    byte[] packed = Zstd.compress(TraceFixture.unpacked(2, 3, 9));
    for (int round = 0; round < 20_000; round++) {
      try {
        TraceFixture.manifest(mutate(random, json));
        TraceFixture.read(mutate(random, packed));
      } catch (MalformedTraceException e) {
        // the named error
      } catch (IOException | RuntimeException e) {
        throw new AssertionError(
            "seed %d, round %d; repeat with -Dtest=MalformedTraceTest -Dhydrant.seed=%d"
                .formatted(SEED, round, SEED),
            e);
      }
    }
  }

  private static byte[] mutate(Random random, byte[] sound) {
    byte[] bytes = Arrays.copyOf(sound, sound.length - (random.nextInt(8) == 0 ? 1 : 0));
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(3)) {
        case 0 -> bytes[at] = (byte) random.nextInt();
        case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        default -> bytes[at] = bytes[random.nextInt(bytes.length)];
      }
    }
    return bytes;
  }

  private static void replaced(String from, String to, String why) {
    assertTrue(TraceFixture.JSON.contains(from), from);
    manifestError(TraceFixture.JSON.replace(from, to), why);
  }

  private static void manifestError(String json, String why) {
    MalformedTraceException error =
        assertThrows(MalformedTraceException.class, () -> TraceFixture.manifest(json));
    assertTrue(message(error).contains(why), message(error));
    assertTrue(message(error).startsWith("dir/trace.json, offset "), message(error));
  }

  private static void checkpointError(byte[] unpacked, long offset, String why) {
    MalformedTraceException error =
        assertThrows(MalformedTraceException.class, () -> TraceFixture.readUnpacked(unpacked));
    assertTrue(message(error).contains(why), message(error));
    assertEquals(offset, error.offset(), message(error));
  }

  private static String message(MalformedTraceException error) {
    return String.valueOf(error.getMessage());
  }
}
