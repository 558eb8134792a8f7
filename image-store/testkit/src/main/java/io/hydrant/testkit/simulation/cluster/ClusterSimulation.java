package io.hydrant.testkit.simulation.cluster;

import static io.hydrant.testkit.simulation.cluster.ClusterModel.require;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Entry;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Durability;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.SessionId;
import io.hydrant.testkit.raft.SimulatedRaft;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;

/**
 * A cluster of three from one seed: steps of machines, network, clients and faults in whatever
 * order, and in the end a quiet time after which everything must be there.
 *
 * <p>What it demands is written down in {@link ClusterModel} (the history), {@link ClusterReader}
 * (every page), {@link SimulatedMachine} (what a machine has stated) and {@link #finish}.
 */
public final class ClusterSimulation {
  private static final List<String> NAMES = List.of("n1", "n2", "n3");
  private static final int KEEP_LAST = 3;
  private static final int QUIET_ROUNDS_MAX = 400;

  private final Cluster cluster;
  private final SplittableRandom random;
  private final ClusterReader reader;
  private final ClusterFaults faults;
  private final SimulatedOperator operator;
  private final List<SimulatedProtector> protectors = new ArrayList<>();
  private final List<SimulatedRestorer> restorers = new ArrayList<>();

  public ClusterSimulation(long seed, ClusterRules rules) {
    this.random = new SplittableRandom(seed);
    this.cluster = new Cluster(random.nextLong(), rules);
    this.reader = new ClusterReader(cluster);
    this.faults = new ClusterFaults(cluster, random.split());
    this.operator = new SimulatedOperator(cluster, random.split(), faults);
  }

  /** What was generated. */
  public Coverage coverage() {
    return cluster.coverage();
  }

  /** How many checkpoints were committed. */
  public long commits() {
    return cluster.model().commits();
  }

  /** How many leaders there were. */
  public long elections() {
    return cluster.raft().elections();
  }

  /** Runs so many steps, then heals everything and holds the whole against the model. */
  public void run(int steps) throws IOException {
    found();
    cluster.setTroubled(true);
    for (int step = 0; step < steps; step++) {
      cluster.pass(random.nextLong(6_000_000));
      faults.maybe(protectors, operator);
      oneStep();
      cluster.requireNoFailure();
    }
    finish();
  }

  private void found() throws IOException {
    cluster.found(NAMES);
    for (SimulatedMachine machine : cluster.machines().values()) {
      machine.start();
    }
    cluster.raft().campaign("n1");
    quiet();
    for (int number = 1; number <= 2; number++) {
      Durability durability =
          number == 2 && random.nextInt(3) == 0 ? Durability.ALL : Durability.QUORUM;
      cluster
          .leader()
          .orElseThrow()
          .propose(new Command.CreateImage("vm-" + number, KEEP_LAST, durability));
      quiet();
    }
    for (int number = 1; number <= 2; number++) {
      ImageId image = new ImageId(number);
      protectors.add(new SimulatedProtector("p" + number, cluster, image, random.split()));
      restorers.add(new SimulatedRestorer("r" + number, cluster, reader, image, random.split()));
    }
    protectors.add(new SimulatedProtector("q1", cluster, new ImageId(1), random.split()));
  }

