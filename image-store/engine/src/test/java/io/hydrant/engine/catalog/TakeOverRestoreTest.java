package io.hydrant.engine.catalog;

import static io.hydrant.engine.catalog.CatalogScript.LEASE;
import static io.hydrant.engine.catalog.CatalogScript.cp;
import static io.hydrant.engine.catalog.CatalogScript.digest;
import static io.hydrant.engine.catalog.CatalogScript.request;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.hydrant.engine.catalog.ImageState.Fate;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.SessionId;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Restore and fence: one entry that takes over and pins what is restored (PROTOCOL R6). */
final class TakeOverRestoreTest {
  private static final Command.Restore HEAD = new Command.Restore.Head(LEASE);

  private final CatalogScript script = new CatalogScript();

  @Test
  void pinsTheHeadInTheSameEntry() {
    ImageId vm = script.owned("vm", 16);
    CheckpointId one = script.full(vm);
    Outcome.Acquired acquired = script.acquireRestoring(vm, 2, HEAD);
    SessionId session = new SessionId(script.index());
    Outcome.Pinned pinned = new Outcome.Pinned(session, new CheckpointKey(vm, one), LEASE);
    assertEquals(
        new Outcome.Acquired(
            new Epoch(2), Optional.of(one), Optional.of(digest(1)), Optional.of(pinned)),
        acquired);
    assertEquals(
        Optional.of(new SessionInfo(session, vm, one, LEASE, 0, RequestId.NONE)),
        script.catalog.session(session));
  }

  @Test
  void whatIsRestoredIsPinnedLikeByAnyOtherSession() {
    ImageId vm = script.owned("vm", 1);
    script.full(vm);
    SessionId session = pinnedBy(script.acquireRestoring(vm, 2, HEAD)).session();
    script.increment(vm);
    assertEquals(List.of(), script.retire(vm, cp(1)));
    script.refused(Rejection.PINNED, new Command.DeleteImage(vm, false));
    assertEquals(new Outcome.Renewed(LEASE), script.apply(new Command.Renew(session)));
    script.unpin(session);
    assertEquals(List.of(cp(1)), script.retire(vm, cp(1)));
  }

  @Test
  void anOlderCheckpointBecomesTheHeadAndIsPinned() {
    ImageId vm = script.owned("vm", 16);
    script.full(vm);
    script.increment(vm);
    script.increment(vm);
    Outcome.Acquired acquired = script.acquireRestoring(vm, 2, at(2));
    assertEquals(Optional.of(cp(2)), acquired.head());
    assertEquals(Optional.of(digest(2)), acquired.headDigest());
    assertEquals(new CheckpointKey(vm, cp(2)), pinnedBy(acquired).key());
    script.refused(Rejection.WRONG_BASE, script.incrementalOpen(vm, cp(3)));
    script.openOn(vm, cp(2));
  }

  @Test
  void withoutALeaseNothingIsPinned() {
    ImageId vm = script.owned("vm", 16);
    script.full(vm);
    script.increment(vm);
    Outcome.Acquired acquired = script.acquireAt(vm, 2, cp(1));
    assertEquals(Optional.of(cp(1)), acquired.head());
    assertEquals(Optional.empty(), acquired.session());
    assertEquals(0, script.image(vm).sessions().size());
  }

  /** The old owner's Commit and the take-over, in both orders, with a repeat of either behind. */
  @Test
  void aCommitIsRestoredOrItNeverHappens() {
    for (boolean older : new boolean[] {false, true}) {
      CatalogScript before = new CatalogScript();
      ImageId vm = openOnTwo(before);
      Command commit = before.commitOf(vm, cp(3));
      Outcome committed = before.apply(commit);
      Command.Acquire acquire = acquire(vm, older ? at(2) : HEAD);
      Outcome.Acquired first = before.acquire(acquire);
      assertEquals(older ? cp(2) : cp(3), pinnedBy(first).key().checkpoint());
      assertEquals(Optional.of(pinnedBy(first).key().checkpoint()), first.head());
      assertEquals(committed, before.apply(commit), "its first answer again");
      assertEquals(first, before.acquire(acquire));

      CatalogScript after = new CatalogScript();
      vm = openOnTwo(after);
      commit = after.commitOf(vm, cp(3));
      first = after.acquire(acquire);
      assertEquals(cp(2), pinnedBy(first).key().checkpoint());
      assertEquals(List.of(new Effect.DropStaged(new CheckpointKey(vm, cp(3)))), after.effects());
      after.refused(Rejection.ABORTED, commit);
      assertEquals(first, after.acquire(acquire));
      assertEquals(Fate.ABORTED, after.image(vm).fate(cp(3)));
      assertEquals(Optional.of(cp(2)), after.image(vm).head());
    }
  }

