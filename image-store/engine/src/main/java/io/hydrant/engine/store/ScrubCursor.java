package io.hydrant.engine.store;

/**
 * Where a pass is, so that one goes on over restarts: what lies before was looked at.
 *
 * @param image whose pages are being verified; {@link Long#MAX_VALUE} once it is the segments' turn
 * @param region of the next tract
 * @param tract to be verified next
 * @param segment the last one that was checked
 * @param bytesDone as in {@link ScrubProgress}
 */
public record ScrubCursor(long image, int region, int tract, int segment, long bytesDone) {
  public static final ScrubCursor BEGIN = new ScrubCursor(0, 0, 0, 0, 0);

  static final long SEGMENTS = Long.MAX_VALUE;

  public ScrubCursor {
    if (image < 0 || region < 0 || tract < 0 || bytesDone < 0) {
      throw new IllegalArgumentException("not a place in a scrub: image " + image);
    }
  }
}
