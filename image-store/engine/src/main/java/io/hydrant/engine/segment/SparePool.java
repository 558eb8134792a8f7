package io.hydrant.engine.segment;

import io.hydrant.engine.files.StoreFiles;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * Dead files that wait to become segments again: their blocks are there already, so that writing to
 * them neither allocates nor changes metadata, and never meets a full disk.
 *
 * <p>Crash safety: a file's content may change only when it is certain not to reappear under its
 * old name, so {@link #take} syncs the directory if a name was given up since the last time. Safe
 * for use by many threads.
 */
final class SparePool {
  private final StoreFiles files;
  private final int sparesMax;
  private final int segmentBytes;
  private final long reserveBytes;
  private final Deque<String> names = new ArrayDeque<>();
  private int numberNext;
  private volatile boolean survivorsOpen;
  private boolean directoryChanged;

  SparePool(StoreFiles files, SegmentLogConfig config) {
    this.files = files;
    this.sparesMax = config.sparesMax();
    this.segmentBytes = config.segmentBytes();
    this.reserveBytes = config.reserveBytes();
  }

  /** At open: keeps a spare that is there, or deletes it if it is of no use. */
  synchronized void adopt(String name, int number, long lengthBytes) throws IOException {
    numberNext = Math.max(numberNext, number + 1);
    if (names.size() < sparesMax && lengthBytes == segmentBytes) {
      names.add(name);
    } else {
      files.delete(name);
    }
  }

  /**
   * Takes over a file that nobody uses any more, under whatever name it has. While the reserve is
   * not whole its space goes there.
   */
  synchronized void give(String name, long lengthBytes) throws IOException {
    if (names.size() < sparesMax
        && lengthBytes == segmentBytes
        && usableByIngest() >= reserveBytes) {
      String spare = SegmentFormat.spareName(numberNext++);
      files.rename(name, spare);
      directoryChanged = true;
      names.add(spare);
    } else {
      files.delete(name);
    }
  }

  /** A file of segment length, with old bytes in it, or nothing. */
  synchronized Optional<String> take() throws IOException {
    if (names.isEmpty()) {
      return Optional.empty();
    }
    if (directoryChanged) {
      files.syncDirectory();
      directoryChanged = false;
    }
    return Optional.of(names.remove());
  }

  /** Gives spares up until the reserve is whole; returns whether it is. */
  synchronized boolean fillReserve() throws IOException {
    while (usableByIngest() < reserveBytes) {
      if (names.isEmpty()) {
        return false;
      }
      files.delete(names.remove());
    }
    return true;
  }

  /** From now on one segment of survivors is open at all times. */
  void survivorsOpened() {
    survivorsOpen = true;
  }

  /**
   * Free bytes as ingest counts them: the cleaner's open segment is a part of the reserve that is
   * in use, so that ingest does not make room for it once more. What is left of the reserve is
   * never less than a restart needs.
   */
  long usableByIngest() throws IOException {
    long spared = Math.clamp(reserveBytes - segmentBytes, 0L, segmentBytes);
    return files.usableBytes() + (survivorsOpen ? spared : 0);
  }

  synchronized int size() {
    return names.size();
  }
}
