package io.hydrant.raftlog.ratis;

import static java.util.concurrent.TimeUnit.HOURS;
import static java.util.concurrent.TimeUnit.MICROSECONDS;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import io.hydrant.raftlog.Peer;
import io.hydrant.raftlog.RaftLog;
import io.hydrant.raftlog.RaftLogConfig;
import io.hydrant.raftlog.Transport;
import java.util.List;
import org.apache.ratis.RaftConfigKeys;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.rpc.SupportedRpcType;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;
import org.jspecify.annotations.Nullable;

/**
 * From our configuration to Ratis': docs/adr/0002-raft-settings.md gives the reason of every line,
 * and 0005 that of the lines for several peers.
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

  /** Ratis wants an address of everyone. */
  private static final String NOBODY = "127.0.0.1:0";

  /** A follower that comes back is tried this often; the default waits up to 5 s. */
  private static final String RETRIES = "1ms,10, 200ms,1000000";

  private static final int OUTSTANDING_APPENDS_MAX = 16;
  private static final long APPEND_GAP_MICROS = 500;
  private static final long STAGING_SECONDS = 10;
  private static final long STEP_DOWN_SECONDS = 1;

  private RaftSettings() {}

  /** Members as Ratis keeps them where there is no log yet; a joiner's group is empty. */
  static RaftGroup group(RaftLogConfig config) {
    return RaftGroup.valueOf(
        RaftGroupId.valueOf(config.groupId()),
        config.peers().stream().map(RaftSettings::raftPeer).toList());
  }

  static RaftPeer raftPeer(Peer peer) {
    RaftPeer.Builder builder =
        RaftPeer.newBuilder()
            .setId(peer.id())
            .setAddress(peer.raftAddress().isEmpty() ? NOBODY : peer.raftAddress());
    if (!peer.publicAddress().isEmpty()) {
      builder.setClientAddress(peer.publicAddress());
    }
    if (!peer.peerAddress().isEmpty()) {
      builder.setAdminAddress(peer.peerAddress());
    }
    return builder.build();
  }

  static Peer peer(RaftPeer peer) {
    return new Peer(
        peer.getId().toString(),
        text(peer.getAddress()).equals(NOBODY) ? "" : text(peer.getAddress()),
        text(peer.getClientAddress()),
        text(peer.getAdminAddress()));
  }

  private static String text(@Nullable String address) {
    return address == null ? "" : address;
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

  /** What is not a text: the objects that Ratis' transport calls. */
  static Parameters parameters(RaftLogConfig config, FailureDetector detector) {
    Parameters parameters = new Parameters();
    GrpcConfigKeys.Server.setServicesCustomizer(
        parameters, new AddresseeCheck(config.selfId(), detector));
    return parameters;
  }

  /** Nobody else can ever lead, or be asked. */
  static boolean alone(RaftLogConfig config) {
    return config.transport() instanceof Transport.None;
  }

  private static void transport(RaftProperties properties, RaftLogConfig config) {
    switch (config.transport()) {
      case Transport.None() -> RaftConfigKeys.Rpc.setType(properties, new GroupOfOneRpc());
      case Transport.Grpc(String host, int port) -> {
        RaftConfigKeys.Rpc.setType(properties, SupportedRpcType.GRPC);
        GrpcConfigKeys.Server.setHost(properties, host);
        GrpcConfigKeys.Server.setPort(properties, port);
        GrpcConfigKeys.Server.setLeaderOutstandingAppendsMax(properties, OUTSTANDING_APPENDS_MAX);
        GrpcConfigKeys.setMessageSizeMax(properties, SizeInBytes.valueOf(4L * ENTRY_BYTES_MAX));
        RaftServerConfigKeys.Log.Appender.setWaitTimeMin(
            properties, TimeDuration.valueOf(APPEND_GAP_MICROS, MICROSECONDS));
        RaftServerConfigKeys.Log.Appender.setRetryPolicy(properties, RETRIES);
      }
    }
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
    RaftServerConfigKeys.Log.setPurgeUptoSnapshotIndex(properties, true);
    RaftServerConfigKeys.Log.setPurgePreservationLogNum(properties, config.bounds().keptEntries());
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
    RaftServerConfigKeys.LeaderElection.setLeaderStepDownWaitTime(
        properties, TimeDuration.valueOf(STEP_DOWN_SECONDS, SECONDS));
    RaftServerConfigKeys.setStagingTimeout(
        properties, TimeDuration.valueOf(STAGING_SECONDS, SECONDS));
    RaftServerConfigKeys.setCloseThreshold(properties, TimeDuration.valueOf(24, HOURS));
  }
}
