package io.hydrant.node.config;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Every key a server understands. docs/configuration.md lists the same ones; a test compares. */
enum ConfigKey {
  DATA_DIRECTORY("data.directory", ""),
  LISTEN_ADDRESS("listen.address", "127.0.0.1:7070"),
  LISTEN_INSECURE("listen.insecure", "false"),
  CLUSTER_JOIN("cluster.join", "false"),
  CLUSTER_PEER_ADDRESS("cluster.peer-address", ""),
  CLUSTER_RAFT_ADDRESS("cluster.raft-address", ""),
  CLUSTER_ADVERTISE_HOST("cluster.advertise-host", ""),
  CLUSTER_ELECTION_TIMEOUT_MILLIS("cluster.election-timeout-millis", "250"),
  CLUSTER_LOG_KEPT_ENTRIES("cluster.log-kept-entries", "20000"),
  CLUSTER_LOG_SEGMENT_BYTES("cluster.log-segment-bytes", "4m"),
  CLUSTER_DIGEST_SECONDS("cluster.digest-seconds", "600"),
  CLUSTER_ALL_DEADLINE_MILLIS("cluster.all-deadline-millis", "10000"),
  CLUSTER_MAJORITY_LAG_BYTES("cluster.majority-lag-bytes", "64m"),
  CLUSTER_FORWARD_WINDOW_BYTES("cluster.forward-window-bytes", "48m"),
  CLUSTER_NO_MAJORITY_SECONDS("cluster.no-majority-seconds", "5"),
  THREADS_FAULT("threads.fault", "4"),
  THREADS_READ("threads.read", "4"),
  THREADS_INGEST("threads.ingest", "4"),
  THREADS_API("threads.api", "4"),
  THREADS_REPAIR("threads.repair", "2"),
  REPAIR_BYTES_PER_SECOND("repair.bytes-per-second", "400m"),
  REPAIR_SOURCES_MAX("repair.sources-max", "2"),
  SCRUB_PERIOD("scrub.period", "7d"),
  SCRUB_BYTES_PER_SECOND_MAX("scrub.bytes-per-second-max", "100m"),
  THREADS_STAGE("threads.stage", "2"),
  THREADS_FORWARD("threads.forward", "2"),
  INGEST_STREAMS_MAX("ingest.streams-max", "32"),
  INGEST_WINDOW_MESSAGES("ingest.window-messages", "3"),
  INGEST_SILENCE_SECONDS("ingest.silence-seconds", "60"),
  RESTORE_SESSIONS_MAX("restore.sessions-max", "10000"),
  RESTORE_STREAMS_MAX("restore.streams-max", "256"),
  RESTORE_SEND_AHEAD_BYTES("restore.send-ahead-bytes", "2m"),
  STORAGE_SEGMENT_BYTES("storage.segment-bytes", "64m"),
  STORAGE_APPEND_BUFFER_BYTES("storage.append-buffer-bytes", "4m"),
  STORAGE_DIRECT_WRITES("storage.direct-writes", "true"),
  STORAGE_CAPACITY_BYTES("storage.capacity-bytes", "0"),
  STORAGE_WARN_PERCENT("storage.warn-percent", "10"),
  STORAGE_RESERVE_BYTES("storage.reserve-bytes", "512m"),
  STORAGE_SPARE_SEGMENTS_MAX("storage.spare-segments-max", "16"),
  STORAGE_MAP_CACHE_BYTES("storage.map-cache-bytes", "96m"),
  STORAGE_SNAPSHOT_DIRTY_BYTES("storage.snapshot-dirty-bytes", "96m"),
  STORAGE_SNAPSHOT_LOG_BYTES("storage.snapshot-log-bytes", "1g"),
  STORAGE_SNAPSHOT_ENTRIES("storage.snapshot-entries", "20000"),
  CLEANING_SPACE_PERCENT("cleaning.space-percent", "140"),
  CLEANING_BYTES_PER_SECOND("cleaning.bytes-per-second", "128m"),
  CLEANING_LOW_ROOM_BYTES("cleaning.low-room-bytes", "1g"),
  FAULT_DIRECTORY("fault.directory", "");

  private final String key;
  private final String standard;

  ConfigKey(String key, String standard) {
    this.key = key;
    this.standard = standard;
  }

  /** As it stands in the file and after {@code --set}. */
  String key() {
    return key;
  }

  /** Value where none is given; empty: there is none. */
  String standard() {
    return standard;
  }

  /** Name of the environment variable. */
  String variable() {
    return "HYDRANT_" + key.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
  }

  static Optional<ConfigKey> ofKey(String key) {
    return Arrays.stream(values()).filter(known -> known.key.equals(key)).findFirst();
  }

  static Optional<ConfigKey> ofVariable(String variable) {
    return Arrays.stream(values()).filter(known -> known.variable().equals(variable)).findFirst();
  }
}
