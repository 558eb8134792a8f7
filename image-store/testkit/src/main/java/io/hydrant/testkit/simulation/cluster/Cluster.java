package io.hydrant.testkit.simulation.cluster;

import io.hydrant.engine.catalog.Entry;
import io.hydrant.testkit.raft.RaftMembers;
import io.hydrant.testkit.raft.SimulatedRaft;
import io.hydrant.testkit.simulation.cluster.SimulatedNetwork.Plane;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Everything of one simulated cluster that its parts share. */
final class Cluster {
  private final SplittableRandom random;
  private final ClusterRules rules;
  private final Coverage coverage = new Coverage();
  private final ClusterModel model = new ClusterModel();
  private final SimulatedNetwork network;
  private final SimulatedRaft<Entry> raft;
  private final TreeMap<String, SimulatedMachine> machines = new TreeMap<>();
  private long nanos = 1_000_000_000L;
  private boolean troubled;
  private @Nullable Throwable failure;

  Cluster(long seed, ClusterRules rules) {
    this.random = new SplittableRandom(seed);
    this.rules = rules;
    this.network = new SimulatedNetwork(random.split());
    this.raft = new SimulatedRaft<>((from, to) -> reaches(Plane.RAFT, from, to));
  }

  /** A group of machines that have nothing yet. */
  void found(List<String> names) {
    RaftMembers members = RaftMembers.of(new TreeSet<>(names));
    for (String name : names) {
      add(name, members);
    }
  }

  SimulatedMachine add(String name, RaftMembers members) {
    SimulatedMachine machine = new SimulatedMachine(name, this, random.split());
    machines.put(name, machine);
    raft.add(name, members);
    return machine;
  }

  /** It never comes back. */
  void remove(String name) {
    machines.remove(name);
    raft.remove(name);
  }

  /** Whether what one machine sends reaches another that runs. */
  boolean reaches(Plane plane, String from, String to) {
    SimulatedMachine sender = machines.get(from);
    SimulatedMachine receiver = machines.get(to);
    return sender != null
        && receiver != null
        && sender.isRunning()
        && receiver.isRunning()
        && network.isOpen(plane, from, to);
  }

  boolean reachBothWays(Plane plane, String one, String other) {
    return reaches(plane, one, other) && reaches(plane, other, one);
  }

  RandomGenerator random() {
    return random;
  }

  ClusterRules rules() {
    return rules;
  }

  Coverage coverage() {
    return coverage;
  }

  ClusterModel model() {
    return model;
  }

  SimulatedNetwork network() {
    return network;
  }

  SimulatedRaft<Entry> raft() {
    return raft;
  }

  TreeMap<String, SimulatedMachine> machines() {
    return machines;
  }

  SimulatedMachine machine(String name) {
    SimulatedMachine machine = machines.get(name);
    if (machine == null) {
      throw new IllegalArgumentException("no machine " + name);
    }
    return machine;
  }

  SimulatedMachine anyMachine() {
    List<SimulatedMachine> all = List.copyOf(machines.values());
    return all.get(random.nextInt(all.size()));
  }

  /** A machine that serves as the leader; the one of the newest term. */
  Optional<SimulatedMachine> leader() {
    return machines.values().stream()
        .filter(machine -> machine.isRunning() && machine.leads())
        .max(java.util.Comparator.comparingLong(machine -> raft.term(machine.name())));
  }

  /** Whether another node leads in a newer term. */
  boolean isDeposed(String name) {
    return machines.keySet().stream()
        .anyMatch(other -> raft.isLeading(other) && raft.term(other) > raft.term(name));
  }

  /** Whether another node knows a newer term: there may have been a leader since. */
  boolean isOutvoted(String name) {
    return machines.keySet().stream().anyMatch(other -> raft.term(other) > raft.term(name));
  }

  long nanos() {
    return nanos;
  }

  void pass(long moreNanos) {
    nanos += moreNanos;
  }

  /** Whether things go wrong now. */
  boolean isTroubled() {
    return troubled;
  }

  void setTroubled(boolean now) {
    troubled = now;
  }

  /** Something went wrong where nobody hears an exception. */
  void fail(Throwable cause) {
    if (failure == null) {
      failure = cause;
    }
  }

  void requireNoFailure() {
    Throwable cause = failure;
    if (cause != null) {
      throw new IllegalStateException("in the background: " + cause.getMessage(), cause);
    }
  }
}
