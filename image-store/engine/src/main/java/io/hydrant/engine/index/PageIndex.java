package io.hydrant.engine.index;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The page index: a sorted map from short keys to values, durable at flushes only.
 *
 * <p>The engine's duty: one thread flushes; keys are at most 64 bytes. The port's duty: a flush is
 * atomic and durable when it returns: after a crash the index holds exactly the last completed
 * flush or, if one was under way, that one whole or the one before (PROTOCOL R14: applied index,
 * scan start and staged records are in the same flush as the maps). Reads see completed flushes,
 * and of one that is under way everything or nothing; a scan sees one state from begin to end; both
 * are safe from many threads. Keys sort as unsigned bytes. Arrays that are handed over stay
 * unchanged on both sides.
 */
public interface PageIndex extends AutoCloseable {
  byte @Nullable [] get(byte[] key) throws IOException;

  /** Visits keys that begin with {@code prefix} in order, until the visitor returns false. */
  void scan(byte[] prefix, Visitor visitor) throws IOException;

  /**
   * Applies the changes in order, atomically and durably.
   *
   * @throws io.hydrant.engine.files.DiskFullException if there is no space: the same or a later
   *     flush may be tried again when there is
   */
  void flush(List<Change> changes) throws IOException;

  @Override
  void close() throws IOException;

  /** Receives one row of a scan. */
  @FunctionalInterface
  interface Visitor {
    /** Returns whether to go on. */
    boolean row(byte[] key, byte[] value) throws IOException;
  }

  /** One change of a flush. */
  sealed interface Change {
    record Put(byte[] key, byte[] value) implements Change {}

    record Delete(byte[] key) implements Change {}

    /** Deletes all keys that begin with {@code prefix}, which is not empty. */
    record DeletePrefix(byte[] prefix) implements Change {}
  }
}
