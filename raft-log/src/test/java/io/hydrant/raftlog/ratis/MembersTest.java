package io.hydrant.raftlog.ratis;

import static io.hydrant.raftlog.ratis.Logs.submit;
import static io.hydrant.raftlog.ratis.Replicas.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.raftlog.Membership;
import io.hydrant.raftlog.Peer;
import io.hydrant.raftlog.RaftLogConfig;
import io.hydrant.raftlog.RecordingMachine;
import io.hydrant.raftlog.RemovedFromGroupException;
import io.hydrant.raftlog.ratis.Replicas.Replica;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Leaders and members that change. */
@Timeout(60)
final class MembersTest {
  @TempDir private Path parent;

  private static RecordingMachine installing(Replicas replicas) {
    return new RecordingMachine()
        .installingFrom(
            leader -> CompletableFuture.completedFuture(replicas.get(leader).machine()));
  }

  private static void change(Replica leader, List<Peer> voters, List<Peer> listeners)
      throws Exception {
    Membership found = leader.log().membership();
    leader.log().changeMembers(found, voters, listeners).get(20, TimeUnit.SECONDS);
  }

  private static Replica addListener(Replicas replicas, Replica leader, String id)
      throws Exception {
    Replica joiner = replicas.open(replicas.joiner(id), installing(replicas));
    change(leader, leader.log().membership().voters(), List.of(replicas.peer(id)));
    return joiner;
  }

  /** Replaces one voter by a listener, and returns the third voter. */
  private static Replica promote(Replicas replicas, Replica leader, Replica joiner)
      throws Exception {
    List<Replica> voters =
        replicas.others(leader).stream().filter(replica -> replica != joiner).toList();
    replicas.stop(voters.getFirst().id());
    change(
        leader,
        List.of(
            replicas.peer(leader.id()),
            replicas.peer(voters.getLast().id()),
            replicas.peer(joiner.id())),
        List.of());
    return voters.getLast();
  }

  @Test
  void aPromotedListenerCountsAndVotes() throws Exception {
    promoteAndLose(false);
  }

  @Test
  void aPromotedListenerCountsAndVotesAfterAChangeOfLeader() throws Exception {
    promoteAndLose(true);
  }

  private void promoteAndLose(boolean changeLeader) throws Exception {
    try (Replicas replicas = new Replicas(parent, Logs.SMALL, 4).start(3)) {
      Replica leader = replicas.awaitLeader();
      submit(leader.log(), "a", "b");
      Replica joiner = addListener(replicas, leader, "n3");
      submit(leader.log(), "c");
      replicas.awaitEqual(leader);
      assertTrue(joiner.log().membership().isListener("n3"));
      if (changeLeader) {
        leader.log().transferLeadership("", Duration.ofSeconds(2)).get(5, TimeUnit.SECONDS);
        leader = replicas.awaitLeader();
      }
      Replica third = promote(replicas, leader, joiner);
      replicas.stop(third.id());
      submit(leader.log(), "only with the joiner");
      assertEquals(
          leader.log().matchIndices().get(leader.id()), leader.log().matchIndices().get("n3"));

      RecordingMachine machine = third.machine();
      machine.makeDurable();
      replicas.open(replicas.voter(third.id(), replicas.first(3)), machine.restart());
      replicas.awaitEqual(leader);
      replicas.stop(leader.id());
      Replica next = replicas.awaitLeader();
      submit(next.log(), "elected with the joiner");
      replicas.awaitEqual(next);
      assertEquals(
          List.of("a", "b", "c", "only with the joiner", "elected with the joiner"),
          joiner.machine().commands());
    }
  }

  /** Ratis leaves a listener that has seen a change of leader as a follower that must not stand. */
  @Test
  void aListenerOutlivesItsLeaders() throws Exception {
    try (Replicas replicas = new Replicas(parent, Logs.SMALL, 4).start(3)) {
      Replica leader = replicas.awaitLeader();
      Replica joiner = addListener(replicas, leader, "n3");
      leader.log().transferLeadership("", Duration.ofSeconds(2)).get(5, TimeUnit.SECONDS);
      Replica next = replicas.awaitLeader();
      submit(next.log(), "a");
      replicas.awaitEqual(next);
      RecordingMachine other = replicas.stop(replicas.others(next).getFirst().id()).machine();
      RecordingMachine lost = replicas.stop(next.id()).machine();
      String silent = "longer than any election timeout without a leader";
      long start = System.nanoTime();
      await(silent, () -> System.nanoTime() - start > TimeUnit.MILLISECONDS.toNanos(1_500));
      assertFalse(joiner.machine().failure().isDone());
      lost.makeDurable();
      replicas.open(replicas.voter(next.id(), replicas.first(3)), lost.restart());
      Replica again = replicas.awaitLeader();
      submit(again.log(), "b");
      replicas.awaitEqual(again);
      assertEquals(List.of("a", "b"), joiner.machine().commands());
      assertFalse(other.failure().isDone());
    }
  }

  @Test
  void aRemovedMemberStopsAndCannotComeBack() throws Exception {
    try (Replicas replicas = new Replicas(parent, Logs.SMALL, 3).start(3)) {
      Replica leader = replicas.awaitLeader();
      submit(leader.log(), "a");
      replicas.awaitEqual(leader);
      Replica removed = replicas.others(leader).getFirst();
      List<Peer> rest =
          leader.log().membership().voters().stream()
              .filter(peer -> !peer.id().equals(removed.id()))
              .toList();
      change(leader, rest, List.of());
      submit(leader.log(), "without it");
      RaftLogConfig known = replicas.voter(leader.id(), replicas.first(3));
      await(
          "the change to be noted",
          () ->
              LastMembers.of(known.directory(), known.groupId())
                  .filter(noted -> noted.isStable() && noted.voters().equals(rest))
                  .isPresent());
      removed.machine().failure().get(20, TimeUnit.SECONDS);
      replicas.stop(removed.id());
      if (!removed.machine().memberships().getLast().isVoter(removed.id())) {
        removed.machine().makeDurable();
        assertThrows(
            RemovedFromGroupException.class,
            () ->
                RatisRaftLog.open(
                    replicas.voter(removed.id(), replicas.first(3)), removed.machine().restart()));
      }
      submit(leader.log(), "and on");
      assertTrue(leader.leads());
    }
  }
}
