package io.hydrant.testkit.simulation.cluster;

import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.repair.LocalRepairSource;
import io.hydrant.engine.repair.RepairPlan;
import io.hydrant.engine.repair.RepairRefusal;
import io.hydrant.engine.repair.RepairSource;
import io.hydrant.engine.repair.RepairStep;
import io.hydrant.engine.repair.RepairedTract;
import io.hydrant.engine.repair.SlimState;
import io.hydrant.engine.repair.TractList;
import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.replica.Lacking;
import io.hydrant.engine.replica.RepairProgress;
import io.hydrant.engine.store.TractSet;
import io.hydrant.testkit.simulation.cluster.SimulatedNetwork.Plane;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;

/**
 * How a machine fetches what it lacks: the product's own steps over the simulated network. While it
 * waits for a source, the machine goes on with everything else.
 */
final class SimulatedRepair implements RepairStep.Surroundings {
  private static final int BROKEN_LINK = 40;

  private final SimulatedMachine machine;
  private final Cluster cluster;
  private final SplittableRandom random;
  private final RepairStep step;

  SimulatedRepair(SimulatedMachine machine, SplittableRandom random) {
    this.machine = machine;
    this.cluster = machine.cluster();
    this.random = random;
    this.step = new RepairStep(machine.store(), this, this::isDue);
  }

  /** One step. Returns whether it did something. */
  boolean step() throws IOException {
    if (machine.store().missing().lacks().isEmpty()) {
      return false;
    }
    try {
      boolean worked = step.step().outcome() == RepairStep.Outcome.WORKED;
      if (worked) {
        cluster.coverage().count(Schedule.REPAIR_STEP);
      }
      return worked;
    } catch (DiskFullException _) {
      return false; // There is no room for what was fetched: later.
    }
  }

  /** What may be on its way from the leader is left to it, mostly. */
  private boolean isDue(CheckpointKey key) {
    return !cluster.isTroubled() || random.nextInt(3) == 0;
  }

  @Override
  public List<RepairSource> sources(CheckpointKey asOf, RepairPlan.Urgency urgency) {
    List<RepairSource> sources = new ArrayList<>();
    for (SimulatedMachine other : cluster.machines().values()) {
      if (other != machine && cluster.reachBothWays(Plane.DATA, machine.name(), other.name())) {
        sources.add(cluster.rules().source(new Source(other)));
      }
    }
    Collections.shuffle(sources, new Random(random.nextLong()));
    return sources;
  }

  @Override
  public Collection<InventoryView> others() {
    return cluster.machines().values().stream()
        .filter(other -> other != machine && other.isRunning())
        .map(SimulatedRepair::inventory)
        .toList();
  }

  /** What a machine says of itself. */
  static InventoryView inventory(SimulatedMachine machine) {
    return new InventoryView(
        machine.self(),
        machine.store().applied().index(),
        machine.store().holdMark(),
        Lacking.of(machine.store().missing().lacks(), machine.store().catalog()),
        machine.clock().millis(machine.cluster().nanos()),
        new InventoryView.Space(0, false),
        RepairProgress.NONE);
  }

  /** Another machine, over the network. */
  private final class Source implements RepairSource {
    private final SimulatedMachine other;

    Source(SimulatedMachine other) {
      this.other = other;
    }

    @Override
    public String node() {
      return other.name();
    }

    private LocalRepairSource reached() throws IOException {
      meanwhile();
      if (!cluster.reachBothWays(Plane.DATA, machine.name(), other.name())
          || cluster.isTroubled() && random.nextInt(BROKEN_LINK) == 0) {
        throw new IOException("the link to " + other.name() + " broke");
      }
      return new LocalRepairSource(other.name(), other.store());
    }

    @Override
    public TractList list(CheckpointKey asOf, TractSet only) throws RepairRefusal, IOException {
      return reached().list(asOf, only);
    }

    @Override
    public RepairedTract tract(CheckpointKey asOf, int region, int tract, BitSet have)
        throws RepairRefusal, IOException {
      RepairedTract answer = reached().tract(asOf, region, tract, have);
      meanwhile();
      return answer;
    }

    @Override
    public RepairedTract part(CheckpointKey asOf, int region, int tract, BitSet have)
        throws RepairRefusal, IOException {
      RepairedTract answer = reached().part(asOf, region, tract, have);
      if (!answer.holes().isNone()) {
        cluster.coverage().count(Schedule.REPAIR_FROM_A_PART);
      }
      meanwhile();
      return answer;
    }

    @Override
    public SlimState slim(CheckpointKey asOf) throws RepairRefusal, IOException {
      return reached().slim(asOf);
    }
  }

  /** Until the answer is there, entries are applied and background work is done. */
  private void meanwhile() {
    if (!cluster.isTroubled() || random.nextInt(3) > 0) {
      return;
    }
    long commits = cluster.model().commits();
    SimulationStep.on(
        machine,
        () -> {
          if (random.nextBoolean()) {
            machine.applyOne();
          } else {
            machine.runBackground();
          }
        });
    if (cluster.model().commits() > commits) {
      cluster.coverage().count(Schedule.REPAIR_BESIDE_COMMIT);
    }
  }
}
