package io.hydrant.node.peer;

import io.hydrant.engine.replica.DigestReport;
import io.hydrant.engine.replica.DriftCheck;
import java.util.Optional;

/** What this replica hashes of itself, and does if it has drifted (PROTOCOL R24). Any thread. */
public interface Digests {
  /** As of the last DigestAt; empty if there was none in this life. */
  Optional<DigestReport> last();

  /**
   * A majority of the voters has something else than this replica. Told once for each DigestAt;
   * must not wait for a peer.
   *
   * @param index of the DigestAt
   */
  void drifted(DriftCheck.Drift own, long index);
}
