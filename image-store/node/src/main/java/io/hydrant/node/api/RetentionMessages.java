package io.hydrant.node.api;

import io.hydrant.engine.catalog.CatalogLimits;
import io.hydrant.engine.catalog.RetentionPolicy;
import io.hydrant.v1.Retention;
import io.hydrant.v1.RetentionTier;
import java.util.Optional;

/** The retention of an image in the words of the API. */
final class RetentionMessages {
  /** In place of an age: nothing is kept for it. */
  private static final long NO_AGE = 0;

  private RetentionMessages() {}

  static Retention of(RetentionPolicy retention) {
    Retention.Builder builder =
        Retention.newBuilder()
            .setKeepLast(retention.keepLast())
            .setKeepForMillis(retention.keepForMillis().orElse(NO_AGE));
    for (RetentionPolicy.Tier tier : retention.tiers()) {
      builder.addTiers(
          RetentionTier.newBuilder()
              .setWindowMillis(tier.windowMillis())
              .setSpacingMillis(tier.spacingMillis()));
    }
    return builder.build();
  }

  /** What a request asks for; an old client says nothing of ages, and means none. */
  static RetentionPolicy read(Retention retention) {
    int keepLast = retention.getKeepLast();
    long keepForMillis = retention.getKeepForMillis();
    try {
      return new RetentionPolicy(
          keepLast == 0 ? CatalogLimits.KEEP_LAST_DEFAULT : keepLast,
          keepForMillis == NO_AGE ? Optional.empty() : Optional.of(keepForMillis),
          retention.getTiersList().stream()
              .map(
                  tier -> new RetentionPolicy.Tier(tier.getWindowMillis(), tier.getSpacingMillis()))
              .toList());
    } catch (IllegalArgumentException e) {
      throw ApiException.invalid("retention: " + e.getMessage());
    }
  }
}
