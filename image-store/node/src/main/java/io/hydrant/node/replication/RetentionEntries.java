package io.hydrant.node.replication;

import io.hydrant.engine.catalog.RetentionPolicy;
import io.hydrant.raft.v1.RetentionTier;
import java.util.List;
import java.util.Optional;

/** The retention of an image as entries carry it. */
final class RetentionEntries {
  /** In place of an age: nothing is kept for it. */
  private static final long NO_AGE = 0;

  private RetentionEntries() {}

  static long keepForMillis(RetentionPolicy retention) {
    return retention.keepForMillis().orElse(NO_AGE);
  }

  static List<RetentionTier> tiers(RetentionPolicy retention) {
    return retention.tiers().stream()
        .map(tier ->
            RetentionTier.newBuilder()
                .setWindowMillis(tier.windowMillis())
                .setSpacingMillis(tier.spacingMillis())
                .build())
        .toList();
  }

  /**
   * @throws IllegalArgumentException if a value is out of range
   */
  static RetentionPolicy read(int keepLast, long keepForMillis, List<RetentionTier> tiers) {
    return new RetentionPolicy(
        keepLast,
        keepForMillis == NO_AGE ? Optional.empty() : Optional.of(keepForMillis),
        tiers.stream()
            .map(tier -> new RetentionPolicy.Tier(tier.getWindowMillis(), tier.getSpacingMillis()))
            .toList());
  }
}
