package io.hydrant.engine.repair;

import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.TractRows;
import io.hydrant.engine.store.TractHoles;

/**
 * One tract as of a checkpoint.
 *
 * @param lastChange id of the newest checkpoint that wrote a page of it, or declared it zero
 * @param digest {@link TractRows#digest}
 * @param bytes encoded, of all its pages
 * @param holes what the source's rows leave out, if it does not have all of it
 */
public record TractSummary(
    int region, int tract, long lastChange, Digest digest, long bytes, TractHoles holes) {

  /** Of a tract that the source has. */
  public TractSummary(int region, int tract, long lastChange, Digest digest, long bytes) {
    this(region, tract, lastChange, digest, bytes, TractHoles.NONE);
  }

  static TractSummary of(int region, int tract, TractRows rows, TractHoles holes) {
    return new TractSummary(
        region, tract, rows.lastChange(), rows.digest(), rows.dataBytes(), holes);
  }

  /** Whether the source does not have all of it. */
  public boolean isPart() {
    return !holes.isNone();
  }
}
