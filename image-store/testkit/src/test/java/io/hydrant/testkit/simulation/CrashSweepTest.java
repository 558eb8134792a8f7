package io.hydrant.testkit.simulation;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/**
 * The crash sweep: a small script, crashed after its first I/O call, after its second and so on to
 * its last; after each, recovery and a comparison with the model. Unsynced writes are lost, torn
 * and reordered.
 */
class CrashSweepTest {
  private static final int OPERATIONS = 150;
  private static final int SCRIPTS = Integer.getInteger("hydrant.sweep.scripts", 4);

  @Test
  void crashAfterEveryCall() {
    long crashPoints = 0;
    long began = System.nanoTime();
    for (int script = 0; script < SCRIPTS; script++) {
      int calls = 0;
      while (crashAfter(script, calls)) {
        calls++;
      }
      crashPoints += calls;
    }
    System.out.printf(
        "crash sweep: %d scripts, %d crash points, %.1f s%n",
        SCRIPTS, crashPoints, (System.nanoTime() - began) / 1e9);
    assertTrue(crashPoints > 100 * SCRIPTS, "too few I/O calls to show anything: " + crashPoints);
  }

  /** Returns false if the script ended before its crash. */
  private static boolean crashAfter(int script, int calls) {
    SimulationRun run = new SimulationRun(script, SimulationRun.World.SOUND);
    run.simulation().withoutTroubles();
    run.media().armAfter(calls);
    run.run(
        OPERATIONS,
        0,
        "mvn -B -pl image-store/testkit -am test -Dtest=CrashSweepTest (script "
            + script
            + ", call "
            + calls
            + ")");
    return run.simulation().firstCrashFired();
  }
}
