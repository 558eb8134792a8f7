package io.hydrant.testkit.simulation.cluster;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * PROTOCOL's canaries: a rule that is not kept is found, and by the same seed nothing where it is.
 */
class ClusterCanaryTest {
  private static final int SEEDS_MAX = 60;

  @ParameterizedTest
  @EnumSource
  void aRuleThatIsNotKeptIsFound(BrokenRules rule) {
    long seed = 0;
    while (seed < SEEDS_MAX && !isFound(seed, rule)) {
      seed++;
    }
    assertTrue(seed < SEEDS_MAX, rule + " was not found in " + SEEDS_MAX + " seeds");
    ClusterSimulationTest.run(seed, ClusterRules.SOUND);
  }

  private static boolean isFound(long seed, ClusterRules rules) {
    try {
      new ClusterSimulation(seed, rules).run(ClusterSimulationTest.STEPS);
      return false;
    } catch (Exception | Error e) {
      System.out.printf("%s: seed %d: %s%n", rules, seed, e.getMessage());
      return true;
    }
  }
}
