package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.CatalogFiles;
import io.hydrant.engine.catalog.FrozenCatalog;
import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.index.PageIndex;
import io.hydrant.engine.index.PageMaps;
import io.hydrant.engine.index.SegmentUsage;
import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.segment.SegmentLog;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Snapshots (PROTOCOL R14, R15): captured in memory within a change of the {@link StoreWriter},
 * written in the background while it goes on. Copies no page.
 *
 * <pre>
 * 1 sync the segment log      everything staged before the scan start is durable
 * 2 write the catalog file    named by the position; the one before is kept
 * 3 flush the index           maps, slim rows, usage, staged row, position: atomically; from here on it counts
 * 4 release dead segments     no durable flush points to them any more
 * </pre>
 *
 * A crash between 2 and 3 leaves a catalog file that nothing names.
 */
final class Snapshots {
  private final ImageStoreConfig config;
  private final SegmentLog log;
  private final CatalogFiles catalogFiles;
  private final PageIndex index;
  private final PageMaps maps;
  private final SlimRows slims;
  private final SegmentUsage usage;
  private final MissingTracts missing;
  private final HoldMark holdMark;
  private final Staging staging;
  private final MovedSegments moved;
  private final StoreEvents events;

  private Snapshots(ImageStoreConfig config, StoreParts parts, StoreEvents events) {
    this.config = config;
    this.log = parts.log();
    this.catalogFiles = parts.catalogFiles();
    this.index = parts.index();
    this.maps = parts.maps();
    this.slims = parts.slims();
    this.usage = parts.usage();
    this.missing = parts.missing();
    this.holdMark = parts.holdMark();
    this.staging = parts.staging();
    this.moved = parts.moved();
    this.events = events;
  }

  static Snapshots of(ImageStoreConfig config, StoreParts parts, StoreEvents events) {
    return new Snapshots(config, parts, events);
  }

  /** Captures the state as of the last applied entry. Within a change; touches no disk. */
  Capture capture(Catalog catalog) {
    return capture(catalog, false);
  }

  /**
   * As {@link #capture(Catalog)}.
   *
   * @param installed the state came from another replica, and not by the entries up to it
   */
  Capture capture(Catalog catalog, boolean installed) {
    // First the log's end, then the staged records: a record is noted before the log's end counts
    // it.
    long scanStart = log.appended();
    StateRows.StagedRow staged = StateRows.encodeStaged(staging.records(), scanStart);
    return new Capture(
        // Whatever a map points to was synced before.
        new StateRows.Position(catalog.applied(), scanStart, log.survivorsDurable()),
        catalog.freeze(),
        maps.freeze(),
        slims.freeze(),
        usage.encode(),
        missing.encode(),
        missing.damaged().encode(),
        holdMark.capture(catalog.applied().index()),
        staged,
        deadSegments(scanStart, staged),
        installed);
  }

  /**
   * Segments that hold nothing live: no page map, no slim row and no staged record points into
   * them, and nothing is about to.
   */
  private List<Integer> deadSegments(long scanStart, StateRows.StagedRow staged) {
    int scanSegment = Address.ofPacked(scanStart).segment();
    List<Integer> dead = new ArrayList<>();
    for (SegmentLog.SegmentInfo info : log.segments()) {
      if (info.sealed()
          && (info.isOfSurvivors() || Integer.compareUnsigned(info.segment(), scanSegment) < 0)
          && usage.live(info.segment()) == 0
          && !moved.has(info.segment())
          && !staged.segments().contains(info.segment())) {
        dead.add(info.segment());
      }
    }
    return dead;
  }

  /**
   * Writes a capture; one at a time.
   *
   * @param inUse position of the snapshot that is durable now: its catalog file stays until this
   *     one is
   * @throws DiskFullException if there was no room: the same capture is to be written again, before
   *     any other
   */
  EntryPosition write(Capture capture, EntryPosition inUse) throws IOException {
    long began = System.nanoTime();
    syncLog();
    EntryPosition position = capture.position().applied();
    catalogFiles.write(capture.catalog().encode(), position, inUse);
    List<PageIndex.Change> changes = new ArrayList<>(capture.maps().changes());
    int mapCount = changes.size();
    changes.addAll(capture.slims().changes());
    changes.add(StateRows.putUsage(capture.usage()));
    changes.add(StateRows.putMissing(capture.missing()));
    changes.add(StateRows.putDamaged(capture.damaged()));
    changes.add(StateRows.putStaged(capture.staged()));
    if (capture.installed()) {
      changes.add(StateRows.putInstalled(position));
    }
    changes.add(StateRows.putPosition(capture.position(), config.identity()));
    index.flush(changes);
    maps.flushed(capture.maps());
    slims.flushed();
    holdMark.flushed(capture.holdMark());
    release(capture.dead());
    events.on(
        new StoreEvent.SnapshotWritten(
            position, mapCount, bytes(changes), System.nanoTime() - began));
    return position;
  }

  /**
   * The log has failed for good whatever the reason: its failures must not look like a full disk to
   * come back.
   */
  private void syncLog() throws IOException {
    try {
      log.sync();
    } catch (DiskFullException e) {
      throw new IOException("the segment log could not be synced: " + e.getMessage(), e);
    }
  }

  private void release(List<Integer> dead) throws IOException {
    try {
      for (int segment : dead) {
        log.release(segment);
        events.on(new StoreEvent.SegmentReleased(segment));
      }
    } catch (DiskFullException e) {
      throw new IOException("a dead segment could not be given back: " + e.getMessage(), e);
    }
  }

  private static long bytes(List<PageIndex.Change> changes) {
    long bytes = 0;
    for (PageIndex.Change change : changes) {
      bytes +=
          switch (change) {
            case PageIndex.Change.Put put -> put.key().length + put.value().length;
            case PageIndex.Change.Delete delete -> delete.key().length;
            case PageIndex.Change.DeletePrefix delete -> delete.prefix().length;
          };
    }
    return bytes;
  }

  /** Everything that a snapshot writes, as of one applied entry. */
  record Capture(
      StateRows.Position position,
      FrozenCatalog catalog,
      PageMaps.Frozen maps,
      SlimRows.Frozen slims,
      byte[] usage,
      byte[] missing,
      byte[] damaged,
      HoldMark.Captured holdMark,
      StateRows.StagedRow staged,
      List<Integer> dead,
      boolean installed) {}
}
