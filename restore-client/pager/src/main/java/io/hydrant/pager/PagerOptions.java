package io.hydrant.pager;

/**
 * How a restore goes about its pages.
 *
 * @param readAroundLeast pages fetched around a fault where nothing is known; a power of two; 1:
 *     none
 * @param readAroundMost the same where faults follow each other; a power of two
 * @param plan whether pages are fetched in the order of the image's plan, or, without one, of what
 *     was written last
 * @param recentlyWrittenPagesMax pages fetched because they were written last
 * @param fill whether all other pages are fetched as well
 * @param fillStreams streams of the fill, each from another replica
 * @param fillBytesPerSecond content that all of them bring at most; 0: as fast as it goes
 * @param touches who says what the machine touches
 */
public record PagerOptions(
    int readAroundLeast,
    int readAroundMost,
    boolean plan,
    int recentlyWrittenPagesMax,
    boolean fill,
    int fillStreams,
    long fillBytesPerSecond,
    Touches touches) {

  /** What can be known of what the machine touches. */
  public enum Touches {
    /** Only what it had to wait for: a page that is there is used without a word. */
    FAULTS,
    /** All of it: the caller says so of pages that are there, too. */
    ALL
  }

  public static final PagerOptions DEFAULT =
      new PagerOptions(4, 32, true, 8_192, true, 2, 0, Touches.FAULTS);

  public PagerOptions {
    if (Integer.bitCount(readAroundLeast) != 1
        || Integer.bitCount(readAroundMost) != 1
        || readAroundLeast > readAroundMost
        || readAroundMost > 256) {
      throw new IllegalArgumentException(
          "pages around a fault are powers of two, at most 256: %d to %d"
              .formatted(readAroundLeast, readAroundMost));
    }
    if (recentlyWrittenPagesMax < 0 || recentlyWrittenPagesMax > 1 << 20) {
      throw new IllegalArgumentException(
          "pages written last: 0 to 1048576, not " + recentlyWrittenPagesMax);
    }
    if (fillStreams < 1 || fillStreams > 64 || fillBytesPerSecond < 0) {
      throw new IllegalArgumentException(
          "fill: 1 to 64 streams, not %d; %d bytes a second"
              .formatted(fillStreams, fillBytesPerSecond));
    }
  }

  /** Without any page that was not asked for. */
  public PagerOptions onDemandOnly() {
    return new PagerOptions(1, 1, false, 0, false, fillStreams, fillBytesPerSecond, touches);
  }

  public PagerOptions withTouches(Touches changed) {
    return new PagerOptions(
        readAroundLeast,
        readAroundMost,
        plan,
        recentlyWrittenPagesMax,
        fill,
        fillStreams,
        fillBytesPerSecond,
        changed);
  }

  public PagerOptions withFill(boolean changed, long bytesPerSecond) {
    return new PagerOptions(
        readAroundLeast,
        readAroundMost,
        plan,
        recentlyWrittenPagesMax,
        changed,
        fillStreams,
        bytesPerSecond,
        touches);
  }
}
