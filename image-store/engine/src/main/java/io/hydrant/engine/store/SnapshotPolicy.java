package io.hydrant.engine.store;

import io.hydrant.engine.model.EntryPosition;

/**
 * When a snapshot is due: so seldom that the index costs little beside the pages, so often that
 * memory, restart scan and replay stay bounded. Noted by the one writer, asked by any thread.
 */
final class SnapshotPolicy {
  private final ImageStoreConfig config;
  private volatile long takenIndex;
  private volatile long takenAppended;

  SnapshotPolicy(ImageStoreConfig config) {
    this.config = config;
  }

  void taken(EntryPosition position, long appended) {
    takenIndex = position.index();
    takenAppended = appended;
  }

  boolean isDue(EntryPosition applied, long appended, long dirtyBytes) {
    return dirtyBytes >= config.snapshots().dirtyBytes()
        || applied.index() - takenIndex >= config.snapshots().entries()
        || config.log().bytesBetween(takenAppended, appended) >= config.snapshots().logBytes();
  }
}
