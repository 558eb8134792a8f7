package io.hydrant.engine.replica;

import java.time.Duration;
import java.util.Optional;

/**
 * How far a replica is with fetching what it lacks, since it began to lack something.
 *
 * @param tractsTotal those done and those still to be looked at; a tract counts once for each
 *     retained checkpoint as of which it lacks
 * @param bytesDone encoded bytes fetched, or found to be here
 * @param bytesTotal those done, and what is expected of the rest
 * @param bytesPerSecond fetched over the last ten seconds; 0 if nothing was
 */
public record RepairProgress(
    long tractsDone, long tractsTotal, long bytesDone, long bytesTotal, long bytesPerSecond) {
  /** Nothing is lacking. */
  public static final RepairProgress NONE = new RepairProgress(0, 0, 0, 0, 0);

  /** Whether something is lacking. */
  public boolean isActive() {
    return tractsTotal > 0;
  }

  /** Expected time to the end; empty if nothing moves at present. */
  public Optional<Duration> left() {
    return bytesPerSecond <= 0
        ? Optional.empty()
        : Optional.of(Duration.ofSeconds(Math.max(0, bytesTotal - bytesDone) / bytesPerSecond));
  }
}
