package io.hydrant.engine.clean;

import java.util.Comparator;
import java.util.Optional;

/**
 * Which segment is cleaned next, if any, and how urgent it is. Pure: the same segments give the
 * same answer.
 *
 * <pre>
 * held    = files that hold something live
 * wanted  : held > spaceRatio * live + slack        history takes more than its share
 *           or room below lowRoom                    ingest will soon be refused
 * victim  : the greatest benefit (1 - u) * age / (1 + u) among those with u below the most
 * urgency : the greater of
 *             from lowRoom down to none left              0 to 1
 *             from the share up to a quarter more of
 *             what it allows for history                  0 to 1
 * </pre>
 *
 * @param spaceRatio bytes held by byte that is live, above which segments are cleaned
 * @param slackBytes held beyond that in any case: segments that are being filled
 * @param lowRoomBytes below which room is made whatever the ratio
 */
public record CleaningPolicy(double spaceRatio, long slackBytes, long lowRoomBytes) {
  /** Of what the ratio allows for history: so much above the share, cleaning waits for nothing. */
  private static final double EXCESS_PART = 0.25;

  /** A segment with less to gain costs more than it is worth, whatever its age. */
  public static final double UTILISATION_MAX = 0.95;

  public CleaningPolicy {
    if (!(spaceRatio >= 1) || slackBytes < 0 || lowRoomBytes < 0) {
      throw new IllegalArgumentException(
          "space ratio %s (at least 1), slack %d and low room %d (not negative)"
              .formatted(spaceRatio, slackBytes, lowRoomBytes));
    }
  }

  /** Whether space is to be made. */
  public boolean isWanted(SegmentsInUse now) {
    return isAboveShare(now.heldBytes(), now) || isRoomLow(now);
  }

  /**
   * Whether dead segments are to be given back now, which takes a flush: at the latest when they
   * are an eighth of what is live, and where room is low when they are half of it.
   */
  public boolean isFlushWanted(SegmentsInUse now) {
    return now.deadBytes() > 0
        && (isRoomLow(now) && now.deadBytes() >= now.roomBytes() / 2
            || now.deadBytes() > slackBytes + now.liveBytes() / 8
            || isAboveShare(now.allocatedBytes(), now));
  }

  /** Whether there is room for what only makes reading faster, and leaves dead bytes behind. */
  public boolean isAtLeisure(SegmentsInUse now) {
    return !isWanted(now) && now.roomBytes() / 2 >= lowRoomBytes;
  }

  private boolean isAboveShare(long bytes, SegmentsInUse now) {
    return bytes > shareBytes(now);
  }

  private double shareBytes(SegmentsInUse now) {
    return spaceRatio * now.liveBytes() + slackBytes;
  }

  private boolean isRoomLow(SegmentsInUse now) {
    return now.roomBytes() < lowRoomBytes;
  }

  /** The segment to clean next; empty if none is worth it, or nothing is to be done. */
  public Optional<SegmentUse> victim(SegmentsInUse now) {
    if (!isWanted(now)) {
      return Optional.empty();
    }
    return now.cleanable().stream()
        .filter(segment -> segment.utilisation() < UTILISATION_MAX)
        .max(
            Comparator.comparingDouble(SegmentUse::benefit)
                .thenComparing(SegmentUse::utilisation, Comparator.reverseOrder())
                .thenComparing(SegmentUse::segment, (a, b) -> Integer.compareUnsigned(b, a)));
  }

  /** 0: at leisure; 1: before anything else. */
  public double urgency(SegmentsInUse now) {
    double want = lowRoomBytes == 0 ? 0 : 1 - (double) now.roomBytes() / lowRoomBytes;
    double above = now.heldBytes() - shareBytes(now);
    double band = EXCESS_PART * (spaceRatio - 1) * now.liveBytes();
    double excess = above <= 0 ? 0 : above / Math.max(1, band);
    return Math.clamp(Math.max(want, excess), 0.0, 1.0);
  }
}
