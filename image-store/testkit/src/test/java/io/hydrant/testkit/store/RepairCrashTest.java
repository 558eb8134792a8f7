package io.hydrant.testkit.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.repair.RepairStep.Outcome;
import io.hydrant.testkit.files.SimulatedCrash;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The crash sweep of a repair: crashed after its first I/O call, after its second and so on to its
 * last. Afterwards it goes on, and ends with everything that the other replica has.
 */
class RepairCrashTest {
  @Test
  void crashAfterEveryCall() throws Exception {
    int calls = 0;
    while (crashAfter(calls, calls % 3 > 0)) {
      calls++;
    }
    assertTrue(calls > 20, "too few I/O calls to show anything: " + calls);
  }

  /** Returns false if the script ended before its crash. */
  private static boolean crashAfter(int calls, boolean powerCut) throws Exception {
    RepairPair pair = new RepairPair();
    CheckpointKey first = pair.full(1, true);
    pair.checkpoint(false, false, script -> script.raw(7, 3, 9).slim(5, 80));
    pair.checkpoint(false, true, script -> script.raw(8, 2_050, 2_051));
    pair.checkpoint(false, false, script -> script.raw(9, 4, 4).raw(9, 4_096, 4_099));
    pair.target.runBackground();
    pair.target.snapshot();
    boolean crashed = false;
    pair.target.media().armAfter(calls);
    try {
      script(pair, first);
    } catch (Throwable e) {
      if (!pair.target.media().isSimulatedCrash(e) && !SimulatedCrash.isCauseOf(e)) {
        throw new AssertionError("crash after %d calls, %s".formatted(calls, powerCut), e);
      }
      crashed = true;
    }
    crashed |= pair.target.media().hasCrashed();
    pair.target.media().disarm();
    pair.target.replica().stop();
    pair.target.media().recover(powerCut);
    pair.target.replica().start();
    try {
      check(pair, first);
    } catch (Exception | AssertionError e) {
      throw new AssertionError("crash after %d calls, %s".formatted(calls, powerCut), e);
    }
    return crashed;
  }

  private static void script(RepairPair pair, CheckpointKey first) throws Exception {
    pair.step();
    pair.target.snapshot();
    pair.step();
    pair.retire(first);
    pair.run(Outcome.DONE);
    pair.target.snapshot();
    pair.target.runBackground();
  }

  private static void check(RepairPair pair, CheckpointKey first) throws Exception {
    pair.newStep();
    CheckpointId id = first.checkpoint();
    boolean retired =
        !pair.source
            .store()
            .catalog()
            .image(first.image())
            .orElseThrow()
            .committed()
            .containsKey(id);
    if (retired && pair.image().committed().containsKey(id)) {
      pair.target.submit(new Command.Retire(first.image(), List.of(id)));
    }
    pair.run(Outcome.DONE);
    pair.assertEqual();
    pair.target.runBackground();
    pair.target.snapshot();
    pair.target.powerCut();
    pair.assertEqual();
    assertEquals(pair.target.store().applied().index(), pair.target.store().holdMark());
  }
}
