package io.hydrant.testkit.simulation.cluster;

import io.hydrant.engine.catalog.CatalogRules;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.index.PageIndex;
import io.hydrant.engine.repair.RepairSource;
import io.hydrant.engine.replica.ReplacementRule;
import io.hydrant.engine.replica.Statement;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Where a simulation can be given a cluster that breaks a rule of PROTOCOL: parts of the product
 * are wrapped, or given another object to ask. As it stands here, nothing is broken.
 */
public interface ClusterRules {
  ClusterRules SOUND = new ClusterRules() {};

  /** R3, R4: what is checked at apply. */
  default CatalogRules catalog() {
    return CatalogRules.PROTOCOL;
  }

  /**
   * R7: what the leader hears of a checkpoint.
   *
   * @param available frames below it were sent
   * @param claimed what its end claims; null before its end
   */
  default Statement heard(Statement statement, long available, Command.@Nullable Content claimed) {
    return statement;
  }

  /** R9, R10, R14: what a node's index keeps. */
  default PageIndex index(PageIndex index) {
    return index;
  }

  /** R10, R16: what a machine that repairs itself hears of another. */
  default RepairSource source(RepairSource source) {
    return source;
  }

  /** R17: when a joiner may vote. */
  default ReplacementRule replacement() {
    return ReplacementRule.PAGES;
  }

  /** R12: the random numbers of segment lives. */
  default RandomGenerator lives(RandomGenerator lives) {
    return lives;
  }
}