  /** A chain of two open ones: whatever is committed before the take-over is what it restores. */
  @Test
  void aTakeOverAnywhereInAChainRestoresWhatWasCommittedBefore() {
    for (int committed = 0; committed <= 2; committed++) {
      CatalogScript at = new CatalogScript();
      ImageId vm = openOnTwo(at);
      at.openOn(vm, cp(3));
      List<Command.Commit> commits = List.of(at.commitOf(vm, cp(3)), at.commitOf(vm, cp(4)));
      commits.subList(0, committed).forEach(at::apply);
      Outcome.Acquired acquired = at.acquire(acquire(vm, HEAD));
      CheckpointId newest = cp(2 + committed);
      assertEquals(newest, pinnedBy(acquired).key().checkpoint());
      for (Command.Commit late : commits.subList(committed, 2)) {
        at.refused(Rejection.ABORTED, late);
      }
      assertEquals(Optional.of(newest), at.image(vm).head());
    }
  }

  @Test
  void aRepeatGetsItsSessionWhileThatLives() {
    ImageId vm = script.owned("vm", 16);
    script.full(vm);
    Outcome.Acquired first = script.acquireRestoring(vm, 2, HEAD);
    assertEquals(first, script.acquireRestoring(vm, 2, HEAD));
    assertEquals(List.of(), script.effects());
    assertEquals(1, script.image(vm).sessions().size());

    CheckpointId two = script.increment(vm);
    Outcome.Acquired later = script.acquireRestoring(vm, 2, HEAD);
    assertEquals(Optional.of(two), later.head(), "the base for the next checkpoint");
    assertEquals(first.session(), later.session(), "what was restored, not what came after");

    script.unpin(pinnedBy(first).session());
    assertEquals(Optional.empty(), script.acquireRestoring(vm, 2, HEAD).session());
    assertEquals(first.epoch(), script.epoch(vm));
    assertEquals(0, script.image(vm).sessions().size(), "none is opened in its place");
  }

  /** Two processes that made the same token are one owner: neither fences the other. */
  @Test
  void twoOwnersWithOneTokenShareOneAnswer() {
    ImageId vm = script.owned("vm", 16);
    script.full(vm);
    script.increment(vm);
    Outcome.Acquired one = script.acquireRestoring(vm, 2, HEAD);
    assertEquals(one, script.acquireRestoring(vm, 2, at(1)), "whatever the other asks for");
    assertEquals(one, script.acquire(vm, 2));
    assertEquals(
        one, script.acquire(new Command.Acquire(vm, Optional.of(Epoch.NONE), request(2), HEAD)));
  }

  @Test
  void aTokenThatTookOverBeforeGetsItsNewSession() {
    ImageId vm = script.owned("vm", 16);
    script.full(vm);
    Outcome.Acquired first = script.acquireRestoring(vm, 2, HEAD);
    script.acquire(vm, 3);
    script.increment(vm);
    Outcome.Acquired again = script.acquireRestoring(vm, 2, HEAD);
    assertEquals(cp(2), pinnedBy(again).key().checkpoint());
    assertEquals(again, script.acquireRestoring(vm, 2, HEAD), "not the older one");
    script.unpin(pinnedBy(again).session());
    assertEquals(Optional.empty(), script.acquireRestoring(vm, 2, HEAD).session());
    assertEquals(
        cp(1), script.catalog.session(pinnedBy(first).session()).orElseThrow().checkpoint());
  }

  @Test
  void theNextOwnerLeavesTheSessionAlone() {
    ImageId vm = script.owned("vm", 16);
    script.full(vm);
    Outcome.Acquired restorer = script.acquireRestoring(vm, 2, HEAD);
    Outcome.Acquired next = script.acquire(vm, 3);
    assertEquals(Optional.empty(), next.session());
    assertEquals(
        cp(1), script.catalog.session(pinnedBy(restorer).session()).orElseThrow().checkpoint());
  }

  @Test
  void aPinIsNoRepeatOfATakeOver() {
    ImageId vm = script.owned("vm", 16);
    script.full(vm);
    Outcome.Acquired acquired = script.as(request(9)).acquireRestoring(vm, 2, HEAD);
    Outcome.Pinned pinned =
        assertInstanceOf(
            Outcome.Pinned.class,
            script.as(request(9)).apply(new Command.Pin(vm, Optional.empty(), LEASE)));
    assertEquals(new SessionId(script.index()), pinned.session());
    assertEquals(acquired, script.acquireRestoring(vm, 2, HEAD));
  }

