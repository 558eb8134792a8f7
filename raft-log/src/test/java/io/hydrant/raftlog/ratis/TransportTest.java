package io.hydrant.raftlog.ratis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.raftlog.RecordingMachine;
import io.hydrant.raftlog.ratis.Replicas.Replica;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What does not depend on the number of peers. */
@Timeout(90)
final class TransportTest {
  @TempDir private Path parent;

  /** The transport is chosen by configuration: a group that is to grow begins with one. */
  @Test
  void aGroupOfOneMayHaveATransport() throws Exception {
    try (Replicas replicas = new Replicas(parent, Logs.SMALL, 1).start(1)) {
      Replica only = replicas.awaitLeader();
      Logs.submit(only.log(), "a");
      assertTrue(
          only.log().readIndex().get(20, TimeUnit.SECONDS)
              >= only.machine().positions().getLast().index());
      RecordingMachine stopped = replicas.stop("n0").machine();
      stopped.makeDurable();
      replicas.open(replicas.voter("n0", replicas.first(1)), stopped.restart());
      Replica again = replicas.awaitLeader();
      assertTrue(
          again.log().readIndex().get(20, TimeUnit.SECONDS)
              >= stopped.positions().getLast().index());
      assertEquals(List.of("a"), again.machine().commands());
    }
  }
}
