package io.hydrant.raftlog.ratis;

import static java.util.concurrent.TimeUnit.HOURS;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.hydrant.raftlog.RaftLog;
import io.hydrant.raftlog.RaftLogConfig;
import io.hydrant.raftlog.RaftLogConfig.Peer;
import java.util.List;
import org.apache.ratis.RaftConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.rpc.SupportedRpcType;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/**
 * From our configuration to Ratis': docs/adr/0002-raft-settings.md gives the reason of every line.
 */
final class RaftSettings {
  /**
   * Largest entry, largest batch to a follower, and largest entry that a restart reads: never lower
   * it. Room for a command and its envelope; below 4 MiB gRPC parses from one array.
   */
  static final int ENTRY_BYTES_MAX = 3 << 20;

  /**
   * Log files grow by zeros of this size, so that most syncs have no file size to write. No larger:
   * the kernel keeps what is written at once as one folio of the page cache, and counts (and on
   * some file systems writes) the whole of it for every entry that is synced in it.
   */
  private static final int PREALLOCATED_BYTES = 16 << 10;

  /** Entries between two syncs while more keep coming: bounds the wait of the first of them. */
  private static final int SYNC_EVERY_ENTRIES = 128;

  /** What is above our own bounds on outstanding work, so that ours answer first. */
  private static final int HEADROOM = 2;

  private RaftSettings() {}

  static RaftGroup group(RaftLogConfig config) {
    List<RaftPeer> peers =
        config.peers().stream()
            .map(peer ->
                RaftPeer.newBuilder()
                    .setId(peer.id())
                    .setAddress(peer.host() + ":" + peer.port())
                    .build())
            .toList();
    return RaftGroup.valueOf(RaftGroupId.valueOf(config.groupId()), peers);
  }

  static RaftProperties properties(RaftLogConfig config) {
    RaftProperties properties = new RaftProperties();
    transport(properties, config);
    storage(properties, config);
    snapshots(properties, config);
    limits(properties, config);
    time(properties, config);
    return properties;
  }

  static boolean alone(RaftLogConfig config) {
    return config.peers().size() == 1;
  }

  private static void transport(RaftProperties properties, RaftLogConfig config) {
    if (alone(config)) {
      RaftConfigKeys.Rpc.setType(properties, new GroupOfOneRpc());
      return;
    }
    RaftConfigKeys.Rpc.setType(properties, SupportedRpcType.GRPC);
    Peer self =
        config.peers().stream()
            .filter(p -> p.id().equals(config.selfId()))
            .findFirst()
            .orElseThrow();
    GrpcConfigKeys.Server.setHost(properties, self.host());
    GrpcConfigKeys.Server.setPort(properties, self.port());
    GrpcConfigKeys.setMessageSizeMax(properties, SizeInBytes.valueOf(4L * ENTRY_BYTES_MAX));
    RaftServerConfigKeys.Log.Appender.setWaitTimeMin(
        properties, TimeDuration.valueOf(500, java.util.concurrent.TimeUnit.MICROSECONDS));
  }

  private static void storage(RaftProperties properties, RaftLogConfig config) {
    RaftServerConfigKeys.setStorageDir(properties, List.of(config.directory().toFile()));
    RaftServerConfigKeys.setRemovedGroupsDir(
        properties, config.directory().resolve(LogDirectory.REMOVED).toFile());
    RaftServerConfigKeys.Log.setCorruptionPolicy(
        properties, RaftServerConfigKeys.Log.CorruptionPolicy.EXCEPTION);
    RaftServerConfigKeys.Log.setSegmentSizeMax(
        properties, SizeInBytes.valueOf(config.bounds().segmentBytes()));
    RaftServerConfigKeys.Log.setPreallocatedSize(
        properties,
        SizeInBytes.valueOf(Math.min(PREALLOCATED_BYTES, config.bounds().segmentBytes())));
    RaftServerConfigKeys.Log.setWriteBufferSize(
        properties, SizeInBytes.valueOf(ENTRY_BYTES_MAX + 8L));
    RaftServerConfigKeys.Log.Appender.setBufferByteLimit(
        properties, SizeInBytes.valueOf(ENTRY_BYTES_MAX));
    RaftServerConfigKeys.Log.setForceSyncNum(properties, SYNC_EVERY_ENTRIES);
    RaftServerConfigKeys.Log.setUnsafeFlushEnabled(properties, false);
    RaftServerConfigKeys.Log.setAsyncFlushEnabled(properties, false);
    RaftServerConfigKeys.Log.setLogMetadataEnabled(properties, false);
    RaftServerConfigKeys.Log.setSegmentCacheNumMax(properties, 2);
    RaftServerConfigKeys.Log.setSegmentCacheSizeMax(
        properties, SizeInBytes.valueOf(2L * config.bounds().segmentBytes()));
  }

  private static void snapshots(RaftProperties properties, RaftLogConfig config) {
    RaftServerConfigKeys.Log.Appender.setInstallSnapshotEnabled(properties, false);
    RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(properties, true);
    RaftServerConfigKeys.Snapshot.setAutoTriggerThreshold(properties, 1);
    RaftServerConfigKeys.Snapshot.setTriggerWhenStopEnabled(properties, false);
    RaftServerConfigKeys.Log.setPurgeGap(properties, 1);
    RaftServerConfigKeys.Log.setPurgeUptoSnapshotIndex(properties, alone(config));
  }

  private static void limits(RaftProperties properties, RaftLogConfig config) {
    int commands = HEADROOM * config.bounds().outstandingCommandsMax();
    SizeInBytes bytes =
        SizeInBytes.valueOf(
            HEADROOM * config.bounds().outstandingBytesMax()
                + commands * (long) RaftLog.COMMAND_BYTES_MAX);
    RaftServerConfigKeys.Write.setElementLimit(properties, commands);
    RaftServerConfigKeys.Write.setByteLimit(properties, bytes);
    RaftServerConfigKeys.Log.setQueueElementLimit(properties, commands);
    RaftServerConfigKeys.Log.setQueueByteLimit(
        properties,
        (int) Math.min(HEADROOM * config.bounds().outstandingBytesMax(), Integer.MAX_VALUE));
    RaftServerConfigKeys.RetryCache.setExpiryTime(properties, TimeDuration.valueOf(2, SECONDS));
  }

  private static void time(RaftProperties properties, RaftLogConfig config) {
    TimeDuration min =
        TimeDuration.valueOf(config.timing().electionTimeoutMillisMin(), MILLISECONDS);
    TimeDuration max =
        TimeDuration.valueOf(config.timing().electionTimeoutMillisMax(), MILLISECONDS);
    RaftServerConfigKeys.Rpc.setTimeoutMin(properties, min);
    RaftServerConfigKeys.Rpc.setTimeoutMax(properties, max);
    boolean alone = alone(config);
    RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(
        properties, alone ? TimeDuration.valueOf(5, MILLISECONDS) : min);
    RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(
        properties, alone ? TimeDuration.valueOf(10, MILLISECONDS) : max);
    RaftServerConfigKeys.LeaderElection.setPreVote(properties, !alone);
    RaftServerConfigKeys.setCloseThreshold(properties, TimeDuration.valueOf(24, HOURS));
    RaftServerConfigKeys.Read.setOption(properties, RaftServerConfigKeys.Read.Option.LINEARIZABLE);
    RaftServerConfigKeys.Read.setLeaderLeaseEnabled(properties, false);
    RaftServerConfigKeys.Read.setTimeout(
        properties, TimeDuration.valueOf(config.timing().submitTimeoutMillis(), MILLISECONDS));
  }
}
