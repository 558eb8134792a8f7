package io.hydrant.engine.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.RetentionPolicy.Tier;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class RetentionPolicyTest {
  private static final long DAY = 24 * 3_600_000L;

  @Test
  void takesWhatIsMeaningful() {
    assertFalse(RetentionPolicy.last(1).goesByAge());
    assertFalse(RetentionPolicy.last(CatalogLimits.KEEP_LAST_MAX).goesByAge());
    assertTrue(
        new RetentionPolicy(1, Optional.of(CatalogLimits.RETENTION_MILLIS_MAX), List.of())
            .goesByAge());
    RetentionPolicy usual =
        new RetentionPolicy(
            16, Optional.of(60_000L), List.of(new Tier(600_000, 1_000), new Tier(DAY, 60_000)));
    assertTrue(usual.goesByAge());
    assertEquals(8, tiers(8).tiers().size());
  }

  @Test
  void refusesWhatIsNot() {
    for (int keepLast : new int[] {0, -1, 10_001, Integer.MIN_VALUE}) {
      refuses("number of checkpoints to keep", () -> RetentionPolicy.last(keepLast));
    }
    for (long age : new long[] {0, -1, CatalogLimits.RETENTION_MILLIS_MAX + 1}) {
      refuses("age to keep", () -> new RetentionPolicy(1, Optional.of(age), List.of()));
      refuses("window", () -> new Tier(age, 1));
    }
    for (long spacing : new long[] {0, -1, 1_001}) {
      refuses("spacing", () -> new Tier(1_000, spacing));
    }
    refuses("number of tiers", () -> tiers(9));
    refuses("wider window", () -> of(new Tier(1_000, 10), new Tier(1_000, 20)));
    refuses("wider spacing", () -> of(new Tier(1_000, 10), new Tier(2_000, 10)));
    refuses("keep together", () -> of(new Tier(DAY, 1_000)));
    refuses(
        "keep together",
        () ->
            of(
                new Tier(CatalogLimits.RETENTION_MILLIS_MAX - 1, 1),
                new Tier(CatalogLimits.RETENTION_MILLIS_MAX, 2)));
  }

  private static RetentionPolicy tiers(int count) {
    return of(
        IntStream.rangeClosed(1, count)
            .mapToObj(i -> new Tier(1_000L * i, 10L * i))
            .toArray(Tier[]::new));
  }

  private static RetentionPolicy of(Tier... tiers) {
    return new RetentionPolicy(1, Optional.empty(), List.of(tiers));
  }

  private static void refuses(String why, Runnable making) {
    String message =
        String.valueOf(assertThrows(IllegalArgumentException.class, making::run).getMessage());
    assertTrue(message.contains(why), message);
  }
}
