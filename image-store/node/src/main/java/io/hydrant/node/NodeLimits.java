package io.hydrant.node;

import io.hydrant.engine.catalog.CatalogLimits;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.store.PageReader;
import io.hydrant.node.api.ImageService;
import io.hydrant.node.config.NodeConfig;
import io.hydrant.node.ingest.CheckpointService;
import io.hydrant.node.restore.RestoreService;
import java.util.Map;
import java.util.TreeMap;

/**
 * Every limit by its name in docs/limits.md, which says what exceeding it answers; a test compares.
 */
final class NodeLimits {
  private static final long MESSAGE_BYTES_MAX = CheckpointService.MESSAGE_BYTES_MAX;

  /** Calls of one connection at once. */
  static final int CALLS_PER_CONNECTION_MAX = 1_024;

  private static final long BATCH_BYTES_MAX = CheckpointService.BATCH_BYTES_MAX;

  /** As the engine checks it. */
  private static final long SLIM_CHUNK_BYTES_MAX = 1 << 20;

  private static final long SLIM_BYTES_MAX = 256L << 20;
  private static final long FETCH_WINDOW_REQUESTS = RestoreService.FETCH_WINDOW_REQUESTS;
  private static final long PREFETCH_RANGES_MAX = RestoreService.PREFETCH_RANGES_MAX;
  private static final long LIST_IMAGES_MAX = ImageService.LIST_IMAGES_MAX;

  private NodeLimits() {}

  static Map<String, Long> of(NodeConfig config) {
    Map<String, Long> limits = new TreeMap<>();
    limits.put("message_bytes", MESSAGE_BYTES_MAX);
    limits.put("calls_per_connection", (long) CALLS_PER_CONNECTION_MAX);
    limits.put("images", (long) CatalogLimits.IMAGES_MAX);
    limits.put("image_name_characters", (long) CatalogLimits.IMAGE_NAME_CHARS_MAX);
    limits.put("keep_last", (long) CatalogLimits.KEEP_LAST_MAX);
    limits.put("keep_for_millis", CatalogLimits.RETENTION_MILLIS_MAX);
    limits.put("keep_for_checkpoints", (long) CatalogLimits.KEEP_FOR_CHECKPOINTS_MAX);
    limits.put("retention_tiers", (long) CatalogLimits.RETENTION_TIERS_MAX);
    limits.put("retention_spacings", (long) CatalogLimits.RETENTION_SLOTS_MAX);
    limits.put("quota_bytes", CatalogLimits.QUOTA_BYTES_MAX);
    limits.put("names_per_image", (long) CatalogLimits.NAMES_PER_IMAGE_MAX);
    limits.put("checkpoint_name_characters", (long) CatalogLimits.CHECKPOINT_NAME_CHARS_MAX);
    limits.put("list_images", LIST_IMAGES_MAX);
    limits.put("open_checkpoints_per_image", (long) CatalogLimits.OPEN_CHECKPOINTS_MAX);
    limits.put("regions", (long) CatalogLimits.REGIONS_MAX);
    limits.put("region_name_bytes", (long) RegionSpec.NAME_BYTES_MAX);
    limits.put("region_length_bytes", RegionSpec.LENGTH_BYTES_MAX);
    limits.put("page_bytes_min", (long) RegionSpec.PAGE_BYTES_MIN);
    limits.put("page_bytes", (long) RegionSpec.PAGE_BYTES_MAX);
    limits.put("batch_bytes", BATCH_BYTES_MAX);
    limits.put("slim_chunk_bytes", SLIM_CHUNK_BYTES_MAX);
    limits.put("slim_bytes", SLIM_BYTES_MAX);
    limits.put("ingest_streams", (long) config.ingest().streamsMax());
    limits.put("ingest_window_messages", (long) config.ingest().windowMessages());
    limits.put("ingest_silence_millis", config.ingest().silence().toMillis());
    limits.put("lease_millis_min", (long) CatalogLimits.LEASE_MILLIS_MIN);
    limits.put("lease_millis", (long) CatalogLimits.LEASE_MILLIS_MAX);
    limits.put("restore_sessions_per_image", (long) CatalogLimits.SESSIONS_PER_IMAGE_MAX);
    limits.put("restore_sessions", (long) config.restore().sessionsMax());
    limits.put("restore_streams", (long) config.restore().streamsMax());
    limits.put("fetch_pages", (long) PageReader.PAGES_MAX);
    limits.put("fetch_bytes", (long) PageReader.BYTES_MAX);
    limits.put("fetch_window", FETCH_WINDOW_REQUESTS);
    limits.put("prefetch_ranges", PREFETCH_RANGES_MAX);
    limits.put("restore_first_bytes", RestoreService.FIRST_BYTES_MAX);
    limits.put("learned_ranges", (long) RestoreService.LEARNED_RANGES_MAX);
    limits.put("learned_pages", (long) RestoreService.LEARNED_PAGES_MAX);
    limits.put("plan_bytes", (long) CatalogLimits.PLAN_BYTES_MAX);
    return limits;
  }
}
