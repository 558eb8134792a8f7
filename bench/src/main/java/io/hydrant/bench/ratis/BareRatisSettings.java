package io.hydrant.bench.ratis;

import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.ratis.client.RaftClientConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/**
 * What makes bulk data through Ratis' state machine data API fast: batches of several entries,
 * windows larger than a batch, data kept out of the log's cache, queues that never refuse, and
 * election time-outs that a saturated machine does not meet.
 */
final class BareRatisSettings {
  static final int ENTRY_BYTES = 1 << 20;

  /** Entries that the client has in flight. */
  static final int WINDOW = 32;

  private static final RaftGroupId GROUP =
      RaftGroupId.valueOf(UUID.fromString("5b0c0f7e-3d55-4a53-9d9f-6f2f6f3d7a11"));

  private static final SizeInBytes BATCH = SizeInBytes.valueOf("8MB");
  private static final SizeInBytes QUEUE = SizeInBytes.valueOf("256MB");
  private static final int QUEUE_ENTRIES = 4_096;

  private BareRatisSettings() {}

  static RaftGroup group(List<Integer> ports) {
    return RaftGroup.valueOf(
        GROUP,
        IntStream.range(0, ports.size())
            .mapToObj(number ->
                RaftPeer.newBuilder()
                    .setId("r" + number)
                    .setAddress("127.0.0.1:" + ports.get(number))
                    .build())
            .toList());
  }

  static RaftProperties server(Path directory, int port) {
    RaftProperties properties = common();
    GrpcConfigKeys.Server.setHost(properties, "127.0.0.1");
    GrpcConfigKeys.Server.setPort(properties, port);
    RaftServerConfigKeys.setStorageDir(properties, List.of(directory.toFile()));
    RaftServerConfigKeys.setRemovedGroupsDir(properties, directory.resolve("removed").toFile());
    RaftServerConfigKeys.Log.StateMachineData.setSync(properties, true);
    RaftServerConfigKeys.Log.StateMachineData.setCachingEnabled(properties, true);
    RaftServerConfigKeys.Log.Appender.setBufferByteLimit(properties, BATCH);
    RaftServerConfigKeys.Log.Appender.setInstallSnapshotEnabled(properties, false);
    RaftServerConfigKeys.Log.Appender.setWaitTimeMin(
        properties, TimeDuration.valueOf(500, TimeUnit.MICROSECONDS));
    RaftServerConfigKeys.Log.setWriteBufferSize(
        properties, SizeInBytes.valueOf(BATCH.getSize() + 8));
    RaftServerConfigKeys.Log.setSegmentSizeMax(properties, SizeInBytes.valueOf("8MB"));
    RaftServerConfigKeys.Log.setSegmentCacheNumMax(properties, 2);
    RaftServerConfigKeys.Log.setQueueByteLimit(properties, QUEUE.getSizeInt());
    RaftServerConfigKeys.Log.setQueueElementLimit(properties, QUEUE_ENTRIES);
    RaftServerConfigKeys.Write.setByteLimit(properties, QUEUE);
    RaftServerConfigKeys.Write.setElementLimit(properties, QUEUE_ENTRIES);
    RaftServerConfigKeys.Rpc.setTimeoutMin(properties, TimeDuration.valueOf(1, TimeUnit.SECONDS));
    RaftServerConfigKeys.Rpc.setTimeoutMax(properties, TimeDuration.valueOf(2, TimeUnit.SECONDS));
    return properties;
  }

  static RaftProperties client() {
    RaftProperties properties = common();
    RaftClientConfigKeys.Async.setOutstandingRequestsMax(properties, 2 * WINDOW);
    RaftClientConfigKeys.Rpc.setRequestTimeout(
        properties, TimeDuration.valueOf(10, TimeUnit.SECONDS));
    return properties;
  }

  private static RaftProperties common() {
    RaftProperties properties = new RaftProperties();
    GrpcConfigKeys.setMessageSizeMax(properties, SizeInBytes.valueOf("64MB"));
    GrpcConfigKeys.setFlowControlWindow(properties, SizeInBytes.valueOf("8MB"));
    return properties;
  }
}
