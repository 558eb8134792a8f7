package io.hydrant.raftlog.ratis;

import io.hydrant.raftlog.GroupContract;
import io.hydrant.raftlog.Peer;
import io.hydrant.raftlog.RaftLog;
import io.hydrant.raftlog.RaftLogConfig.Bounds;
import io.hydrant.raftlog.ReplicatedStateMachine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Three peers and a joiner in one JVM, over gRPC. */
final class RatisGroupTest extends GroupContract {
  @TempDir private Path parent;

  private Replicas addresses;

  @BeforeEach
  void findPorts() throws IOException {
    addresses =
        new Replicas(
            parent,
            new Bounds(64 << 10, SNAPSHOT_EVERY_ENTRIES, 32L << 20, 0, 4_096, 64L << 20),
            4);
  }

  @Override
  protected List<Peer> peers() {
    return addresses.first(4);
  }

  @Override
  protected RaftLog openVoter(String id, ReplicatedStateMachine machine) throws IOException {
    return RatisRaftLog.open(addresses.voter(id, addresses.first(3)), machine);
  }

  @Override
  protected RaftLog openJoiner(String id, ReplicatedStateMachine machine) throws IOException {
    return RatisRaftLog.open(addresses.joiner(id), machine);
  }
}
