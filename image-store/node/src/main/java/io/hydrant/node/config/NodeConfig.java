package io.hydrant.node.config;

import io.hydrant.engine.segment.SegmentLogConfig;
import io.hydrant.engine.store.ImageStoreConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * All that a server is told. Sources in rising precedence: defaults, file, environment, flags. The
 * wiring hands each component its own part, never the whole.
 *
 * @param dataDirectory where everything durable lies; has no default
 */
public record NodeConfig(
    Path dataDirectory,
    ListenConfig listen,
    ClusterConfig cluster,
    ReplicationConfig replication,
    ThreadsConfig threads,
    IngestConfig ingest,
    RestoreConfig restore,
    StorageConfig storage,
    LogConfig log,
    RepairConfig repair,
    CleaningConfig cleaning,
    ScrubConfig scrub) {

  /**
   * Reads the configuration of a server.
   *
   * @param file in the syntax of {@link java.util.Properties}
   * @param environment variables; those that begin with HYDRANT_ count
   * @param flags by key, as after {@code --set}
   * @throws ConfigException unknown key, malformed or unfit value, missing data directory
   */
  public static NodeConfig load(
      Optional<Path> file, Map<String, String> environment, Map<String, String> flags)
      throws ConfigException {
    Settings settings = new Settings();
    if (file.isPresent()) {
      settings.addFile(file.get());
    }
    settings.addEnvironment(environment);
    for (Map.Entry<String, String> flag : flags.entrySet()) {
      settings.add(flag.getKey(), flag.getValue(), "flag");
    }
    try {
      return of(settings);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(settings.withOrigin(String.valueOf(e.getMessage())));
    }
  }

  /** Defaults but for the directory and the port, which is any free one: for embedding. */
  public static NodeConfig embedded(Path dataDirectory) {
    try {
      return load(
          Optional.empty(),
          Map.of(),
          Map.of(
              ConfigKey.DATA_DIRECTORY.key(),
              dataDirectory.toString(),
              ConfigKey.LISTEN_ADDRESS.key(),
              "127.0.0.1:0"));
    } catch (ConfigException e) {
      throw new IllegalStateException("the defaults are valid", e);
    }
  }

  private static NodeConfig of(Settings settings) throws ConfigException {
    String directory = settings.text(ConfigKey.DATA_DIRECTORY);
    if (directory.isEmpty()) {
      throw new ConfigException(
          "no data directory: name one with --data DIR, HYDRANT_DATA_DIRECTORY, or data.directory"
              + " in the configuration file");
    }
    ListenConfig listen =
        ListenConfig.parse(
            settings.text(ConfigKey.LISTEN_ADDRESS), settings.flag(ConfigKey.LISTEN_INSECURE));
    return new NodeConfig(
        Path.of(directory),
        listen,
        ClusterConfig.of(
                settings.flag(ConfigKey.CLUSTER_JOIN),
                listen,
                settings.text(ConfigKey.CLUSTER_PEER_ADDRESS),
                settings.text(ConfigKey.CLUSTER_RAFT_ADDRESS),
                settings.text(ConfigKey.CLUSTER_ADVERTISE_HOST),
                settings.number(ConfigKey.CLUSTER_ELECTION_TIMEOUT_MILLIS))
            .withDigestSeconds(settings.number(ConfigKey.CLUSTER_DIGEST_SECONDS)),
        new ReplicationConfig(
            Duration.ofMillis(settings.number(ConfigKey.CLUSTER_ALL_DEADLINE_MILLIS)),
            settings.bytes(ConfigKey.CLUSTER_MAJORITY_LAG_BYTES),
            settings.bytes(ConfigKey.CLUSTER_FORWARD_WINDOW_BYTES),
            Duration.ofSeconds(settings.number(ConfigKey.CLUSTER_NO_MAJORITY_SECONDS))),
        new ThreadsConfig(
            settings.number(ConfigKey.THREADS_FAULT),
            settings.number(ConfigKey.THREADS_READ),
            settings.number(ConfigKey.THREADS_INGEST),
            settings.number(ConfigKey.THREADS_API),
            settings.number(ConfigKey.THREADS_STAGE),
            settings.number(ConfigKey.THREADS_FORWARD)),
        new IngestConfig(
            settings.number(ConfigKey.INGEST_STREAMS_MAX),
            settings.number(ConfigKey.INGEST_WINDOW_MESSAGES),
            Duration.ofSeconds(settings.number(ConfigKey.INGEST_SILENCE_SECONDS))),
        new RestoreConfig(
            settings.number(ConfigKey.RESTORE_SESSIONS_MAX),
            settings.number(ConfigKey.RESTORE_STREAMS_MAX),
            settings.bytesAsInt(ConfigKey.RESTORE_SEND_AHEAD_BYTES)),
        storage(settings),
        new LogConfig(
            settings.number(ConfigKey.CLUSTER_LOG_KEPT_ENTRIES),
            settings.bytesAsInt(ConfigKey.CLUSTER_LOG_SEGMENT_BYTES)),
        new RepairConfig(
            settings.number(ConfigKey.THREADS_REPAIR),
            settings.bytes(ConfigKey.REPAIR_BYTES_PER_SECOND),
            settings.number(ConfigKey.REPAIR_SOURCES_MAX)),
        new CleaningConfig(
            settings.number(ConfigKey.CLEANING_SPACE_PERCENT),
            settings.bytes(ConfigKey.CLEANING_BYTES_PER_SECOND),
            settings.bytes(ConfigKey.CLEANING_LOW_ROOM_BYTES),
            // Of the log and of survivors, one each is being filled.
            2 * settings.bytes(ConfigKey.STORAGE_SEGMENT_BYTES)),
        new ScrubConfig(
            settings.duration(ConfigKey.SCRUB_PERIOD),
            settings.bytes(ConfigKey.SCRUB_BYTES_PER_SECOND_MAX)));
  }

  private static StorageConfig storage(Settings settings) throws ConfigException {
    return new StorageConfig(
        segments(settings),
        settings.bytes(ConfigKey.STORAGE_CAPACITY_BYTES),
        settings.number(ConfigKey.STORAGE_WARN_PERCENT),
        settings.flag(ConfigKey.STORAGE_DIRECT_WRITES),
        settings.bytes(ConfigKey.STORAGE_MAP_CACHE_BYTES),
        new ImageStoreConfig.SnapshotBounds(
            settings.bytes(ConfigKey.STORAGE_SNAPSHOT_DIRTY_BYTES),
            settings.bytes(ConfigKey.STORAGE_SNAPSHOT_LOG_BYTES),
            settings.number(ConfigKey.STORAGE_SNAPSHOT_ENTRIES)),
        Optional.of(settings.text(ConfigKey.FAULT_DIRECTORY))
            .filter(directory -> !directory.isEmpty())
            .map(Path::of));
  }

  private static SegmentLogConfig segments(Settings settings) throws ConfigException {
    long segmentBytes = settings.bytes(ConfigKey.STORAGE_SEGMENT_BYTES);
    long bufferBytes = settings.bytes(ConfigKey.STORAGE_APPEND_BUFFER_BYTES);
    long reserveBytes = settings.bytes(ConfigKey.STORAGE_RESERVE_BYTES);
    int sparesMax = settings.number(ConfigKey.STORAGE_SPARE_SEGMENTS_MAX);
    StorageConfig.checkSegments(segmentBytes, bufferBytes);
    StorageConfig.checkSpace(reserveBytes, sparesMax);
    return new SegmentLogConfig((int) segmentBytes, (int) bufferBytes, reserveBytes, sparesMax);
  }
}
