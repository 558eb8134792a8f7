package io.hydrant.testkit.simulation;

import io.hydrant.engine.files.StoreFiles;
import io.hydrant.engine.index.PageIndex;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;

/** One simulation from one seed, perhaps with a part of the store's world swapped for a bad one. */
final class SimulationRun {
  /** What a planted bug changes. */
  record World(
      UnaryOperator<StoreFiles> segments,
      UnaryOperator<PageIndex> index,
      UnaryOperator<RandomGenerator> lives) {
    static final World SOUND =
        new World(UnaryOperator.identity(), UnaryOperator.identity(), UnaryOperator.identity());
  }

  private final SimulatedMedia media;
  private final StoreSimulation simulation;

  SimulationRun(long seed, World world) {
    SplittableRandom root = new SplittableRandom(seed);
    media = new SimulatedMedia(root.split());
    SimulatedReplica replica =
        new SimulatedReplica(
            SimulatedReplica.SMALL,
            new SimulatedReplica.Media() {
              @Override
              public StoreFiles segments() {
                return world.segments().apply(media.segments());
              }

              @Override
              public StoreFiles catalogs() {
                return media.catalogs();
              }

              @Override
              public PageIndex index() {
                return world.index().apply(media.index());
              }
            },
            root.split(),
            world.lives().apply(root.split()));
    simulation = new StoreSimulation(root.split(), replica, media);
  }

  SimulatedMedia media() {
    return media;
  }

  StoreSimulation simulation() {
    return simulation;
  }

  /** Runs, and says how to repeat what went wrong. */
  void run(int operations, int crashesMin, String repeat) {
    try {
      simulation.run(operations, crashesMin);
    } catch (Exception | Error e) {
      throw new AssertionError("repeat with: " + repeat, e);
    }
    if (simulation.crashes() < crashesMin) {
      throw new AssertionError(
          "only %d of %d crashes; repeat with: %s"
              .formatted(simulation.crashes(), crashesMin, repeat));
    }
  }
}
