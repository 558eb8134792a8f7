package io.hydrant.cli;

import io.hydrant.v1.Retention;
import io.hydrant.v1.RetentionTier;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Which checkpoints of an image stay, as options of a command. */
final class RetentionOptions {
  private static final int KEEP_LAST_MAX = 10_000;
  private static final int KEEP_LAST_DEFAULT = 16;

  @Option(
      names = "--keep-last",
      paramLabel = "N",
      description = "The newest N stay restorable, 1 to 10000 (16).")
  private @Nullable Integer keepLast;

  @Option(
      names = "--keep-for",
      paramLabel = "AGE",
      converter = Age.Converter.class,
      description =
          "And all that are younger than this, for instance 90s or 10m (none for its age).")
  private @Nullable Age keepFor;

  @Option(
      names = "--keep-every",
      paramLabel = "SPACING:AGE",
      converter = TierConverter.class,
      description = {
        "And one in each spacing of those younger than this: 1s:10m is one a second of the last ten",
        "minutes. May be repeated, with wider spacings for wider ages."
      })
  private List<RetentionTier> tiers = new ArrayList<>();

  /** Whether none of them was given. */
  boolean isEmpty() {
    return keepLast == null && keepFor == null && tiers.isEmpty();
  }

  /** What is wrong with them, which only the command can say; null: nothing. */
  @Nullable String problem() {
    return keepLast != null && (keepLast < 1 || keepLast > KEEP_LAST_MAX)
        ? "--keep-last must be 1 to " + KEEP_LAST_MAX + ", not " + keepLast
        : null;
  }

  /** In the order of their ages, whatever the order in which they were written. */
  Retention retention() {
    Retention.Builder retention =
        Retention.newBuilder().setKeepLast(keepLast == null ? KEEP_LAST_DEFAULT : keepLast);
    if (keepFor != null) {
      retention.setKeepForMillis(keepFor.millis());
    }
    return retention
        .addAllTiers(
            tiers.stream()
                .sorted(Comparator.comparingLong(RetentionTier::getWindowMillis))
                .toList())
        .build();
  }

  /** For people: "the last 16, all of 1m, one every 1s of 10m". */
  static String text(Retention retention) {
    return "the last "
        + retention.getKeepLast()
        + (retention.getKeepForMillis() == 0
            ? ""
            : ", all of " + new Age(retention.getKeepForMillis()))
        + retention.getTiersList().stream()
            .map(tier ->
                ", one every "
                    + new Age(tier.getSpacingMillis())
                    + " of "
                    + new Age(tier.getWindowMillis()))
            .collect(Collectors.joining());
  }

  /** For picocli: "1s:10m". */
  static final class TierConverter implements ITypeConverter<RetentionTier> {
    @Override
    public RetentionTier convert(String text) {
      String[] parts = text.split(":", -1);
      if (parts.length != 2) {
        throw new TypeConversionException(
            "'" + text + "' is no spacing and age: write both, like 1s:10m");
      }
      try {
        return RetentionTier.newBuilder()
            .setSpacingMillis(Age.parse(parts[0]).millis())
            .setWindowMillis(Age.parse(parts[1]).millis())
            .build();
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
    }
  }
}
