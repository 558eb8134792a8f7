package io.hydrant.cli.replay;

import io.hydrant.client.trace.TraceCheckpoint;

/**
 * One checkpoint of a trace that is now one of an image.
 *
 * @param number in the trace
 * @param checkpoint id in the image
 * @param pages that it carried
 * @param bytes of its pages and its slim state
 * @param commitNanos from its first byte to the acknowledgement of its commit
 * @param late it was not acknowledged when the next one was due
 * @param sha256 of the whole memory after it, as the trace has it
 */
public record Replayed(
    int number,
    long checkpoint,
    long pages,
    long bytes,
    long commitNanos,
    boolean late,
    String sha256) {

  /** Bytes that a checkpoint of a trace carries. */
  public static long bytesOf(TraceCheckpoint checkpoint) {
    return (long) checkpoint.content().length + checkpoint.slim().length;
  }
}
