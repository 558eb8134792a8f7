package io.hydrant.testkit.simulation;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Seeded simulations: {@code -Dhydrant.seeds=2000} runs more of them, {@code -Dhydrant.seed=7} only
 * one.
 *
 * <p>A seed is 1,000 operations with at least 3 crashes.
 */
class StoreSimulationTest {
  private static final int OPERATIONS = 1_000;
  private static final int CRASHES_MIN = 3;

  @Test
  void everySeedEndsAsTheModelSays() {
    long[] progress = new long[5];
    long began = System.nanoTime();
    seeds()
        .forEach(seed -> {
          SimulationRun run = new SimulationRun(seed, SimulationRun.World.SOUND);
          run.run(OPERATIONS, CRASHES_MIN, repeat(seed));
          progress[0]++;
          progress[1] += run.simulation().crashes();
          progress[2] += run.simulation().commits();
          progress[3] += run.simulation().cleanings();
          progress[4] += run.simulation().consolidations();
        });
    System.out.printf(
        "%d seeds of %d operations: %d crashes, %d commits, %d segments cleaned, %d tracts consolidated, %.1f s%n",
        progress[0],
        OPERATIONS,
        progress[1],
        progress[2],
        progress[3],
        progress[4],
        (System.nanoTime() - began) / 1e9);
    assertTrue(progress[3] > progress[0], "the script cleans too little to show anything");
    assertTrue(progress[4] > progress[0], "the script consolidates too little");
    assertTrue(progress[2] > 10 * progress[0], "the script commits too little to show anything");
  }

  static LongStream seeds() {
    Long one = Long.getLong("hydrant.seed");
    return one != null
        ? LongStream.of(one)
        : LongStream.range(0, Long.getLong("hydrant.seeds", 200));
  }

  static String repeat(long seed) {
    return "mvn -B -pl image-store/testkit -am test -Dtest=StoreSimulationTest"
        + " -Dsurefire.failIfNoSpecifiedTests=false -Dhydrant.seed="
        + seed;
  }
}