  private void oneStep() throws IOException {
    int dice = random.nextInt(100);
    if (dice < 30) {
      raftStep();
    } else if (dice < 42) {
      int count = 1 + random.nextInt(4);
      on(
          cluster.anyMachine(),
          machine -> {
            for (int i = 0; i < count && machine.applyOne(); i++) {
              // the next one
            }
            if (count == 3) {
              machine.clean();
            }
          });
    } else if (dice < 56) {
      int count = 1 + random.nextInt(3);
      on(
          cluster.anyMachine(),
          machine -> {
            for (int i = 0; i < count && machine.runBackground(); i++) {
              // the next one
            }
          });
    } else if (dice < 72) {
      int count = 1 + random.nextInt(6);
      for (int i = 0; i < count; i++) {
        dataStep();
      }
    } else if (dice < 77) {
      cluster.network().deliverLate(true);
    } else if (dice < 93) {
      // The second protector of an image is seldom awake: it takes over, and is taken over.
      int who = random.nextInt(60);
      SimulatedProtector protector = protectors.get(who < 30 ? 0 : who < 59 ? 1 : 2);
      int count = 1 + random.nextInt(4);
      for (int i = 0; i < count; i++) {
        protector.step();
      }
    } else if (dice < 95) {
      SimulatedRestorer restorer = restorers.get(random.nextInt(restorers.size()));
      on(cluster.anyMachine(), restorer::step);
    } else if (dice < 97) {
      on(cluster.anyMachine(), SimulatedMachine::tick);
      operator.step();
    } else if (dice < 98) {
      housekeeping();
    } else if (dice < 99) {
      on(cluster.anyMachine(), SimulatedMachine::repairOne);
    } else {
      check();
    }
  }

  @FunctionalInterface
  private interface MachineStep {
    void run(SimulatedMachine machine) throws IOException;
  }

  private static void on(SimulatedMachine machine, MachineStep step) {
    if (machine.isRunning()) {
      SimulationStep.on(machine, () -> step.run(machine));
    }
  }

  private void raftStep() {
    SimulatedRaft<Entry> raft = cluster.raft();
    List<SimulatedMachine> leading =
        cluster.machines().values().stream()
            .filter(machine -> machine.isRunning() && raft.isLeading(machine.name()))
            .toList();
    if (leading.isEmpty()) {
      SimulatedMachine one = cluster.anyMachine();
      if (one.isRunning() && random.nextInt(10) == 0) {
        raft.campaign(one.name());
      }
      return;
    }
    SimulatedMachine leader = leading.get(random.nextInt(leading.size()));
    SimulatedMachine other = cluster.anyMachine();
    switch (random.nextInt(12)) {
      case 8, 9, 10, 11 -> wholeRound(leader.name());
      case 0, 1, 2 -> replicate(leader, other, 1 + random.nextInt(8));
      case 3, 4 -> {
        if (other.isRunning()) {
          raft.sync(other.name());
        }
      }
      case 5, 6 -> {
        if (other != leader && other.isRunning()) {
          raft.acknowledge(other.name(), leader.name());
        }
      }
      default -> raft.advance(leader.name());
    }
    cluster.machines().values().forEach(SimulatedMachine::noticeLeadership);
  }

  private void replicate(SimulatedMachine leader, SimulatedMachine other, int entriesMax) {
    if (cluster.raft().replicate(leader.name(), other.name(), entriesMax)
        == SimulatedRaft.Replicated.PURGED) {
      other.askInstall(leader);
    }
  }

  /** As it goes as a rule: everybody gets what there is, syncs it and says so. */
  private void wholeRound(String leader) {
    SimulatedRaft<Entry> raft = cluster.raft();
    raft.sync(leader);
    for (SimulatedMachine other : cluster.machines().values()) {
      if (other.isRunning() && !other.name().equals(leader)) {
        replicate(cluster.machine(leader), other, 8);
        raft.sync(other.name());
        raft.acknowledge(other.name(), leader);
      }
    }
    raft.advance(leader);
  }

  private void dataStep() {
    List<SimulatedMachine> leading =
        cluster.machines().values().stream()
            .filter(machine -> machine.isRunning() && machine.leads())
            .toList();
    if (leading.isEmpty()) {
      return;
    }
    SimulatedMachine leader = leading.get(random.nextInt(leading.size()));
    List<PeerConnection> peers = leader.leader().peers();
    PeerConnection peer = peers.get(random.nextInt(peers.size()));
    int dice = random.nextInt(10);
    if (!peer.isOpen()) {
      peer.connect();
    } else if (dice < 3) {
      on(leader, _ -> peer.pump());
    } else if (dice < 7) {
      SimulationStep.on(leader, peer::deliverFrame);
    } else {
      peer.deliverStatement();
    }
  }

