package io.hydrant.engine.catalog;

import static io.hydrant.engine.catalog.CatalogScript.content;
import static io.hydrant.engine.catalog.CatalogScript.cp;
import static io.hydrant.engine.catalog.CatalogScript.digest;
import static io.hydrant.engine.catalog.CatalogScript.request;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hydrant.engine.catalog.ImageState.Fate;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.Line;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class OwnerCommandsTest {
  private final CatalogScript script = new CatalogScript();

  @Test
  void eachTakeOverGetsANewEpoch() {
    ImageId vm = script.create("vm");
    assertEquals(
        new Outcome.Acquired(new Epoch(1), Optional.empty(), Optional.empty(), Optional.empty()),
        script.acquire(vm, 1));
    CheckpointId one = script.full(vm);
    assertEquals(
        new Outcome.Acquired(
            new Epoch(2), Optional.of(one), Optional.of(digest(1)), Optional.empty()),
        script.acquire(vm, 2));
  }

  @Test
  void comparesTheEpochThatTheCallerSaw() {
    ImageId vm = script.create("vm");
    script.acquire(new Command.Acquire(vm, Optional.of(Epoch.NONE), request(1)));
    script.refused(
        Rejection.STALE_EPOCH, new Command.Acquire(vm, Optional.of(Epoch.NONE), request(2)));
    script.refused(
        Rejection.STALE_EPOCH, new Command.Acquire(vm, Optional.of(new Epoch(2)), request(2)));
    script.acquire(new Command.Acquire(vm, Optional.of(new Epoch(1)), request(2)));
    assertEquals(new Epoch(2), script.epoch(vm));
  }

  @Test
  void aRepeatByTheOwnerAbortsNothing() {
    ImageId vm = script.create("vm");
    Command.Acquire acquire = new Command.Acquire(vm, Optional.of(Epoch.NONE), request(1));
    script.acquire(acquire);
    script.full(vm);
    CheckpointId open = script.openOn(vm, cp(1));
    assertEquals(
        new Outcome.Acquired(
            new Epoch(1), Optional.of(cp(1)), Optional.of(digest(1)), Optional.empty()),
        script.acquire(acquire));
    assertEquals(List.of(), script.effects());
    assertEquals(Fate.OPEN, script.image(vm).fate(open));
  }

  @Test
  void aTokenOfAnEarlierOwnerIsANewAttempt() {
    ImageId vm = script.create("vm");
    script.acquire(vm, 1);
    script.acquire(vm, 2);
    assertEquals(new Epoch(3), script.acquire(vm, 1).epoch());
  }

  @Test
  void noTokenIsNeverARepeat() {
    ImageId vm = script.create("vm");
    Command.Acquire acquire = new Command.Acquire(vm, Optional.empty(), RequestId.NONE);
    script.acquire(acquire);
    assertEquals(new Epoch(2), script.acquire(acquire).epoch());
  }

  @Test
  void abortsAllThatIsOpenNewestFirst() {
    ImageId vm = script.owned("vm", 16);
    CheckpointId first = script.openFull(vm);
    CheckpointId second = script.openOn(vm, first);
    script.acquire(vm, 2);
    assertEquals(
        List.of(
            new Effect.DropStaged(new CheckpointKey(vm, second)),
            new Effect.DropStaged(new CheckpointKey(vm, first))),
        script.effects());
    assertEquals(Fate.ABORTED, script.image(vm).fate(first));
    script.refused(Rejection.ABORTED, script.commitOf(vm, first));
    assertEquals(cp(3), script.openFull(vm), "ids are not used again");
  }

  @Test
  void nothingOfAnOlderEpochBecomesVisible() {
    ImageId vm = script.owned("vm", 16);
    script.full(vm);
    CheckpointId old = script.openOn(vm, cp(1));
    Command commit = script.commitOf(vm, old);
    Command open = script.incrementalOpen(vm, cp(1));
    script.acquire(vm, 2);
    script.refused(Rejection.ABORTED, commit);
    script.refused(Rejection.STALE_EPOCH, open);
    assertEquals(Optional.of(cp(1)), script.image(vm).head());
  }

  @Test
  void aRepeatedCommitGetsItsFirstAnswerAfterATakeOver() {
    ImageId vm = script.owned("vm", 16);
    CheckpointId one = script.openFull(vm);
    Command commit = script.commitOf(vm, one);
    Outcome first = script.apply(commit);
    script.acquire(vm, 2);
    assertEquals(first, script.apply(commit));
    assertEquals(List.of(), script.effects());
  }

  @Test
  void aTakeOverFromAnOlderCheckpointForksTheLine() {
    ImageId vm = script.owned("vm", 16);
    script.full(vm);
    for (int i = 2; i <= 5; i++) {
      script.increment(vm);
    }
    assertEquals(Line.of(1, 5), script.image(vm).line(cp(5)));
    Outcome.Acquired acquired = script.acquireAt(vm, 2, cp(3));
    assertEquals(Optional.of(cp(3)), acquired.head());
    assertEquals(Optional.of(digest(3)), acquired.headDigest());

    assertEquals(
        Optional.of(cp(3)),
        script.refused(Rejection.WRONG_BASE, script.incrementalOpen(vm, cp(5))).head());
    CheckpointId six = script.openOn(vm, cp(3));
    CheckpointId seven = script.openOn(vm, six);
    assertEquals(Line.of(6, 6, 1, 3), script.image(vm).line(six));
    assertEquals(Line.of(6, 7, 1, 3), script.image(vm).line(seven));
    script.commit(vm, six);
    script.commit(vm, seven);
    assertEquals(Line.of(6, 7, 1, 3), script.image(vm).line(seven));
    assertEquals(Line.of(1, 5), script.image(vm).line(cp(5)), "the abandoned line stays");
    assertEquals(
        List.of(
            Line.of(1, 1),
            Line.of(1, 2),
            Line.of(1, 3),
            Line.of(1, 4),
            Line.of(1, 5),
            Line.of(6, 6, 1, 3),
            Line.of(6, 7, 1, 3)),
        script.image(vm).retainedLines());
  }

  @Test
  void goesForthAndBackBetweenForks() {
    ImageId vm = script.owned("vm", 16);
    script.full(vm);
    script.increment(vm);
    script.acquireAt(vm, 2, cp(1));
    script.increment(vm);
    script.acquireAt(vm, 3, cp(2));
    script.increment(vm);
    script.acquireAt(vm, 4, cp(4));
    script.increment(vm);
    assertEquals(Line.of(3, 3, 1, 1), script.image(vm).line(cp(3)));
    assertEquals(Line.of(4, 4, 1, 2), script.image(vm).line(cp(4)));
    assertEquals(Line.of(4, 5, 1, 2), script.image(vm).line(cp(5)), "the newest goes on");
    script.acquireAt(vm, 5, cp(3));
    script.increment(vm);
    assertEquals(Line.of(6, 6, 3, 3, 1, 1), script.image(vm).line(cp(6)));
  }

  @Test
  void takesOverOnlyFromWhatIsRetained() {
    ImageId vm = script.owned("vm", 1);
    script.full(vm);
    CheckpointId aborted = script.openOn(vm, cp(1));
    script.abort(vm, aborted);
    script.increment(vm);
    script.retire(vm, cp(1));
    CheckpointId open = script.openOn(vm, cp(3));
    for (var refusal :
        List.of(
            new Refusal(open, Rejection.NOT_COMMITTED),
            new Refusal(aborted, Rejection.NOT_COMMITTED),
            new Refusal(cp(1), Rejection.RETIRED),
            new Refusal(cp(9), Rejection.UNKNOWN_CHECKPOINT))) {
      script.refused(
          refusal.reason(),
          new Command.Acquire(
              vm, Optional.empty(), request(7), new Command.Restore.At(refusal.id())));
      script.refused(
          refusal.reason(),
          new Command.Acquire(
              vm,
              Optional.empty(),
              request(7),
              new Command.Restore.At(refusal.id(), Optional.of(CatalogScript.LEASE))));
    }
    assertEquals(Fate.OPEN, script.image(vm).fate(open));
  }

  private record Refusal(CheckpointId id, Rejection reason) {}

  @Test
  void tooManyForksAskForAFullCheckpoint() {
    ImageId vm = script.owned("vm", 10_000);
    script.full(vm);
    long token = 1;
    for (int run = 2; run <= CatalogLimits.LINE_RUNS_MAX; run++) {
      CheckpointId start = script.increment(vm);
      script.increment(vm);
      script.acquireAt(vm, ++token, start);
    }
    CheckpointId last = script.increment(vm);
    assertEquals(2 * CatalogLimits.LINE_RUNS_MAX, script.image(vm).line(last).toRuns().length);
    CheckpointId beyond = script.increment(vm);
    script.acquireAt(vm, ++token, last);
    script.refused(Rejection.SEND_FULL, script.incrementalOpen(vm, last));
    script.acquireAt(vm, ++token, beyond);
    script.increment(vm);
    script.acquireAt(vm, ++token, last);
    CheckpointId full = script.full(vm);
    assertEquals(Line.of(full.value(), full.value()), script.image(vm).line(full));
    script.increment(vm);
  }

  @Test
  void branchesThatNobodyNeedsAreForgotten() {
    ImageId vm = script.owned("vm", 1);
    for (long id = 1; id <= 40; id += 2) {
      script.full(vm);
      script.increment(vm);
      script.retire(vm, cp(id));
      if (id > 1) {
        script.retire(vm, cp(id - 1));
      }
    }
    CheckpointHistory history = ((ImageRecord) script.image(vm)).history();
    assertEquals(1, history.retained().branches().size());
    assertEquals(List.of(Line.of(39, 40)), script.image(vm).retainedLines());
    assertEquals(
        content(40),
        script.image(vm).checkpoint(cp(40)).orElseThrow().commit().orElseThrow().content());
  }
}
