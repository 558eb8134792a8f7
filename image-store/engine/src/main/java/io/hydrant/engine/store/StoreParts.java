package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.CatalogFiles;
import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.index.PageIndex;
import io.hydrant.engine.index.PageMaps;
import io.hydrant.engine.index.SegmentUsage;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.segment.SegmentLog;
import java.io.IOException;
import java.util.Map;

/**
 * The parts of an open store, as recovery leaves them (PROTOCOL R12, R14, R15):
 *
 * <pre>
 * 1 the index's position row says which snapshot counts    none: start from nothing
 * 2 the catalog file of exactly that position              missing or bad: corruption
 * 3 usage, missing and staged rows of the same flush
 * 4 the segment log from the scan start on                 copies and syncs what was not provably durable
 * 5 records of ids that are final already are dropped      but those of missing ones; the rest waits for the replay
 * </pre>
 *
 * The replicated log then replays the entries behind the position.
 *
 * @param position of the snapshot that recovery began with
 * @param scanned records that the log scan visited
 */
record StoreParts(
    EntryPosition position,
    Catalog catalog,
    CatalogFiles catalogFiles,
    SegmentLog log,
    PageIndex index,
    PageMaps maps,
    SlimRows slims,
    SegmentUsage usage,
    MissingCheckpoints missing,
    Staging staging,
    GroupSync sync,
    long scanned)
    implements AutoCloseable {

  static StoreParts recover(ImageStoreConfig config, ImageStorePorts ports) throws IOException {
    PageIndex index = ports.index();
    StateRows.Position position = StateRows.position(index, config.identity());
    CatalogFiles catalogFiles = new CatalogFiles(ports.catalogs(), config.identity());
    Catalog catalog = position == null ? new Catalog() : load(catalogFiles, position, ports);
    byte[] usage = StateRows.usage(index);
    byte[] missingRow = StateRows.missing(index);
    MissingCheckpoints missing =
        missingRow == null ? new MissingCheckpoints() : MissingCheckpoints.decode(missingRow);
    Map<CheckpointKey, StagedRecords> staged = StateRows.staged(index);
    long[] scanned = new long[1];
    SegmentLog log =
        SegmentLog.open(
            ports.segments(),
            config.identity(),
            config.log(),
            ports.random(),
            position == null ? 0 : position.scanStart(),
            (record, at) -> {
              scanned[0]++;
              Staging.note(staged, record, at);
            });
    staged.keySet().removeIf(key -> isFinal(catalog, key) && !missing.contains(key));
    GroupSync sync = new GroupSync(log, ports.syncer(), ports.events());
    return new StoreParts(
        position == null ? EntryPosition.NONE : position.applied(),
        catalog,
        catalogFiles,
        log,
        index,
        new PageMaps(index, config.heap().mapCacheBytes()),
        new SlimRows(index),
        usage == null ? new SegmentUsage() : SegmentUsage.decode("index, usage row", usage),
        missing,
        new Staging(
            log,
            sync,
            ports.codec(),
            new RecentRecords(config.heap().recentBytes()),
            staged.values(),
            missing::contains),
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

  /** An image that the catalog does not know yet may come with the replay (PROTOCOL R9). */
  private static boolean isFinal(Catalog catalog, CheckpointKey key) {
    return catalog
        .image(key.image())
        .map(image -> image.fate(key.checkpoint()).isFinal())
        .orElseGet(() -> catalog.isDropped(key.image()));
  }

  @Override
  public void close() throws IOException {
    try (index) {
      log.close();
    }
  }
}
