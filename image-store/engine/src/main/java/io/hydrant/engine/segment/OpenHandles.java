package io.hydrant.engine.segment;

import io.hydrant.engine.files.StoreFile;
import io.hydrant.engine.files.StoreFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Opens segment files when they are read and closes the least recently used when too many are open:
 * a store may have more segments than a process may have descriptors. A file in use is never
 * closed, so that the bound may be exceeded by the number of threads.
 */
final class OpenHandles {
  /** Well below the usual limit of 1,024 descriptors of a process; 16 GiB of segments of 64 MiB. */
  static final int OPEN_MAX = 256;

  private final StoreFiles files;
  private final int openMax;
  private final Set<SegmentFile> open = ConcurrentHashMap.newKeySet();
  private final AtomicLong clock = new AtomicLong();

  OpenHandles(StoreFiles files, int openMax) {
    this.files = files;
    this.openMax = openMax;
  }

  /** As {@link StoreFile#read}. */
  int read(SegmentFile segment, long position, ByteBuffer target) throws IOException {
    StoreFile handle = acquire(segment);
    try {
      return handle.read(position, target);
    } finally {
      segment.endUse();
    }
  }

  /** A handle that stays open until {@link SegmentFile#endUse}. */
  StoreFile acquire(SegmentFile segment) throws IOException {
    StoreFile handle = segment.beginUse(files, clock.incrementAndGet());
    if (open.add(segment) && open.size() > openMax) {
      evict();
    }
    return handle;
  }

  int openCount() {
    return open.size();
  }

  private void evict() throws IOException {
    Optional<SegmentFile> oldest =
        open.stream()
            .filter(SegmentFile::isIdle)
            .min(Comparator.comparingLong(SegmentFile::lastUse));
    if (oldest.isPresent()) {
      // Taken out first: whoever uses it meanwhile puts it in again.
      open.remove(oldest.get());
      if (!oldest.get().closeIfIdle()) {
        open.add(oldest.get());
      }
    }
  }

  /** Closes the handle of a segment that is no more, after the last use has ended. */
  void retire(SegmentFile segment) throws IOException {
    segment.retire();
    open.remove(segment);
  }

  /** Closes everything, in use or not. */
  void closeAll() throws IOException {
    for (SegmentFile segment : open) {
      segment.abandon();
    }
    open.clear();
  }
}
