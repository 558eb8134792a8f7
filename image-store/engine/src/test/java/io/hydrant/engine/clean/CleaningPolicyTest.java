package io.hydrant.engine.clean;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/**
 * The scenarios of cleaning-policy.txt: each has a title, a policy, segments in use and, behind
 * "then", what is decided.
 */
class CleaningPolicyTest {
  private static final String SCENARIOS = "cleaning-policy.txt";

  @Test
  void decidesAsWritten() throws IOException {
    String written = text();
    StringBuilder decided = new StringBuilder();
    for (String scenario : written.split("\n\n")) {
      decided.append(decided.isEmpty() ? "" : "\n\n").append(decide(scenario.strip()));
    }
    assertEquals(written.strip(), decided.toString().strip());
  }

  private static String text() throws IOException {
    try (InputStream in = CleaningPolicyTest.class.getResourceAsStream(SCENARIOS)) {
      if (in == null) {
        throw new IOException(SCENARIOS + " is missing");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** The scenario's own lines, and what follows from them. */
  private static String decide(String scenario) {
    StringBuilder said = new StringBuilder();
    CleaningPolicy policy = new CleaningPolicy(1, 0, 0);
    List<SegmentUse> segments = new ArrayList<>();
    long[] use = new long[4];
    for (String line : scenario.lines().toList()) {
      String[] words = line.strip().split(" +");
      switch (words[0]) {
        case "policy" ->
            policy =
                new CleaningPolicy(
                    Double.parseDouble(words[2]),
                    Long.parseLong(words[4]),
                    Long.parseLong(words[6]));
        case "use" -> {
          for (int i = 0; i < use.length; i++) {
            use[i] = Long.parseLong(words[2 * i + 2]);
          }
        }
        case "segment" ->
            segments.add(
                new SegmentUse(
                    Integer.parseUnsignedInt(words[1]),
                    Long.parseLong(words[5]),
                    Long.parseLong(words[3]),
                    Long.parseLong(words[7])));
        case "then" -> {
          continue;
        }
        default -> {}
      }
      said.append(line).append('\n');
    }
    SegmentsInUse now = new SegmentsInUse(segments, use[0], use[1], use[2], use[3]);
    said.append(
        "then %s, %s, urgency %s"
            .formatted(
                policy
                    .victim(now)
                    .map(one -> "clean " + Integer.toUnsignedString(one.segment()))
                    .orElse("clean nothing"),
                policy.isFlushWanted(now) ? "flush" : "no flush",
                String.format(Locale.ROOT, "%.2f", policy.urgency(now))));
    return said.toString();
  }

  @Test
  void refusesWhatMakesNoSense() {
    assertThrows(IllegalArgumentException.class, () -> new CleaningPolicy(0.9, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> new CleaningPolicy(Double.NaN, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> new CleaningPolicy(1.4, -1, 0));
    assertThrows(IllegalArgumentException.class, () -> new SegmentUse(1, 0, 0, 0));
  }
}
