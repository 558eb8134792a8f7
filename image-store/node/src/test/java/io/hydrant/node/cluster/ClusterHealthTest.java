package io.hydrant.node.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hydrant.node.cluster.ClusterHealth.CatchingUp;
import io.hydrant.node.data.MemberAddress;
import io.hydrant.v1.Health;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What an operator reads, as it was frozen. */
final class ClusterHealthTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/health.txt");
  private static final OptionalLong UNKNOWN = OptionalLong.empty();

  private final StringBuilder text = new StringBuilder();

  private static MemberState here(String node, long applied) {
    return state(node, true, Optional.of(Duration.ofMillis(300)), applied, 0, Optional.empty());
  }

  private static MemberState silent(String node, int seconds) {
    return state(node, true, Optional.of(Duration.ofSeconds(seconds)), 100, 0, Optional.empty());
  }

  private static MemberState state(
      String node,
      boolean voter,
      Optional<Duration> silence,
      long applied,
      long clockAheadMillis,
      Optional<String> refusal) {
    return new MemberState(
        new MemberAddress(node, "a:1", "a:2", "a:3"),
        voter,
        silence,
        applied,
        clockAheadMillis,
        "1",
        refusal);
  }

  private void add(String what, Health health) {
    text.append("# ").append(what).append('\n');
    text.append(health.getState()).append('\n');
    health.getReasonsList().forEach(reason -> text.append("  ").append(reason).append('\n'));
  }

  private void add(String what, List<MemberState> members) {
    add(what, ClusterHealth.of(members, Optional.of("n1"), Map.of(), UNKNOWN));
  }

  @Test
  void reasonsAreAsTheyWereFrozen() throws IOException {
    MemberState n1 = here("n1", 1_000_000);
    MemberState n2 = here("n2", 999_990);
    MemberState n3 = here("n3", 1_000_000);
    List<MemberState> all = List.of(n1, n2, n3);
    add("all well", all);
    add("one silent", List.of(n1, n2, silent("n3", 125)));
    add(
        "one never heard",
        List.of(n1, n2, state("n3", true, Optional.empty(), 0, 0, Optional.empty())));
    add("one behind", List.of(n1, n2, here("n3", 400)));
    add(
        "one catching up",
        ClusterHealth.of(
            all,
            Optional.of("n1"),
            Map.of("n3", new CatchingUp(410L << 20, 1_000L << 20, 26L << 20)),
            OptionalLong.of(31 << 20)));
    add(
        "one that has just begun to",
        ClusterHealth.of(
            all, Optional.of("n1"), Map.of("n3", new CatchingUp(0, 0, 0)), OptionalLong.of(700)));
    add(
        "one refused",
        List.of(
            n1,
            state("n2", true, Optional.of(Duration.ZERO), 0, 0, Optional.of("n1: 'n2' is too old")),
            n3));
    add(
        "one joins",
        List.of(
            n1,
            n2,
            n3,
            state("n4", false, Optional.of(Duration.ZERO), 999_999, 0, Optional.empty())));
    add(
        "a clock is wrong",
        List.of(
            n1,
            n2,
            state("n3", true, Optional.of(Duration.ZERO), 1_000_000, -7_400, Optional.empty())));
    add("two silent", List.of(n1, silent("n2", 3), silent("n3", 4_000)));
    add("no leader", ClusterHealth.of(all, Optional.empty(), Map.of(), UNKNOWN));
    if (Boolean.getBoolean("hydrant.golden.write")) {
      Files.writeString(GOLDEN, text);
    }
    assertEquals(Files.readString(GOLDEN), text.toString());
  }
}
