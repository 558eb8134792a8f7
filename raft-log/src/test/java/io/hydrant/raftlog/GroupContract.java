package io.hydrant.raftlog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every {@link RaftLog} of a group of several does. */
@Timeout(60)
public abstract class GroupContract {
  /** Snapshots are asked for after this many entries, and nothing that they cover is kept. */
  protected static final int SNAPSHOT_EVERY_ENTRIES = 50;

  private record Replica(String id, RaftLog log, RecordingMachine machine) {}

  private final Map<String, Replica> running = new TreeMap<>();

  /** Four that may be opened, n0 to n3; the first three are the first voters. */
  protected abstract List<Peer> peers();

  /** With what earlier lives of this member have left. */
  protected abstract RaftLog openVoter(String id, ReplicatedStateMachine machine) throws Exception;

  protected abstract RaftLog openJoiner(String id, ReplicatedStateMachine machine) throws Exception;

  @AfterEach
  final void closeAll() throws Exception {
    for (Replica replica : running.values()) {
      replica.log().close();
    }
  }

  private void startThree() throws Exception {
    for (Peer peer : peers().subList(0, 3)) {
      open(peer.id(), new RecordingMachine());
    }
  }

  private Replica open(String id, RecordingMachine machine) throws Exception {
    return opened(id, openVoter(id, installing(machine)), machine);
  }

  private RecordingMachine installing(RecordingMachine machine) {
    return machine.installingFrom(leader ->
        CompletableFuture.completedFuture(Objects.requireNonNull(running.get(leader)).machine()));
  }

  private Replica opened(String id, RaftLog log, RecordingMachine machine) {
    Replica replica = new Replica(id, log, machine);
    running.put(id, replica);
    return replica;
  }

  private Replica stop(Replica replica) throws Exception {
    replica.log().close();
    running.remove(replica.id());
    return replica;
  }

  private Replica leader() throws InterruptedException {
    await("a leader", () -> running.values().stream().anyMatch(r -> r.log().status().leader()));
    return running.values().stream()
        .filter(replica -> replica.log().status().leader())
        .findFirst()
        .orElseThrow();
  }

  private List<Replica> others(Replica than) {
    return running.values().stream().filter(replica -> replica != than).toList();
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    for (int i = 0; i < 4_000 && !condition.getAsBoolean(); i++) {
      Thread.sleep(5);
    }
    assertTrue(condition.getAsBoolean(), what);
  }

  private static void submit(Replica to, String... commands) throws Exception {
    for (String command : commands) {
      assertEquals(
          "done " + command,
          new String(to.log().submit(command.getBytes(UTF_8)).get(20, TimeUnit.SECONDS), UTF_8));
    }
  }

  private static Throwable causeOf(CompletableFuture<?> future) {
    return Objects.requireNonNull(
        assertThrows(ExecutionException.class, () -> future.get(20, TimeUnit.SECONDS)).getCause());
  }

  /** The same commands at the same places, and nothing left out. */
  private void awaitEqual(Replica to) throws InterruptedException {
    List<RecordingMachine.Applied> applied = to.machine().applied();
    for (Replica replica : running.values()) {
      await(replica.id() + " applies all", () -> replica.machine().applied().equals(applied));
      List<LogPosition> positions = replica.machine().positions();
      for (int i = 1; i < positions.size(); i++) {
        assertEquals(positions.get(i - 1).index() + 1, positions.get(i).index());
      }
      assertFalse(replica.machine().failure().isDone());
    }
  }

  @Test
  void replicatesRefusesOnFollowersAndSurvivesItsLeader() throws Exception {
    startThree();
    Replica leader = leader();
    submit(leader, "a", "b", "c");
    awaitEqual(leader);
    for (Replica follower : others(leader)) {
      await("knows", () -> follower.log().status().leaderId().equals(leader.id()));
      assertEquals(
          leader.id(),
          assertInstanceOf(NotLeaderException.class, causeOf(follower.log().submit(new byte[1])))
              .leaderId());
      assertInstanceOf(NotLeaderException.class, causeOf(follower.log().readIndex()));
    }
    stop(leader);
    Replica next = leader();
    assertTrue(next.log().status().term() > leader.machine().positions().getLast().term());
    submit(next, "after");
    awaitEqual(next);
    assertEquals(List.of("a", "b", "c", "after"), next.machine().commands());
  }

