package io.hydrant.testkit.simulation.cluster;

import io.hydrant.testkit.simulation.cluster.SimulatedNetwork.Plane;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** What goes wrong, and when it is put right again. */
final class ClusterFaults {
  private final Cluster cluster;
  private final SplittableRandom random;

  ClusterFaults(Cluster cluster, SplittableRandom random) {
    this.cluster = cluster;
    this.random = random;
  }

  /** Perhaps something goes wrong, or is put right. */
  void maybe(List<SimulatedProtector> protectors, SimulatedOperator operator) {
    for (SimulatedMachine machine : List.copyOf(cluster.machines().values())) {
      if (!machine.isUp() && random.nextInt(40) == 0) {
        start(machine);
      } else if (machine.isPaused() && random.nextInt(80) == 0) {
        machine.setPaused(false);
      }
    }
    if (random.nextInt(100) == 0) {
      cluster.network().healOne();
      SimulatedMachine roomy = cluster.anyMachine();
      if (roomy.isUp()) {
        roomy.media().setDiskFull(false);
      }
    }
    if (random.nextInt(200) > 0) {
      return;
    }
    SimulatedMachine machine = cluster.anyMachine();
    switch (random.nextInt(30)) {
      case 0, 1, 2, 3 -> changeLeader(machine);
      case 4 -> kill(machine);
      case 5 -> powerCut(machine);
      case 6, 7 -> crashAtCall(machine);
      case 8 -> machine.media().failSync(random.nextInt(4));
      case 9, 10 -> pause(machine);
      case 11, 12, 13 -> cut();
      case 14, 15, 16 -> cluster.network().healOne();
      case 17 -> breakStream();
      case 18 -> protectors.get(random.nextInt(protectors.size())).hangUp();
      case 19 -> protectors.get(random.nextInt(protectors.size())).takeOver();
      case 20 -> full(machine);
      case 21 -> clock(machine);
      case 22 -> powerCutOfAll();
      case 24, 25, 26 -> depose();
      case 27 -> operator.loseDisk();
      case 28, 29 -> purge();
      default -> killThenCut(machine);
    }
  }

  private void changeLeader(SimulatedMachine machine) {
    if (machine.isRunning()
        && !cluster.raft().isLeading(machine.name())
        && cluster.raft().campaign(machine.name())) {
      cluster.coverage().count(Schedule.LEADER_CHANGE);
      cluster.machines().values().stream()
          .filter(one -> one.isUp() && one.leads())
          .forEach(old -> old.leader().countPhases());
    }
  }

  /** Another one leads, and the one before does not hear of it. */
  private void depose() {
    Optional<SimulatedMachine> old = cluster.leader();
    if (old.isEmpty()) {
      return;
    }
    String name = old.get().name();
    List<String> others =
        cluster.machines().keySet().stream().filter(other -> !other.equals(name)).toList();
    for (String other : others) {
      cluster.network().cut(Plane.RAFT, name, other);
      cluster.network().cut(Plane.RAFT, other, name);
    }
    cluster.coverage().count(Schedule.RAFT_CUT);
    changeLeader(cluster.machine(others.get(random.nextInt(others.size()))));
  }

  /** Leaders give up what they need not any more, whoever else may need it. */
  private void purge() {
    for (SimulatedMachine machine : cluster.machines().values()) {
      if (machine.isRunning()) {
        machine.purge();
      }
    }
  }

  private void kill(SimulatedMachine machine) {
    if (machine.isUp()) {
      cluster.coverage().count(Schedule.KILL);
      machine.die(false);
    }
  }

  private void powerCut(SimulatedMachine machine) {
    if (machine.isUp()) {
      cluster.coverage().count(Schedule.POWER_CUT);
      machine.die(true);
    }
  }

  private void killThenCut(SimulatedMachine machine) {
    if (machine.isUp()) {
      kill(machine);
      start(machine);
      powerCut(machine);
    }
  }

  private void powerCutOfAll() {
    cluster.coverage().count(Schedule.POWER_CUT_OF_ALL);
    cluster
        .machines()
        .values()
        .forEach(machine -> {
          if (machine.isUp()) {
            machine.die(true);
          }
        });
  }

  private void crashAtCall(SimulatedMachine machine) {
    if (machine.isUp()) {
      machine.media().armAfter(random.nextInt(40));
    }
  }

  private void pause(SimulatedMachine machine) {
    if (machine.isRunning()) {
      cluster.coverage().count(Schedule.PAUSED);
      machine.setPaused(true);
    }
  }

  private void cut() {
    List<String> names = List.copyOf(cluster.machines().keySet());
    String from = names.get(random.nextInt(names.size()));
    Plane plane = Plane.values()[random.nextInt(Plane.values().length)];
    String to =
        plane == Plane.CLIENT
            ? List.of("p1", "p2", "q1", "r1", "r2").get(random.nextInt(5))
            : names.get(random.nextInt(names.size()));
    boolean oneWay = random.nextInt(3) == 0;
    cluster.network().cut(plane, from, to);
    if (oneWay) {
      cluster.coverage().count(Schedule.ONE_WAY_CUT);
    } else {
      cluster.network().cut(plane, to, from);
    }
    cluster
        .coverage()
        .count(
            switch (plane) {
              case RAFT -> Schedule.RAFT_CUT;
              case DATA -> Schedule.DATA_CUT;
              case CLIENT -> Schedule.CLIENT_CUT;
            });
  }

  private void breakStream() {
    for (SimulatedMachine machine : cluster.machines().values()) {
      if (machine.isUp() && machine.leads()) {
        List<PeerConnection> peers = machine.leader().peers();
        peers.get(random.nextInt(peers.size())).breakStream();
      }
    }
  }

  private void full(SimulatedMachine machine) {
    if (machine.isUp()) {
      cluster.coverage().count(Schedule.DISK_FULL);
      machine.media().setDiskFull(true);
    }
  }

  private void clock(SimulatedMachine machine) {
    if (random.nextBoolean()) {
      cluster.coverage().count(Schedule.CLOCK_JUMP);
      machine.clock().jump(cluster.nanos(), random.nextLong(-100_000, 100_000));
    } else {
      cluster.coverage().count(Schedule.CLOCK_RATE);
      machine.clock().setRate(cluster.nanos(), random.nextInt(3));
    }
  }

  /** Starts a machine, which may crash on the way, again and again. */
  void start(SimulatedMachine machine) {
    if (cluster.isTroubled() && random.nextInt(8) == 0) {
      machine.media().armAfter(random.nextInt(60));
    }
    try {
      machine.start();
    } catch (RuntimeException | Error | IOException e) {
      if (!machine.media().isSimulatedCrash(e)) {
        throw new IllegalStateException(machine.name() + " does not start: " + e.getMessage(), e);
      }
      cluster.coverage().count(Schedule.CRASH_WHILE_STARTING);
      machine.die(random.nextBoolean());
    }
  }

  /** Everything works again. */
  void healAll() {
    cluster.network().heal();
    for (SimulatedMachine machine : cluster.machines().values()) {
      machine.setPaused(false);
      machine.media().disarm();
      machine.media().setDiskFull(false);
      machine.media().failSync(Integer.MAX_VALUE);
      while (!machine.isUp()) {
        start(machine);
      }
      machine.media().disarm();
    }
  }
}