  @Test
  void isRefusedWhole() {
    ImageId vm = script.owned("vm", 16);
    CheckpointId open = script.openFull(vm);
    refused(Rejection.UNKNOWN_CHECKPOINT, vm, HEAD);
    refused(Rejection.NOT_COMMITTED, vm, at(1));
    script.commit(vm, open);
    refused(Rejection.UNKNOWN_CHECKPOINT, vm, at(9));
    for (int lease : new int[] {-1, 0, 999, 3_600_001}) {
      refused(Rejection.INVALID, vm, new Command.Restore.Head(lease));
      refused(Rejection.INVALID, vm, new Command.Restore.At(open, Optional.of(lease)));
    }
    script.refused(
        Rejection.STALE_EPOCH, new Command.Acquire(vm, Optional.of(Epoch.NONE), request(7), HEAD));
    refused(Rejection.UNKNOWN_IMAGE, new ImageId(9), HEAD);
  }

  @Test
  void theLimitOfSessionsRefusesTheWhole() {
    ImageId vm = script.owned("vm", 16);
    script.full(vm);
    Outcome.Acquired first = script.acquireRestoring(vm, 2, HEAD);
    for (int i = 1; i < CatalogLimits.SESSIONS_PER_IMAGE_MAX; i++) {
      script.catalog.apply(
          new EntryPosition(2, script.index() + i),
          new Entry(
              0, RequestId.NONE, RequestId.NONE, new Command.Pin(vm, Optional.empty(), LEASE)));
    }
    assertEquals(CatalogLimits.SESSIONS_PER_IMAGE_MAX, script.image(vm).sessions().size());
    EntryPosition applied = script.catalog.applied();
    Outcome refusal = applyAt(applied, 1, acquire(vm, HEAD));
    assertEquals(
        Rejection.LIMIT_EXCEEDED, assertInstanceOf(Outcome.Rejected.class, refusal).reason());
    assertEquals(first.epoch(), script.epoch(vm));
    assertEquals(
        first,
        applyAt(applied, 2, new Command.Acquire(vm, Optional.empty(), request(2), HEAD)),
        "a repeat needs no room");
    assertEquals(
        Optional.empty(),
        assertInstanceOf(
                Outcome.Acquired.class, applyAt(applied, 3, acquire(vm, Command.Restore.NONE)))
            .session());
  }

  @Test
  void aRestartKeepsEpochTokenAndSession() throws MalformedCatalogException {
    ImageId vm = script.owned("vm", 16);
    script.full(vm);
    Command.Acquire acquire = acquire(vm, HEAD);
    Outcome.Acquired first = script.acquire(acquire);
    Catalog restarted = Catalog.decode(script.catalog.encode());
    assertArrayEquals(script.catalog.encode(), restarted.encode());
    Entry repeat = new Entry(0, RequestId.NONE, RequestId.NONE, acquire);
    assertEquals(
        first, restarted.apply(new EntryPosition(5, script.index() + 1), repeat).outcome());
    script.unpin(pinnedBy(first).session());
    Catalog later = Catalog.decode(script.catalog.encode());
    assertArrayEquals(script.catalog.encode(), later.encode());
    assertEquals(
        new Outcome.Acquired(first.epoch(), first.head(), first.headDigest(), Optional.empty()),
        later.apply(new EntryPosition(5, script.index() + 1), repeat).outcome());
  }

  @Test
  void aRepeatOutlivesTheDeletionOfItsImageAsItsSessionDoes() {
    ImageId vm = script.owned("vm", 16);
    script.full(vm);
    Outcome.Acquired first = script.acquireRestoring(vm, 2, HEAD);
    assertEquals(new Outcome.ImageDeleted(true), script.apply(new Command.DeleteImage(vm, true)));
    assertEquals(first, script.acquireRestoring(vm, 2, HEAD));
    refused(Rejection.UNKNOWN_IMAGE, vm, HEAD);
    script.unpin(pinnedBy(first).session());
    script.refused(
        Rejection.UNKNOWN_IMAGE, new Command.Acquire(vm, Optional.empty(), request(2), HEAD));
  }

  private static Outcome.Pinned pinnedBy(Outcome.Acquired acquired) {
    return acquired.session().orElseThrow();
  }

  private static Command.Restore at(long id) {
    return new Command.Restore.At(cp(id), Optional.of(LEASE));
  }

  private static Command.Acquire acquire(ImageId image, Command.Restore restore) {
    return new Command.Acquire(image, Optional.empty(), request(7), restore);
  }

  private void refused(Rejection reason, ImageId image, Command.Restore restore) {
    script.refused(reason, acquire(image, restore));
  }

  private Outcome applyAt(EntryPosition applied, int later, Command command) {
    return script
        .catalog
        .apply(
            new EntryPosition(applied.term(), applied.index() + later),
            new Entry(0, RequestId.NONE, RequestId.NONE, command))
        .outcome();
  }

  /** Two committed checkpoints, the third one open. */
  private static ImageId openOnTwo(CatalogScript script) {
    ImageId vm = script.owned("vm", 16);
    script.full(vm);
    script.increment(vm);
    script.openOn(vm, cp(2));
    return vm;
  }
}
