package io.hydrant.engine.store;

import io.hydrant.engine.model.StoredVersion;
import io.hydrant.engine.replica.DamageVote.Answer;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * What a replica says of versions of pages whose bytes are bad somewhere (PROTOCOL R24). Any
 * thread; blocks on the device.
 */
public interface PageCopies {
  /**
   * Versions that retained checkpoints show, of tracts that are here, and whose bytes here are
   * known to be bad; ascending.
   *
   * @param after the first ones behind this one; empty: the first of all
   * @param max at most so many
   */
  List<StoredVersion> bad(Optional<StoredVersion> after, int max) throws IOException;

  /**
   * Whether this replica has good bytes of a version. It reads and verifies them: what it finds bad
   * is noted, as on any other reading. It cannot say of what was marked damaged already, and of
   * what it has no reason to have: it has the tract, and needs another version of the page.
   */
  Answer answer(StoredVersion version) throws IOException;
}
