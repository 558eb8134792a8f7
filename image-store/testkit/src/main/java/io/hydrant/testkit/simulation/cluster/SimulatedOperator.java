package io.hydrant.testkit.simulation.cluster;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.replica.Members;
import io.hydrant.engine.replica.ReplacementCheck;
import io.hydrant.engine.replica.ReplacementCheck.Action;
import io.hydrant.testkit.raft.RaftMembers;
import io.hydrant.testkit.simulation.cluster.SimulatedNetwork.Plane;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Who replaces machines whose disks are lost for ever: one at a time, and the next one is lost at
 * the earliest moment at which the protocol says that it may be. The check is the product's; what
 * it says is carried out by whoever leads, and begun anew by the next leader.
 */
final class SimulatedOperator {
  private static final int MACHINES_MAX = 6;

  private final Cluster cluster;
  private final SplittableRandom random;
  private final ClusterFaults faults;
  private final TreeMap<String, InventoryView> heard = new TreeMap<>();
  private @Nullable ReplacementCheck check;
  private ReplacementCheck.@Nullable Plan plan;
  private @Nullable LeaderRole role;
  private int made = 3;
  private boolean hurry;

  SimulatedOperator(Cluster cluster, SplittableRandom random, ClusterFaults faults) {
    this.cluster = cluster;
    this.random = random;
    this.faults = faults;
  }

  /** Whether a machine is lost and not replaced yet. */
  boolean isReplacing() {
    return plan != null;
  }

  /** A disk is lost, if none is lost already. */
  void loseDisk() {
    if (isReplacing() || made >= MACHINES_MAX) {
      return;
    }
    Optional<SimulatedMachine> leader = cluster.leader();
    if (leader.isEmpty()) {
      return;
    }
    RaftMembers members = cluster.raft().members(leader.get().name());
    if (!members.isStable() || !members.listeners().isEmpty()) {
      return;
    }
    lose(cluster.anyMachine());
  }

  /** This one, for ever; a blank one is put beside the others. */
  void lose(SimulatedMachine lost) {
    cluster.coverage().count(Schedule.DISK_LOST);
    if (made > 3) {
      cluster.coverage().count(Schedule.SECOND_DISK_LOST);
    }
    if (cluster.model().isNamedByLast(lost.name())) {
      cluster.coverage().count(Schedule.HOLDER_LOST);
    }
    if (lost.isUp()) {
      lost.die(true);
    }
    cluster.remove(lost.name());
    String joiner = "n" + ++made;
    String any = cluster.machines().firstKey();
    cluster.add(joiner, cluster.raft().members(any));
    plan = new ReplacementCheck.Plan(Optional.of(lost.name()), joiner);
    check = null;
    faults.start(cluster.machine(joiner));
  }

  /** Looks, and does what is next. */
  void step() {
    ReplacementCheck.Plan what = plan;
    if (what == null) {
      if (hurry) {
        hurry = false;
        loseDisk();
      }
      return;
    }
    Optional<SimulatedMachine> leader = cluster.leader();
    if (leader.isEmpty()) {
      return;
    }
    SimulatedMachine machine = leader.get();
    if (role != machine.leader() || check == null || check.phase().isFinal()) {
      role = machine.leader();
      check = ReplacementCheck.begin(what, cluster.rules().replacement());
      heard.clear();
    }
    hear(machine);
    ReplacementCheck.Step step = check.next(seen(machine));
    set(step.check(), machine.leader());
    act(step.action(), machine, what);
  }

  private void set(ReplacementCheck next, LeaderRole at) {
    check = next;
    at.replace(next);
  }

  private void hear(SimulatedMachine leader) {
    for (SimulatedMachine other : cluster.machines().values()) {
      InventoryView known = heard.get(other.name());
      if (known != null && !known.peer().equals(other.self())) {
        heard.remove(other.name());
      }
      boolean reached = other == leader || cluster.reaches(Plane.DATA, other.name(), leader.name());
      if (other.isRunning() && reached && random.nextBoolean()) {
        heard.put(other.name(), SimulatedRepair.inventory(other));
      }
    }
    heard.keySet().retainAll(cluster.machines().keySet());
  }

  private ReplacementCheck.Seen seen(SimulatedMachine leader) {
    return new ReplacementCheck.Seen(
        members(cluster.raft().members(leader.name())),
        cluster.raft().membersIndex(leader.name()),
        heard,
        cluster.raft().matchIndices(leader.name()));
  }

  static Members members(RaftMembers members) {
    return new Members(members.voters(), members.oldVoters(), members.listeners());
  }

  private void act(Action action, SimulatedMachine leader, ReplacementCheck.Plan what) {
    RaftMembers members = cluster.raft().members(leader.name());
    switch (action) {
      case Action.Wait _ -> {}
      case Action.AddListener() -> {
        TreeSet<String> listeners = new TreeSet<>(members.listeners());
        listeners.add(what.joiner());
        cluster.raft().changeMembers(leader.name(), members.voters(), listeners);
      }
      case Action.ProposeBarrier() -> proposeBarrier(leader);
      case Action.ChangeVoters change -> {
        TreeSet<String> listeners = new TreeSet<>(members.listeners());
        listeners.removeAll(change.voters());
        cluster.raft().changeMembers(leader.name(), new TreeSet<>(change.voters()), listeners);
      }
      case Action.End() -> {
        boolean done =
            check != null
                && check.phase() == ReplacementCheck.Phase.DONE
                && cluster.raft().areMembersCommitted(leader.name());
        if (done) {
          cluster.coverage().count(Schedule.REPLACED);
          plan = null;
          hurry = random.nextBoolean();
          step();
        }
      }
    }
  }

  private void proposeBarrier(SimulatedMachine leader) {
    LeaderRole at = leader.leader();
    leader
        .propose(new Command.DigestAt())
        .whenComplete((outcome, _) -> {
          ReplacementCheck now = check;
          if (role != at || now == null) {
            return;
          }
          set(
              outcome instanceof Outcome.DigestAsked asked
                  ? now.barrierAt(asked.index())
                  : now.barrierLost(),
              at);
        });
  }

  @Override
  public String toString() {
    return "replacing %s: %s, heard %s".formatted(plan, check, heard);
  }
}
