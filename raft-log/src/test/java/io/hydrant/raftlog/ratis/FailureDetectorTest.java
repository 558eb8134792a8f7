package io.hydrant.raftlog.ratis;

import static io.hydrant.raftlog.ratis.Replicas.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.raftlog.RaftLogConfig.Timing;
import io.hydrant.raftlog.RecordingMachine;
import io.hydrant.raftlog.ratis.AddresseeCheckTest.Call;
import io.hydrant.raftlog.ratis.Replicas.Replica;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.thirdparty.com.google.protobuf.Message;
import org.apache.ratis.thirdparty.io.grpc.ManagedChannel;
import org.apache.ratis.thirdparty.io.grpc.MethodDescriptor;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyChannelBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which end of a connection from the leader makes a follower stand before its time. */
@Timeout(60)
final class FailureDetectorTest {
  /** Longer than anybody waits here, so that no follower stands by it. */
  private static final Timing PATIENT = Timing.group(60_000);

  /** Longer than any pause of a busy machine. */
  private static final Timing CALM = Timing.group(2_000);

  private static final int WORDS = 20;
  private static final long SILENCE_MILLIS = 200;

  /** Longer than the detector asks, and than an election takes. */
  private static final long WATCHED_MILLIS = 1_500;

  @TempDir private Path parent;

  @Test
  void theLeadersProcessIsKilled() throws Exception {
    try (Replicas replicas = new Replicas(parent, Logs.SMALL, 3)) {
      for (String id : List.of("n0", "n1")) {
        replicas.open(
            replicas.voter(id, replicas.first(3)).withTiming(PATIENT), new RecordingMachine());
      }
      Process leader =
          new ProcessBuilder(SubmittingProcess.command(parent, 2, replicas.first(3), WORDS))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      try {
        awaitSilence(replicas);
        for (Replica follower : replicas.running()) {
          assertEquals("n2", follower.log().status().leaderId());
        }
        leader.destroyForcibly().waitFor();
        Logs.submit(replicas.awaitLeader().log(), "by the next");
      } finally {
        leader.destroyForcibly().waitFor();
      }
    }
  }

  /** All of it, and the same: who has less of the log is not elected. */
  private static void awaitSilence(Replicas replicas) throws InterruptedException {
    Replica one = replicas.get("n0");
    Replica other = replicas.get("n1");
    await("it commits", () -> one.machine().commands().size() >= WORDS);
    int before;
    do {
      before = one.machine().commands().size();
      TimeUnit.MILLISECONDS.sleep(SILENCE_MILLIS);
    } while (one.machine().commands().size() > before);
    await("both have all", () -> other.machine().commands().equals(one.machine().commands()));
  }

  /** A connection that breaks says nothing about who is at its other end. */
  @Test
  void theLeaderLives() throws Exception {
    try (Replicas replicas = new Replicas(parent, Logs.SMALL, 3)) {
      for (String id : List.of("n0", "n1", "n2")) {
        replicas.open(
            replicas.voter(id, replicas.first(3)).withTiming(CALM), new RecordingMachine());
      }
      Replica leader = replicas.awaitLeader();
      Logs.submit(leader.log(), "a");
      replicas.awaitEqual(leader);
      long term = leader.log().status().term();
      Replica heir =
          replicas.others(leader).stream().min(Comparator.comparing(Replica::id)).orElseThrow();
      ManagedChannel channel =
          NettyChannelBuilder.forTarget(replicas.peer(heir.id()).raftAddress())
              .usePlaintext()
              .build();
      MethodDescriptor<Message, Message> append = AddresseeCheckTest.method("appendEntries");
      Message entries = AddresseeCheckTest.request(append, leader.id(), heir.id());
      assertEquals(Status.Code.OK, Call.open(channel, append).send(entries));
      channel.shutdownNow();
      assertTrue(channel.awaitTermination(20, TimeUnit.SECONDS));
      TimeUnit.MILLISECONDS.sleep(WATCHED_MILLIS);
      Logs.submit(leader.log(), "b");
      assertEquals(term, heir.log().status().term(), "an election that nobody needed");
    }
  }
}
