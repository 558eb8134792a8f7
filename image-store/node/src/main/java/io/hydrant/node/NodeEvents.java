package io.hydrant.node;

import io.hydrant.engine.store.StoreEvent;
import io.hydrant.engine.store.StoreEvents;
import io.hydrant.node.replication.FailStop;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What happens in the store, as logs and figures; a fault stops the process. */
final class NodeEvents implements StoreEvents {
  private static final Logger LOG = LoggerFactory.getLogger(NodeEvents.class);

  private final FailStop failStop;
  private final LongAdder syncs = new LongAdder();
  private final LongAdder syncedBytes = new LongAdder();
  private final LongAdder syncMicros = new LongAdder();
  private final LongAdder snapshots = new LongAdder();
  private final LongAdder indexBytes = new LongAdder();
  private final LongAdder releasedSegments = new LongAdder();
  private final LongAdder cleanedSegments = new LongAdder();
  private final LongAdder cleanedBytes = new LongAdder();
  private final LongAdder consolidatedTracts = new LongAdder();
  private final LongAdder consolidatedBytes = new LongAdder();
  private final LongAdder damages = new LongAdder();

  NodeEvents(FailStop failStop) {
    this.failStop = failStop;
  }

  @Override
  public void on(StoreEvent event) {
    switch (event) {
      case StoreEvent.Recovered recovered ->
          LOG.info(
              "recovered up to entry {} in {} ms: {} records behind the last snapshot, {} open checkpoints",
              recovered.applied().index(),
              TimeUnit.NANOSECONDS.toMillis(recovered.nanos()),
              recovered.recordsScanned(),
              recovered.openCheckpoints());
      case StoreEvent.Synced synced -> {
        syncs.increment();
        syncedBytes.add(synced.bytes());
        syncMicros.add(TimeUnit.NANOSECONDS.toMicros(synced.nanos()));
      }
      case StoreEvent.SnapshotWritten written -> {
        snapshots.increment();
        indexBytes.add(written.indexBytes());
        LOG.debug(
            "snapshot at entry {}: {} maps, {} bytes, {} ms",
            written.position().index(),
            written.maps(),
            written.indexBytes(),
            TimeUnit.NANOSECONDS.toMillis(written.nanos()));
      }
      case StoreEvent.SegmentReleased released -> {
        releasedSegments.increment();
        LOG.debug("segment {} released", released.segment());
      }
      case StoreEvent.SegmentCleaned cleaned -> {
        cleanedSegments.increment();
        cleanedBytes.add(cleaned.copiedBytes());
        LOG.debug(
            "segment {} cleaned in {} ms: {} live bytes moved, {} left",
            cleaned.segment(),
            TimeUnit.NANOSECONDS.toMillis(cleaned.nanos()),
            cleaned.copiedBytes(),
            cleaned.leftBytes());
      }
      case StoreEvent.TractConsolidated consolidated -> {
        consolidatedTracts.increment();
        consolidatedBytes.add(consolidated.bytes());
        LOG.debug(
            "{}: {} bytes in {} pieces written anew in order in {} ms",
            consolidated.tract(),
            consolidated.bytes(),
            consolidated.pieces(),
            TimeUnit.NANOSECONDS.toMillis(consolidated.nanos()));
      }
      case StoreEvent.Damaged damaged -> {
        damages.increment();
        LOG.error("DAMAGED {}: {}", damaged.where(), damaged.what());
      }
      case StoreEvent.BytesAwaited awaited when awaited.receiving() ->
          LOG.debug("{} is committed, and its bytes are on their way", awaited.key());
      case StoreEvent.BytesAwaited awaited ->
          LOG.info("{} is committed, and its bytes are not here", awaited.key());
      case StoreEvent.BytesMissing missing -> {
        damages.increment();
        LOG.error(
            "{} is committed, but its bytes here are of no use: {}", missing.key(), missing.why());
      }
      case StoreEvent.HoldMarkFell fell ->
          LOG.warn(
              "held every page up to entry {}, now up to {}: the rest must be repaired",
              fell.before(),
              fell.now());
      case StoreEvent.DigestTaken taken ->
          LOG.debug(
              "hashed {} images as of entry {} in {} ms",
              taken.report().maps().size(),
              taken.report().index(),
              TimeUnit.NANOSECONDS.toMillis(taken.nanos()));
      case StoreEvent.Closed closed -> LOG.info("closed at entry {}", closed.position().index());
      case StoreEvent.Fault fault -> failStop.stop("writing to the store failed", fault.cause());
    }
  }

  /** Bytes that became durable since the start. */
  long syncedBytes() {
    return syncedBytes.sum();
  }

  /** Adds the counters by their names in docs/stats.md. */
  void addTo(Map<String, Long> counters) {
    counters.put("segment_sync_count", syncs.sum());
    counters.put("segment_synced_bytes", syncedBytes.sum());
    counters.put("segment_sync_micros", syncMicros.sum());
    counters.put("snapshot_count", snapshots.sum());
    counters.put("snapshot_index_bytes", indexBytes.sum());
    counters.put("segment_released_count", releasedSegments.sum());
    counters.put("segment_cleaned_count", cleanedSegments.sum());
    counters.put("segment_cleaned_bytes", cleanedBytes.sum());
    counters.put("tract_consolidated_count", consolidatedTracts.sum());
    counters.put("tract_consolidated_bytes", consolidatedBytes.sum());
    counters.put("damage_count", damages.sum());
  }
}
