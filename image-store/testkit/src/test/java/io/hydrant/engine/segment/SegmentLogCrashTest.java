package io.hydrant.engine.segment;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.files.StoreFiles;
import io.hydrant.testkit.files.CarelessFiles;
import io.hydrant.testkit.files.CarelessFiles.Neglect;
import io.hydrant.testkit.files.SimulatedCrash;
import io.hydrant.testkit.files.SimulatedDisk;
import java.io.IOException;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * Crash after every I/O call of a small workload, and at random in long ones; after each recovery
 * the log holds every durable record, in order, bit exact, once, and nothing that was not appended
 * ({@link LogScript}).
 *
 * <p>Repeat a failure with {@code mvn -pl image-store/testkit -am test -Dtest=SegmentLogCrashTest
 * -Dsurefire.failIfNoSpecifiedTests=false -Dhydrant.seed=N}.
 */
final class SegmentLogCrashTest {
  private static final String DIRECTORY = "segments";

  /** Wraps the files that the log sees. */
  private UnaryOperator<StoreFiles> wrapper = UnaryOperator.identity();

  private static final long SEEDS = Long.getLong("hydrant.seeds", 60);

  @Test
  void everyCallOfASmallWorkload() {
    boolean finished = false;
    for (int calls = 0; !finished; calls++) {
      finished = crashAt(calls, 11);
    }
  }

  /**
   * Runs a script of one life that dies after some calls, then two more lives; true if it did not
   * die.
   */
  private boolean crashAt(int calls, long seed) {
    String where = "crash after %d calls, seed %d".formatted(calls, seed);
    return explained(
        where,
        () -> {
          SimulatedDisk disk = new SimulatedDisk();
          Random chance = new Random(seed * 1_000_003 + calls);
          LogScript script = new LogScript(LogScript.SMALL, new Random(seed));
          disk.crashAfter(calls);
          boolean died =
              dies(() -> {
                script.open(wrapper.apply(disk.files(DIRECTORY)));
                script.run(170);
                script.log().close();
              });
          recover(disk, script, chance);
          dies(() -> script.run(15));
          recover(disk, script, chance);
          return !died;
        });
  }

  @Test
  void randomLivesThatDieAtRandomAlsoInRecovery() {
    Long only = Long.getLong("hydrant.seed");
    for (long seed = only == null ? 1 : only; seed <= (only == null ? SEEDS : only); seed++) {
      randomLives(seed);
    }
  }

  private void randomLives(long seed) {
    boolean ignored =
        explained(
            "-Dhydrant.seed=" + seed,
            () -> {
              SimulatedDisk disk = new SimulatedDisk();
              Random chance = new Random(~seed);
              LogScript script = new LogScript(LogScript.SMALL, new Random(seed));
              recover(disk, script, chance);
              for (int life = 0; life < 8; life++) {
                if (chance.nextInt(4) > 0) {
                  disk.crashAfter(chance.nextInt(150));
                }
                dies(() -> script.run(60));
                recover(disk, script, chance);
              }
              return true;
            });
  }

  /** Restarts until a recovery gets through. */
  private void recover(SimulatedDisk disk, LogScript script, Random chance) throws IOException {
    boolean recovered = false;
    for (int attempt = 0; !recovered; attempt++) {
      if (chance.nextInt(3) > 0) {
        disk.crash(chance);
      } else {
        disk.processKill();
      }
      if (attempt < 3 && chance.nextBoolean()) {
        disk.crashAfter(chance.nextInt(30));
      }
      recovered = !dies(() -> script.open(wrapper.apply(disk.files(DIRECTORY))));
    }
    disk.disarm();
  }

  private interface Steps {
    void run() throws IOException;
  }

  private interface Check {
    boolean run() throws IOException;
  }

  /** True if the steps died of a simulated crash. */
  private static boolean dies(Steps steps) throws IOException {
    try {
      steps.run();
      return false;
    } catch (IOException | RuntimeException | Error thrown) {
      if (!SimulatedCrash.isCauseOf(thrown)) {
        throw thrown;
      }
      return true;
    }
  }

  private static boolean explained(String where, Check check) {
    try {
      return check.run();
    } catch (IOException | RuntimeException | Error failed) {
      throw new AssertionError(where, failed);
    }
  }

  @Test
  void canaryALogOnFilesThatDoNotSyncIsCaught() {
    wrapper = files -> new CarelessFiles(files, Neglect.DATA);
    assertThrows(AssertionError.class, this::manyRandomLives);
  }

  @Test
  void canaryALogOnDirectoriesThatDoNotSyncIsCaught() {
    wrapper = files -> new CarelessFiles(files, Neglect.DIRECTORIES);
    assertThrows(AssertionError.class, this::manyRandomLives);
  }

  private void manyRandomLives() {
    for (long seed = 1; seed <= 30; seed++) {
      randomLives(seed);
    }
  }

  @Test
  void theSweepReachesRollsAndRecycling() throws IOException {
    SimulatedDisk disk = new SimulatedDisk();
    LogScript script = new LogScript(LogScript.SMALL, new Random(11));
    script.open(disk.files(DIRECTORY));
    script.run(170);
    int last = script.log().segments().getLast().segment();
    assertTrue(last >= 3, () -> "only " + last + " segments");
    assertTrue(disk.files(DIRECTORY).list().size() < last, "no segment was released");
  }
}
