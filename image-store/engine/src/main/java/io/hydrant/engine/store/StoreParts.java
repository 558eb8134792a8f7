package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.CatalogFiles;
import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.index.PageIndex;
import io.hydrant.engine.index.PageMaps;
import io.hydrant.engine.index.SegmentUsage;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.segment.SegmentLog;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/**
 * The parts of an open store, as recovery leaves them (PROTOCOL R12, R14, R15):
 *
 * <pre>
 * 1 the index's position row says which snapshot counts    none: start from nothing
 * 2 the catalog file of exactly that position              missing or bad: corruption
 * 3 usage, missing, damaged and staged rows of the same flush
 * 4 the segment log from the scan start on                 copies and syncs what was not provably durable
 * 5 records of ids that are final already are dropped      but those of missing ones; the rest waits for the replay
 * </pre>
 *
 * The replicated log then replays the entries behind the position.
 *
 * @param position of the snapshot that recovery began with
 * @param installed position of the last install that is durable
 * @param scanned records that the log scan visited
 */
record StoreParts(
    EntryPosition position,
    EntryPosition installed,
    Catalog catalog,
    CatalogFiles catalogFiles,
    SegmentLog log,
    PageIndex index,
    PageMaps maps,
    SlimRows slims,
    SegmentUsage usage,
    MissingTracts missing,
    HoldMark holdMark,
    Staging staging,
    MovedSegments moved,
    GroupSync sync,
    long scanned)
    implements AutoCloseable {

  static StoreParts recover(ImageStoreConfig config, ImageStorePorts ports) throws IOException {
    PageIndex index = ports.index();
    StateRows.Position position = StateRows.position(index, config.identity());
    CatalogFiles catalogFiles = new CatalogFiles(ports.catalogs(), config.identity());
    Catalog catalog = new Catalog(ports.rules());
    if (position != null) {
      catalog.replaceWith(load(catalogFiles, position, ports));
    }
    byte[] usage = StateRows.usage(index);
    byte[] missingRow = StateRows.missing(index);
    MissingTracts missing =
        missingRow == null
            ? new MissingTracts()
            : MissingRow.decode(missingRow, key -> commitOf(catalog, key));
    byte[] damagedRow = StateRows.damaged(index);
    if (damagedRow != null) {
      missing.damaged().decode(damagedRow);
    }
    Map<CheckpointKey, StagedRecords> staged = StateRows.staged(index);
    long[] scanned = new long[1];
    SegmentLog log =
        SegmentLog.open(
            ports.segments(),
            config.identity(),
            config.log(),
            ports.random(),
            position == null ? 0 : position.scanStart(),
            position == null ? 0 : position.survivorsEnd(),
            (record, at) -> {
              scanned[0]++;
              Staging.note(staged, record, at);
            });
    staged.keySet().removeIf(key -> isFinal(catalog, key) && missing.hole(key).isEmpty());
    GroupSync sync = new GroupSync(log, ports.syncer(), ports.events());
    return new StoreParts(
        position == null ? EntryPosition.NONE : position.applied(),
        StateRows.installed(index),
        catalog,
        catalogFiles,
        log,
        index,
        new PageMaps(index, config.heap().mapCacheBytes()),
        new SlimRows(index),
        usage == null ? new SegmentUsage() : SegmentUsage.decode("index, usage row", usage),
        missing,
        new HoldMark(position == null ? 0 : position.applied().index(), missing, ports.events()),
        new Staging(
            log,
            sync,
            ports.codec(),
            new RecentRecords(config.heap().recentBytes()),
            staged.values(),
            key -> missing.hole(key).isPresent()),
        new MovedSegments(),
        sync,
        scanned[0]);
  }

  private static Catalog load(
      CatalogFiles files, StateRows.Position position, ImageStorePorts ports) throws IOException {
    return files
        .read(position.applied())
        .orElseThrow(() ->
            new CorruptionException(
                ports.catalogs().pathOf(""),
                0,
                "the catalog file of log index " + position.applied().index(),
                "none; restore the directory from another replica"));
  }

  /** For rows that say no more than that bytes could not be read. */
  private static ImageHoles.Hole commitOf(Catalog catalog, CheckpointKey key) {
    return catalog
        .image(key.image())
        .flatMap(image -> Optional.ofNullable(image.committed().get(key.checkpoint())))
        .flatMap(CheckpointInfo::commit)
        .map(commit ->
            new ImageHoles.Hole(commit.content().digest(), commit.index(), TractSet.ALL, true))
        .orElseGet(() ->
            new ImageHoles.Hole(
                Digest.of(new byte[Digest.BYTES]), 1, TractSet.ALL, true)); // retired: no digest
  }

  /** An image that the catalog does not know yet may come with the replay (PROTOCOL R9). */
  private static boolean isFinal(Catalog catalog, CheckpointKey key) {
    return catalog.fate(key).isFinal();
  }

  /**
   * Page bytes that can be appended before new checkpoints are refused: cleaning, ingest that is
   * slowed, and whoever asks how full a store is, count from the same zero.
   */
  long roomBytes() throws IOException {
    return Math.max(0, log.roomBytes() - ImageStore.ADMIT_BYTES);
  }

  @Override
  public void close() throws IOException {
    try (index) {
      log.close();
    }
  }
}
