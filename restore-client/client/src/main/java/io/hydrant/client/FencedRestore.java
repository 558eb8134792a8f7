package io.hydrant.client;

import io.hydrant.v1.AcquireProtectionResponse;

/**
 * A checkpoint that is being restored, and the protection of its image, taken over in the same
 * entry of the log: between the two no commit of the former protector can come.
 *
 * @param acquired the new epoch, under which {@link HydrantClient#protect} writes on; the head is
 *     what is being restored
 * @param session on what is being restored; closing it leaves the protection as it is
 */
public record FencedRestore(AcquireProtectionResponse acquired, RestoreSession session)
    implements AutoCloseable {
  /** Who may write from now on; every older epoch is refused. */
  public long epoch() {
    return acquired.getEpoch();
  }

  /** Gives the session's lease back. */
  @Override
  public void close() {
    session.close();
  }
}
