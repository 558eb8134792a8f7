package io.hydrant.engine.store;

import io.hydrant.engine.model.StoredVersion;
import io.hydrant.engine.replica.DamageVote.Answer;
import java.io.IOException;
import java.util.List;

/**
 * What a replica says of versions of pages whose bytes are bad somewhere (PROTOCOL R24). Any
 * thread; blocks on the device.
 */
public interface PageCopies {
  /**
   * Versions that retained checkpoints show and whose bytes here are known to be bad, ascending.
   *
   * @param max of more the first ones
   */
  List<StoredVersion> bad(int max) throws IOException;

  /**
   * Whether this replica has good bytes of a version. It reads and verifies them: what it finds bad
   * is noted, as on any other reading.
   */
  Answer answer(StoredVersion version) throws IOException;
}
