package io.hydrant.testkit.simulation;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.index.IndexKeys;
import io.hydrant.engine.index.PageIndex;
import io.hydrant.testkit.files.CarelessFiles;
import io.hydrant.testkit.files.CarelessFiles.Neglect;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Planted bugs: if the simulation does not find them, it would not find ours. */
class CanaryTest {
  private static final int SEEDS_MAX = 60;

  @Test
  void aSyncThatLiesIsFound() {
    assertFound(
        new SimulationRun.World(
            files -> new CarelessFiles(files, Neglect.DATA),
            UnaryOperator.identity(),
            UnaryOperator.identity()));
  }

  /** PROTOCOL R12: without a new random life, an old tail of a recycled segment looks valid. */
  @Test
  void aLifeThatIsNotRandomIsFound() {
    RandomGenerator sameLife = () -> 42L;
    assertFound(
        new SimulationRun.World(UnaryOperator.identity(), UnaryOperator.identity(), _ -> sameLife));
  }

  /** PROTOCOL R9: staged records from before the scan start must outlive a restart. */
  @Test
  void stagedRecordsThatDieWithTheProcessAreFound() {
    assertFound(
        new SimulationRun.World(
            UnaryOperator.identity(), ForgetfulIndex::new, UnaryOperator.identity()));
  }

  private static void assertFound(SimulationRun.World world) {
    boolean found = false;
    for (int seed = 0; seed < SEEDS_MAX && !found; seed++) {
      try {
        new SimulationRun(seed, world).run(1_000, 3, "canary");
      } catch (AssertionError e) {
        found = true;
      }
    }
    assertTrue(found, "the planted bug was not found in " + SEEDS_MAX + " seeds");
  }

  /** An index that forgets what was staged. */
  private record ForgetfulIndex(PageIndex index) implements PageIndex {
    @Override
    public byte @Nullable [] get(byte[] key) throws IOException {
      return Arrays.equals(key, IndexKeys.state("staged")) ? null : index.get(key);
    }

    @Override
    public void scan(byte[] prefix, Visitor visitor) throws IOException {
      index.scan(prefix, visitor);
    }

    @Override
    public void flush(List<Change> changes) throws IOException {
      index.flush(changes);
    }

    @Override
    public void close() throws IOException {
      index.close();
    }
  }
}