  /** What a leader proposes by itself: retention, and an end for what is open and silent. */
  private void housekeeping() {
    cluster
        .leader()
        .ifPresent(leader -> {
          for (ImageState image : leader.store().catalog().images()) {
            if (image.committed().size() > KEEP_LAST && random.nextBoolean()) {
              List<CheckpointId> committed = List.copyOf(image.committed().keySet());
              cluster.coverage().count(Schedule.RETIRE);
              leader.propose(new Command.Retire(image.id(), committed));
            }
          }
        });
  }

  private void check() throws IOException {
    SimulatedMachine machine = cluster.anyMachine();
    if (machine.isRunning()) {
      var key = reader.any(machine);
      if (key.isPresent()) {
        CheckpointKey one = key.get();
        on(machine, at -> reader.read(at, one));
      }
    }
  }

  /** Everybody does what is left to do, without faults, until nothing is. */
  private void quiet() throws IOException {
    for (int round = 0; round < QUIET_ROUNDS_MAX; round++) {
      cluster.requireNoFailure();
      cluster.pass(60_000_000);
      nudge();
      if (!quietRound()) {
        return;
      }
    }
    throw new IllegalStateException("the cluster does not come to rest: " + state());
  }

  /** An entry that changes nothing, where one would raise a hold mark. */
  private void nudge() {
    boolean due =
        cluster.machines().values().stream()
            .anyMatch(machine -> machine.isRunning() && machine.store().snapshotDue());
    if (due) {
      cluster
          .leader()
          .ifPresent(leader -> leader.propose(new Command.Renew(new SessionId(Long.MAX_VALUE))));
    }
  }

  private String state() {
    StringBuilder text = new StringBuilder();
    for (SimulatedMachine machine : cluster.machines().values()) {
      String name = machine.name();
      text.append(
          "%s term %d%s, log to %d, may apply %d, applied %d; "
              .formatted(
                  machine,
                  cluster.raft().term(name),
                  cluster.raft().isLeading(name) ? " leads" : "",
                  cluster.raft().lastIndex(name),
                  cluster.raft().applicableIndex(name),
                  machine.store().applied().index()));
      text.append("lacks %s; ".formatted(machine.store().missing().lacks()));
    }
    text.append(operator).append("; ");
    for (SimulatedProtector protector : protectors) {
      text.append(protector).append("; ");
    }
    return text.toString();
  }

  /** Returns whether anything was done. */
  private boolean quietRound() throws IOException {
    SimulatedRaft<Entry> raft = cluster.raft();
    boolean[] busy = new boolean[1];
    cluster.machines().values().forEach(SimulatedMachine::noticeLeadership);
    if (cluster.machines().values().stream().noneMatch(m -> raft.isLeading(m.name()))) {
      for (String name : cluster.machines().keySet()) {
        if (raft.campaign(name)) {
          break;
        }
      }
      busy[0] = true;
    }
    for (SimulatedMachine one : List.copyOf(cluster.machines().values())) {
      if (raft.isLeading(one.name())) {
        replicate(one, busy);
      }
    }
    for (SimulatedMachine machine : List.copyOf(cluster.machines().values())) {
      on(
          machine,
          at -> {
            while (at.applyOne() || at.runBackground() || at.repairOne()) {
              busy[0] = true;
            }
            at.tick();
          });
    }
    while (cluster.network().deliverLate(false)) {
      busy[0] = true;
    }
    for (SimulatedMachine machine : List.copyOf(cluster.machines().values())) {
      if (machine.leads()) {
        feed(machine, busy);
      }
    }
    operator.step();
    busy[0] |= operator.isReplacing();
    for (SimulatedProtector protector : protectors) {
      for (int i = 0; i < 6; i++) {
        protector.step();
      }
      busy[0] |= !protector.isQuiet();
    }
    return busy[0];
  }