  @Test
  void handsLeadershipOver() throws Exception {
    startThree();
    Replica leader = leader();
    submit(leader, "a");
    awaitEqual(leader);
    Replica next = others(leader).getLast();
    Duration timeout = Duration.ofSeconds(5);
    assertInstanceOf(
        NotLeaderException.class, causeOf(next.log().transferLeadership(leader.id(), timeout)));
    leader.log().transferLeadership(next.id(), timeout).get(10, TimeUnit.SECONDS);
    await("leads", () -> next.log().status().leader());
    submit(next, "b");
    // Told by another thread, in its own time.
    await("is told", () -> leader.machine().leaderships().equals(List.of(true, false)));
    assertInstanceOf(
        RefusedException.class,
        causeOf(next.log().transferLeadership("nobody", Duration.ofMillis(200))));
    submit(next, "still leads");
    next.log().transferLeadership("", timeout).get(10, TimeUnit.SECONDS);
    Replica third = leader();
    submit(third, "c");
    awaitEqual(third);
  }

  @Test
  void changesMembersOnlyFromTheExpectedOnes() throws Exception {
    startThree();
    Replica leader = leader();
    Membership before = leader.log().membership();
    assertEquals(peers().subList(0, 3), before.voters(), "with all their addresses");
    Peer joiner = peers().get(3);
    addListener(leader, joiner);
    Membership after = leader.log().membership();
    assertEquals(List.of(joiner), after.listeners());
    assertTrue(after.isStable() && after.index() > before.index());
    await("told", () -> leader.machine().memberships().getLast().equals(after));
    assertTrue(
        leader.machine().memberships().stream().anyMatch(members -> !members.isStable()),
        "the joint members were told of");
    for (Membership stale :
        List.of(
            before, new Membership(before.index(), after.voters(), List.of(), after.listeners()))) {
      assertInstanceOf(
          MembershipConflictException.class,
          causeOf(leader.log().changeMembers(stale, peers().subList(0, 2), List.of())));
    }
    Replica follower = others(leader).getFirst();
    assertInstanceOf(
        NotLeaderException.class,
        causeOf(follower.log().changeMembers(after, peers().subList(0, 2), List.of())));
    assertEquals(after, leader.log().membership());
    assertTrue(follower.log().matchIndices().isEmpty());
    assertEquals(4, leader.log().matchIndices().size());
    for (Replica replica : running.values()) {
      await("all know", () -> replica.log().membership().equals(after));
    }
  }

  private Replica addListener(Replica leader, Peer joiner) throws Exception {
    RecordingMachine machine = installing(new RecordingMachine());
    Replica replica = opened(joiner.id(), openJoiner(joiner.id(), machine), machine);
    Membership found = leader.log().membership();
    leader.log().changeMembers(found, found.voters(), List.of(joiner)).get(20, TimeUnit.SECONDS);
    return replica;
  }

  @Test
  void aReplacedMemberIsInstalledFedAndCounts() throws Exception {
    startThree();
    Replica leader = leader();
    submit(leader, "a", "b");
    Replica dead = stop(others(leader).getFirst());
    Replica third = others(leader).getFirst();
    Replica joiner = addListener(leader, peers().get(3));
    submit(leader, "c");
    awaitEqual(leader);
    assertEquals(1, joiner.machine().installs().size(), "a joiner installs once");
    List<Peer> voters = new ArrayList<>();
    for (String id : List.of(leader.id(), third.id(), joiner.id())) {
      voters.add(leader.log().membership().member(id).orElseThrow());
    }
    voters.sort(java.util.Comparator.comparing(Peer::id));
    leader
        .log()
        .changeMembers(leader.log().membership(), voters, List.of())
        .get(20, TimeUnit.SECONDS);
    assertEquals(voters, leader.log().membership().voters());
    assertFalse(leader.log().membership().member(dead.id()).isPresent());
    stop(third);
    submit(leader, "only with the joiner");
    awaitEqual(leader);
    assertEquals(List.of("a", "b", "c", "only with the joiner"), joiner.machine().commands());
  }

  @Test
  void aFollowerBehindThePurgedLogInstalls() throws Exception {
    startThree();
    Replica leader = leader();
    submit(leader, "first");
    awaitEqual(leader);
    Replica behind = stop(others(leader).getFirst());
    behind.machine().makeDurable();
    RecordingMachine machine = behind.machine().restart();
    for (int i = 0; firstIndex() <= machine.restored().index() + 1; i++) {
      submit(leader, "x".repeat(4_000) + i);
    }
    Replica reopened = open(behind.id(), machine);
    await("asked", () -> !machine.installs().isEmpty());
    assertTrue(machine.installs().getFirst().index() > machine.restored().index() + 1);
    submit(leader, "after");
    awaitEqual(leader);
    assertEquals(1, machine.installs().size());
    stop(others(leader).stream().filter(replica -> replica != reopened).findFirst().orElseThrow());
    submit(leader, "two suffice");
    awaitEqual(leader);
  }

  /** Of those that run. */
  private long firstIndex() {
    return running.values().stream()
        .mapToLong(replica -> replica.log().status().firstIndex())
        .min()
        .orElseThrow();
  }
}
