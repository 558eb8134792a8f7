package io.hydrant.raftlog;

import java.io.IOException;

/** Gets the entries of a log in order, each once. */
public interface EntryVisitor {
  void command(LogPosition position, byte[] command) throws IOException;

  /** An entry of the log's own. */
  void skipped(LogPosition position) throws IOException;

  /** The same entry names the members. */
  void membership(Membership membership) throws IOException;
}