  private void replicate(SimulatedMachine leader, boolean[] busy) {
    SimulatedRaft<Entry> raft = cluster.raft();
    long before = raft.applicableIndex(leader.name());
    raft.sync(leader.name());
    for (String other : cluster.machines().keySet()) {
      SimulatedRaft.Replicated done = raft.replicate(leader.name(), other, Integer.MAX_VALUE / 2);
      busy[0] |= done == SimulatedRaft.Replicated.ENTRIES;
      if (done == SimulatedRaft.Replicated.PURGED) {
        cluster.machine(other).askInstall(leader);
        busy[0] = true;
      }
      if (!other.equals(leader.name())) {
        raft.sync(other);
        raft.acknowledge(other, leader.name());
      }
    }
    raft.advance(leader.name());
    busy[0] |= raft.applicableIndex(leader.name()) != before;
    for (String other : cluster.machines().keySet()) {
      raft.replicate(leader.name(), other, Integer.MAX_VALUE / 2);
    }
  }

  private static void feed(SimulatedMachine leader, boolean[] busy) {
    for (PeerConnection peer : leader.leader().peers()) {
      if (!peer.isOpen()) {
        peer.connect();
        busy[0] = true;
      }
      SimulationStep.on(
          leader,
          () -> {
            while (peer.pump() || peer.deliverFrame() || peer.deliverStatement()) {
              busy[0] = true;
            }
          });
    }
  }

  /** Heals everything, waits until nothing moves, and looks at everything. */
  private void finish() throws IOException {
    cluster.setTroubled(false);
    faults.healAll();
    protectors.forEach(SimulatedProtector::finishUp);
    quiet();
    abortWhatIsOpen();
    quiet();
    SimulatedMachine leader = cluster.leader().orElseThrow();
    long end = leader.store().applied().index();
    for (SimulatedMachine machine : cluster.machines().values()) {
      require(
          machine.store().applied().index() == end,
          "%s has applied %d of %d",
          machine.name(),
          machine.store().applied().index(),
          end);
    }
    requireNothingLost();
    requireEverythingHeld(end);
  }

  /** What everybody lacked was fetched, and everybody says so. */
  private void requireEverythingHeld(long end) throws IOException {
    for (SimulatedMachine machine : cluster.machines().values()) {
      require(
          machine.store().missing().lacks().isEmpty(),
          "%s lacks %s still",
          machine.name(),
          machine.store().missing().lacks());
      machine.store().snapshot();
      on(
          machine,
          at -> {
            while (at.runBackground()) {
              // until it is written
            }
          });
      require(
          machine.store().holdMark() >= end,
          "%s holds everything up to %d only, of %d",
          machine.name(),
          machine.store().holdMark(),
          end);
    }
  }

  private void abortWhatIsOpen() throws IOException {
    SimulatedMachine leader = cluster.leader().orElseThrow();
    for (ImageState image : leader.store().catalog().images()) {
      for (CheckpointId id : image.open().keySet()) {
        leader.propose(
            new Command.Abort(new CheckpointKey(image.id(), id), java.util.Optional.empty()));
      }
    }
  }

  /** Every tract of every checkpoint is somewhere; and where it is said to be, it is right. */
  private void requireNothingLost() throws IOException {
    for (SimulatedMachine machine : cluster.machines().values()) {
      reader.readAll(machine);
    }
    for (var image : cluster.model().images().entrySet()) {
      for (long id : image.getValue().committed.keySet()) {
        CheckpointKey key = CheckpointKey.of(image.getKey(), id);
        TreeSet<String> whole = new TreeSet<>();
        for (SimulatedMachine machine : cluster.machines().values()) {
          if (machine.isHereItself(key)) {
            whole.add(machine.name());
          }
        }
        require(!whole.isEmpty(), "%s is on no machine any more", key);
      }
    }
  }
}
