package io.hydrant.engine.store;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.TractKey;

/** Something bad that a scrub has found on this replica's disk. For people; never replicated. */
public sealed interface ScrubFinding {
  /** File. */
  String path();

  long offset();

  /** What was expected and what was found. */
  String what();

  /** What has become of it. */
  enum State {
    /** Good bytes are in its place, or nothing needs it any more. */
    REPAIRED,
    /** Not served, and waiting for good bytes or for its segment to be evacuated. */
    BEING_REPAIRED,
    /** Not served; no replica has good bytes of it (PROTOCOL R24). */
    LOST
  }

  /**
   * A page that a retained checkpoint shows.
   *
   * @param page in the region
   * @param checkpoint that wrote it
   * @param pageInTract the same page within the tract
   * @param address packed, where the bad bytes are
   */
  record Page(
      TractKey tract,
      String region,
      long page,
      CheckpointId checkpoint,
      int pageInTract,
      long address,
      String path,
      long offset,
      String what)
      implements ScrubFinding {}

  /** A chunk of the slim state of a retained checkpoint. */
  record Slim(CheckpointKey key, String path, long offset, String what) implements ScrubFinding {}

  /**
   * What a sealed segment says of itself, or bytes in it that nothing needs: no page is served from
   * it, but a restart may stop at it, and its device is not to be trusted. What is live in the
   * segment has to be moved away.
   */
  record SegmentPart(int segment, String path, long offset, String what) implements ScrubFinding {}
}
