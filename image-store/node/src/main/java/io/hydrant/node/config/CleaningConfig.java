package io.hydrant.node.config;

import io.hydrant.engine.clean.CleaningPolicy;

/**
 * When segments are cleaned, and how fast.
 *
 * @param spacePercent bytes held by 100 that are live, above which segments are cleaned
 * @param bytesPerSecond read and written by it, at most; more only where room is low
 * @param lowRoomBytes room below which it becomes urgent, whatever is held
 * @param slackBytes held beyond the share in any case: a segment that is being filled
 */
public record CleaningConfig(
    int spacePercent, long bytesPerSecond, long lowRoomBytes, long slackBytes) {
  private static final int PERCENT = 100;
  private static final int SLOW_PART = 8;
  private static final int SPACE_PERCENT_MIN = 105;
  private static final int SPACE_PERCENT_MAX = 100_000;

  public CleaningConfig {
    Ranges.check("cleaning.space-percent", spacePercent, SPACE_PERCENT_MIN, SPACE_PERCENT_MAX);
    Ranges.check("cleaning.bytes-per-second", bytesPerSecond, 1 << 20, 1L << 40);
    Ranges.check("cleaning.low-room-bytes", lowRoomBytes, 0, 1L << 60);
  }

  /**
   * Room below which ingest is slowed: half of where cleaning becomes urgent, and never so much of
   * a small device that it would always be slowed.
   *
   * @param deviceBytes room and segments together
   */
  public long slowBytes(long deviceBytes) {
    return Math.min(lowRoomBytes / 2, deviceBytes / SLOW_PART);
  }

  public CleaningPolicy policy() {
    return new CleaningPolicy((double) spacePercent / PERCENT, slackBytes, lowRoomBytes);
  }
}
