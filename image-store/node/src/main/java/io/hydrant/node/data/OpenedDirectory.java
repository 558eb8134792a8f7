package io.hydrant.node.data;

import java.io.IOException;

/** A data directory that is locked for this process: somebody's, or nobody's yet. */
public sealed interface OpenedDirectory extends AutoCloseable
    permits DataDirectory, BlankDirectory {
  /** Releases the lock. */
  @Override
  void close() throws IOException;
}
