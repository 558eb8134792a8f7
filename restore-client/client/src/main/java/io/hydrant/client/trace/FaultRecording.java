package io.hydrant.client.trace;

/**
 * What a real machine asked for, in order, when it was resumed with demand paging and no prefetch.
 *
 * @param checkpoint where it was resumed from
 * @param seconds how long was recorded
 * @param micros time of each fault since the resume
 * @param pages its page; each page once
 */
public record FaultRecording(int checkpoint, double seconds, long[] micros, long[] pages) {
  public int size() {
    return pages.length;
  }
}
