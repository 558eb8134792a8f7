package io.hydrant.testkit.simulation.cluster;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.EnumSet;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Seeded simulations of a cluster: {@code -Dhydrant.seeds=5000} runs more of them, {@code
 * -Dhydrant.seed=7} only one.
 */
class ClusterSimulationTest {
  /** Each schedule at least so often, in so many seeds. */
  private static final int COUNT_MIN = 20;

  private static final int SEEDS_OF_COUNT = 200;

  /** Not generated yet. */
  private static final Set<Schedule> LATER =
      EnumSet.of(Schedule.ROT, Schedule.DELETE, Schedule.REPAIR_BESIDE_COMMIT);

  static final int STEPS = Integer.getInteger("hydrant.cluster.steps", 4_000);

  @Test
  void everySeedEndsAsTheModelSays() {
    Coverage coverage = new Coverage();
    long[] progress = new long[3];
    long began = System.nanoTime();
    seeds()
        .forEach(seed -> {
          ClusterSimulation simulation = run(seed, ClusterRules.SOUND);
          coverage.add(simulation.coverage());
          progress[0]++;
          progress[1] += simulation.commits();
          progress[2] += simulation.elections();
        });
    System.out.printf(
        "%d clusters of %d steps: %d commits, %d leaders, %.1f s%n%s",
        progress[0], STEPS, progress[1], progress[2], (System.nanoTime() - began) / 1e9, coverage);
    assertTrue(progress[1] > 5 * progress[0], "too little is committed to show anything");
    if (progress[0] >= SEEDS_OF_COUNT) {
      for (Schedule schedule : Schedule.values()) {
        assertTrue(
            LATER.contains(schedule) || coverage.of(schedule) >= COUNT_MIN,
            schedule + " was generated " + coverage.of(schedule) + " times only");
      }
    }
  }

  static ClusterSimulation run(long seed, ClusterRules rules) {
    ClusterSimulation simulation = new ClusterSimulation(seed, rules);
    try {
      simulation.run(STEPS);
    } catch (Exception | Error e) {
      throw new AssertionError("repeat with: " + repeat(seed), e);
    }
    return simulation;
  }

  private static LongStream seeds() {
    Long one = Long.getLong("hydrant.seed");
    return one != null
        ? LongStream.of(one)
        : LongStream.range(0, Long.getLong("hydrant.seeds", 200));
  }

  private static String repeat(long seed) {
    return "mvn -B -pl image-store/testkit -am test -Dtest=ClusterSimulationTest"
        + " -Dsurefire.failIfNoSpecifiedTests=false -Dhydrant.seed="
        + seed;
  }
}
