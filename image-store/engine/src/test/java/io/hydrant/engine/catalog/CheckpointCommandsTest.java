package io.hydrant.engine.catalog;

import static io.hydrant.engine.catalog.CatalogScript.REGIONS;
import static io.hydrant.engine.catalog.CatalogScript.content;
import static io.hydrant.engine.catalog.CatalogScript.cp;
import static io.hydrant.engine.catalog.CatalogScript.request;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.ImageState.Fate;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class CheckpointCommandsTest {
  private final CatalogScript script = new CatalogScript();
  private final ImageId vm = script.create("vm");

  @Test
  void nobodyWritesBeforeAnAcquire() {
    Outcome.Rejected rejected = script.refused(Rejection.STALE_EPOCH, script.fullOpen(vm));
    assertTrue(rejected.message().contains("acquire it first"), rejected.message());
    script.acquire(vm, 1);
    script.openFull(vm);
  }

  @Test
  void onlyTheCurrentEpochOpens() {
    script.acquire(vm, 1);
    script.acquire(vm, 2);
    for (long epoch : new long[] {0, 1, 3}) {
      script.refused(
          Rejection.STALE_EPOCH,
          new Command.Open(
              vm, new Epoch(epoch), CheckpointKind.FULL, Optional.empty(), Optional.of(REGIONS)));
    }
    script.refused(
        Rejection.UNKNOWN_IMAGE,
        new Command.Open(
            new ImageId(9),
            new Epoch(2),
            CheckpointKind.FULL,
            Optional.empty(),
            Optional.of(REGIONS)));
  }

  @Test
  void shapeFollowsKind() {
    script.acquire(vm, 1);
    script.full(vm);
    for (CheckpointKind kind : CheckpointKind.values()) {
      for (Optional<CheckpointId> base :
          List.of(Optional.<CheckpointId>empty(), Optional.of(cp(1)))) {
        for (Optional<RegionTable> regions :
            List.of(Optional.<RegionTable>empty(), Optional.of(REGIONS))) {
          Command.Open open = new Command.Open(vm, new Epoch(1), kind, base, regions);
          boolean full = kind == CheckpointKind.FULL;
          if (full == base.isEmpty() && full == regions.isPresent()) {
            script.open(open);
          } else {
            script.refused(Rejection.INVALID, open);
          }
        }
      }
    }
  }

  @Test
  void allRegionsTogetherAreBounded() {
    script.acquire(vm, 1);
    RegionSpec half =
        new RegionSpec("half", RegionKind.DISK, 4 << 10, RegionSpec.LENGTH_BYTES_MAX / 2);
    RegionSpec rest =
        new RegionSpec("rest", RegionKind.DISK, 4 << 10, RegionSpec.LENGTH_BYTES_MAX / 2);
    RegionSpec page = new RegionSpec("page", RegionKind.OTHER, 4 << 10, 4 << 10);
    script.refused(Rejection.LIMIT_EXCEEDED, fullOpen(half, rest, page));
    script.open(fullOpen(half, rest));
  }

  private Command.Open fullOpen(RegionSpec... regions) {
    return new Command.Open(
        vm,
        new Epoch(1),
        CheckpointKind.FULL,
        Optional.empty(),
        Optional.of(new RegionTable(List.of(regions))));
  }

  @Test
  void buildsOnTheHeadOrOnWhatIsOpen() {
    script.acquire(vm, 1);
    script.refused(Rejection.SEND_FULL, script.incrementalOpen(vm, cp(1)));
    CheckpointId aborted = script.openFull(vm);
    script.abort(vm, aborted);
    script.refused(Rejection.SEND_FULL, script.incrementalOpen(vm, aborted));
    CheckpointId two = script.openFull(vm);
    CheckpointId three = script.openOn(vm, two);
    assertEquals(REGIONS, script.image(vm).checkpoint(three).orElseThrow().regions());
    script.commit(vm, two);
    script.commit(vm, three);
    Outcome.Rejected behind = script.refused(Rejection.WRONG_BASE, script.incrementalOpen(vm, two));
    assertEquals(Optional.of(three), behind.head());
    assertEquals(
        Optional.of(three),
        script.refused(Rejection.WRONG_BASE, script.incrementalOpen(vm, aborted)).head());
    script.refused(Rejection.SEND_FULL, script.incrementalOpen(vm, cp(50)));
    script.openOn(vm, three);
  }

  @Test
  void aNewAttemptAbortsAllThatItDoesNotBuildOn() {
    script.acquire(vm, 1);
    script.full(vm);
    CheckpointId two = script.openOn(vm, cp(1));
    CheckpointId three = script.openOn(vm, two);
    assertEquals(List.of(), script.effects());
    CheckpointId four = script.openOn(vm, two);
    assertEquals(List.of(new Effect.DropStaged(new CheckpointKey(vm, three))), script.effects());
    assertEquals(List.of(two, four), List.copyOf(script.image(vm).open().keySet()));
    CheckpointId five = script.openOn(vm, cp(1));
    assertEquals(
        List.of(
            new Effect.DropStaged(new CheckpointKey(vm, four)),
            new Effect.DropStaged(new CheckpointKey(vm, two))),
        script.effects());
    script.openFull(vm);
    assertEquals(List.of(new Effect.DropStaged(new CheckpointKey(vm, five))), script.effects());
    script.refused(Rejection.ABORTED, script.commitOf(vm, five));
    script.commit(vm, cp(6));
  }

  @Test
  void atMostTwoAreOpenAndTheThirdChangesNothing() {
    script.acquire(vm, 1);
    CheckpointId one = script.openFull(vm);
    CheckpointId two = script.openOn(vm, one);
    script.refused(Rejection.TOO_MANY_OPEN, script.incrementalOpen(vm, two));
    script.commit(vm, one);
    CheckpointId three = script.openOn(vm, two);
    script.refused(Rejection.TOO_MANY_OPEN, script.incrementalOpen(vm, three));
  }

  @Test
  void commitMakesItVisibleAndTheHead() {
    script.acquire(vm, 1);
    CheckpointId one = script.at(7_000).openFull(vm);
    Outcome.Committed committed = script.at(8_000).commit(vm, one);
    assertEquals(script.index(), committed.index());
    assertEquals(
        List.of(new Effect.Publish(new CheckpointKey(vm, one), content(1))), script.effects());
    CheckpointInfo info = script.image(vm).checkpoint(one).orElseThrow();
    assertEquals(
        Optional.of(new CheckpointInfo.CommitInfo(content(1), 8_000, script.index())),
        info.commit());
    assertEquals(Optional.of(one), script.image(vm).head());
    assertEquals(Fate.COMMITTED, script.image(vm).fate(one));
    assertEquals(script.index(), script.image(vm).changedIndex());
  }

  @Test
  void aRepeatedCommitGetsItsFirstAnswer() {
    script.acquire(vm, 1);
    CheckpointId one = script.openFull(vm);
    Outcome first = script.commit(vm, one);
    script.increment(vm);
    assertEquals(first, script.commit(vm, one));
    assertEquals(List.of(), script.effects());
    assertEquals(Optional.of(cp(2)), script.image(vm).head());
    script.refused(Rejection.DIGEST_MISMATCH, commit(one, 1, 77));
  }

  @Test
  void aRepeatedCommitOfARetiredOneGetsItsFirstAnswerToo() {
    ImageId kept = script.owned("kept", 1);
    CheckpointId one = script.openFull(kept);
    Outcome first = script.commit(kept, one);
    script.increment(kept);
    script.retire(kept, one);
    assertEquals(first, script.commit(kept, one));
    assertEquals(List.of(), script.effects());
    script.refused(
        Rejection.DIGEST_MISMATCH,
        new Command.Commit(new CheckpointKey(kept, one), new Epoch(1), content(5), List.of()));
    for (int i = 0; i <= CatalogLimits.RETIRED_REMEMBERED_MAX; i++) {
      CheckpointId old = script.image(kept).head().orElseThrow();
      script.increment(kept);
      script.retire(kept, old);
    }
    assertEquals(
        script.index() + 1, script.commit(kept, one).index(), "forgotten: visible as of now");
  }

  @Test
  void commitAsksAgain() {
    script.acquire(vm, 1);
    script.refused(Rejection.UNKNOWN_CHECKPOINT, commit(cp(1), 1, 1));
    CheckpointId one = script.openFull(vm);
    CheckpointId two = script.openOn(vm, one);
    script.refused(Rejection.STALE_EPOCH, commit(one, 2, 1));
    script.refused(Rejection.STALE_EPOCH, commit(one, 0, 1));
    Outcome.Rejected early = script.refused(Rejection.WRONG_BASE, commit(two, 1, 2));
    assertEquals(Optional.empty(), early.head());
    script.commit(vm, one);
    script.commit(vm, two);
    script.refused(
        Rejection.UNKNOWN_IMAGE,
        new Command.Commit(CheckpointKey.of(9, 1), new Epoch(1), content(1), List.of()));
  }

  @Test
  void abortTakesDescendantsAlong() {
    script.acquire(vm, 1);
    CheckpointId one = script.openFull(vm);
    CheckpointId two = script.openOn(vm, one);
    script.abort(vm, one);
    assertEquals(
        List.of(
            new Effect.DropStaged(new CheckpointKey(vm, two)),
            new Effect.DropStaged(new CheckpointKey(vm, one))),
        script.effects());
    script.abort(vm, one);
    assertEquals(List.of(), script.effects());
    script.refused(Rejection.ABORTED, script.commitOf(vm, two));
  }

  @Test
  void abortOfTheSecondLeavesTheFirst() {
    script.acquire(vm, 1);
    CheckpointId one = script.openFull(vm);
    CheckpointId two = script.openOn(vm, one);
    script.abort(vm, two);
    script.commit(vm, one);
    assertEquals(Fate.ABORTED, script.image(vm).fate(two));
  }

  @Test
  void abortChecksWhoAsks() {
    script.acquire(vm, 1);
    CheckpointId one = script.openFull(vm);
    CheckpointKey key = new CheckpointKey(vm, one);
    script.refused(Rejection.STALE_EPOCH, new Command.Abort(key, Optional.of(new Epoch(2))));
    script.refused(Rejection.STALE_EPOCH, new Command.Abort(key, Optional.of(Epoch.NONE)));
    script.refused(
        Rejection.UNKNOWN_CHECKPOINT,
        new Command.Abort(new CheckpointKey(vm, cp(2)), Optional.empty()));
    assertEquals(
        new Outcome.Aborted(key), script.apply(new Command.Abort(key, Optional.of(new Epoch(1)))));
    CheckpointId two = script.full(vm);
    Outcome.Rejected rejected =
        script.refused(
            Rejection.INVALID,
            new Command.Abort(new CheckpointKey(vm, two), Optional.of(new Epoch(1))));
    assertTrue(rejected.message().contains("is committed"), rejected.message());
  }

  @Test
  void aFullCheckpointStartsALineOfItsOwn() {
    script.acquire(vm, 1);
    script.full(vm);
    script.increment(vm);
    CheckpointId three = script.openFull(vm);
    CheckpointId four = script.openOn(vm, three);
    assertEquals(Line.of(3, 4), script.image(vm).line(four));
    script.commit(vm, three);
    script.commit(vm, four);
    assertEquals(Line.of(3, 4), script.image(vm).line(four));
    assertEquals(Line.of(1, 2), script.image(vm).line(cp(2)));
    assertThrows(IllegalArgumentException.class, () -> script.image(vm).line(cp(5)));
  }

  @Test
  void anAbortedIdLeavesAHarmlessGapInTheLine() {
    script.acquire(vm, 1);
    script.full(vm);
    script.abort(vm, script.openOn(vm, cp(1)));
    script.increment(vm);
    assertEquals(Line.of(1, 3), script.image(vm).line(cp(3)));
    assertThrows(IllegalArgumentException.class, () -> script.image(vm).line(cp(2)));
  }

  @Test
  void viewsAreOfOneEntry() {
    script.acquire(vm, 1);
    ImageState before = script.image(vm);
    script.full(vm);
    assertEquals(Optional.empty(), before.head());
    assertEquals(Fate.UNKNOWN, before.fate(cp(1)));
    assertEquals(0, before.committed().size());
    assertEquals(request(1), ((ImageRecord) before).ownership().token());
  }

  private Command.Commit commit(CheckpointId id, long epoch, long seed) {
    return new Command.Commit(
        new CheckpointKey(vm, id), new Epoch(epoch), content(seed), List.of());
  }
}
