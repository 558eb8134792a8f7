package io.hydrant.raftlog.ratis;

import static io.hydrant.raftlog.ratis.Logs.submit;
import static io.hydrant.raftlog.ratis.Replicas.await;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.hydrant.raftlog.Membership;
import io.hydrant.raftlog.Peer;
import io.hydrant.raftlog.RecordingMachine;
import io.hydrant.raftlog.ratis.Replicas.Replica;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A blank joiner that listens where the voter did that it replaces. */
@Timeout(60)
final class SameAddressTest {
  @TempDir private Path parent;

  /** Two that live, and the joiner, which has not been added yet. */
  private record Scene(Replicas replicas, Replica leader, Replica third, Peer dead, Peer joiner) {
    void change(List<Peer> voters, List<Peer> listeners) throws Exception {
      Membership found = leader.log().membership();
      leader.log().changeMembers(found, voters, listeners).get(20, TimeUnit.SECONDS);
    }

    /** It is fed from here on; its address is that of the dead voter, which stays a voter. */
    Replica addJoiner() throws Exception {
      RecordingMachine machine =
          new RecordingMachine()
              .installingFrom(
                  from -> CompletableFuture.completedFuture(replicas.get(from).machine()));
      Replica opened = replicas.open(replicas.joiner(joiner.id()), machine);
      change(leader.log().membership().voters(), List.of(joiner));
      return opened;
    }

    /** Many at a time, so that two appenders would overtake each other. */
    void submitMany() throws Exception {
      List<CompletableFuture<byte[]>> answers = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        answers.add(leader.log().submit(("c" + i).getBytes(UTF_8)));
      }
      for (CompletableFuture<byte[]> answer : answers) {
        answer.get(20, TimeUnit.SECONDS);
      }
    }
  }

  private static Scene scene(Replicas replicas) throws Exception {
    Replica leader = replicas.awaitLeader();
    submit(leader.log(), "a", "b");
    replicas.awaitEqual(leader);
    Replica dead = replicas.stop(replicas.others(leader).getFirst().id());
    return new Scene(
        replicas,
        leader,
        replicas.others(leader).getFirst(),
        replicas.peer(dead.id()),
        replicas.atAddressOf(dead.id()));
  }

  @Test
  void theJoinerIsFedAndPromoted() throws Exception {
    try (Replicas replicas = new Replicas(parent, Logs.SMALL, 3).start(3)) {
      Scene scene = scene(replicas);
      Replica joiner = scene.addJoiner();
      scene.submitMany();
      replicas.awaitEqual(scene.leader());
      scene.change(
          List.of(
              replicas.peer(scene.leader().id()),
              replicas.peer(scene.third().id()),
              scene.joiner()),
          List.of());
      replicas.stop(scene.third().id());
      submit(scene.leader().log(), "only with the joiner");
      replicas.awaitEqual(scene.leader());
      assertEquals("only with the joiner", joiner.machine().commands().getLast());
    }
  }

  @Test
  void theJoinerDoesNotAnswerForTheDead() throws Exception {
    try (Replicas replicas = new Replicas(parent, Logs.SMALL, 3).start(3)) {
      Scene scene = scene(replicas);
      Replica leader = scene.leader();
      Replica joiner = scene.addJoiner();
      String dead = scene.dead().id();
      Long had = leader.log().matchIndices().get(dead);
      scene.submitMany();
      replicas.awaitEqual(leader);
      assertEquals(had, leader.log().matchIndices().get(dead), "what the dead voter has");

      List<String> applied = joiner.machine().commands();
      RecordingMachine third = replicas.stop(scene.third().id()).machine();
      CompletableFuture<byte[]> alone = leader.log().submit("alone".getBytes(UTF_8));
      assertThrows(ExecutionException.class, () -> alone.get(20, TimeUnit.SECONDS));
      await("the leader stops leading", () -> !leader.leads());
      long start = System.nanoTime();
      await(
          "longer than any election takes",
          () -> System.nanoTime() - start > TimeUnit.MILLISECONDS.toNanos(1_500));
      assertFalse(leader.leads(), "it has been elected without a majority");
      assertEquals(applied, joiner.machine().commands());

      third.makeDurable();
      replicas.open(replicas.voter(scene.third().id(), replicas.first(3)), third.restart());
      submit(replicas.awaitLeader().log(), "with the third");
    }
  }
}
