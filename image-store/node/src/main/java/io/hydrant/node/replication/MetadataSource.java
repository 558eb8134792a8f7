package io.hydrant.node.replication;

import io.hydrant.raftlog.Peer;
import java.io.IOException;

/**
 * Where the state comes from that the log cannot bring any more: another replica (PROTOCOL R18).
 */
public interface MetadataSource extends AutoCloseable {
  /**
   * The encoded catalog of another replica as of an entry at or behind the given one. Blocks while
   * it comes, for as long as something does.
   *
   * @param atLeast log index
   * @param leader asked first; its addresses are empty if they are not known
   * @throws IOException nobody gave it, or this was closed: the message says who answered what
   */
  byte[] fetch(long atLeast, Peer leader) throws IOException;

  /** Ends what runs, and refuses what comes. Any thread; does not wait. */
  @Override
  void close();
}
