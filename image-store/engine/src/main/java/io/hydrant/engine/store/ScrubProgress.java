package io.hydrant.engine.store;

/**
 * How far a pass is.
 *
 * @param bytesDone of what has to be looked at; grows with the pass, whatever was read for it
 * @param bytesTotal as counted when the pass began
 * @param bytesRead from the device
 * @param pagesVerified with content, each decoded
 * @param badPages pages and chunks of slim states
 * @param badSegmentParts headers, seals, footers, records
 */
public record ScrubProgress(
    boolean running,
    long bytesDone,
    long bytesTotal,
    long bytesRead,
    long pagesVerified,
    long badPages,
    long badSegmentParts) {
  public static final ScrubProgress NONE = new ScrubProgress(false, 0, 0, 0, 0, 0, 0);

  /** From 0 to 1. */
  public double fraction() {
    return bytesTotal <= 0 ? (running ? 0 : 1) : Math.min(1, (double) bytesDone / bytesTotal);
  }
}
