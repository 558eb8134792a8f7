package io.hydrant.node.replication;

import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Supplier;

/**
 * Keeps the counting of a commit's holders and its proposal together: whose word counts is changed
 * before or after both, never in between (PROTOCOL R17). Nobody waits for more than proposals on
 * their way into the log's queue.
 */
public final class CountingLock {
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

  /** Counts and proposes; many at once. */
  <T> T counted(Supplier<T> proposal) {
    lock.readLock().lock();
    try {
      return proposal.get();
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Changes whose word counts: what is proposed after it was counted after it. */
  public void recount(Runnable change) {
    lock.writeLock().lock();
    try {
      change.run();
    } finally {
      lock.writeLock().unlock();
    }
  }
}
