package io.hydrant.raftlog.ratis;

import io.hydrant.raftlog.RaftLog;
import io.hydrant.raftlog.RaftLogConfig;
import io.hydrant.raftlog.RaftLogConfig.Bounds;
import io.hydrant.raftlog.RaftLogContract;
import io.hydrant.raftlog.ReplicatedStateMachine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.io.TempDir;

final class RatisRaftLogTest extends RaftLogContract {
  @TempDir private Path directory;

  @Override
  protected RaftLog open(ReplicatedStateMachine machine) throws IOException {
    RaftLogConfig config =
        RaftLogConfig.single(directory.resolve("log"), new UUID(1, 2), "n0")
            .withBounds(
                new Bounds(64 << 10, SNAPSHOT_EVERY_ENTRIES, 32L << 20, 0, 4_096, 64L << 20));
    return RatisRaftLog.open(config, machine);
  }
}
