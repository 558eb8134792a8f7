package io.hydrant.testkit.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.Refusal;
import io.hydrant.testkit.files.SimulatedCrash;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The crash sweep of a replica that does not lead: frames of a checkpoint before its Open, its
 * commit before its end, snapshots in between, and a crash at every I/O call. Afterwards every
 * checkpoint is here as it was committed, or said not to be here; and what had been stated
 * (PROTOCOL R7) is here, whatever the log says next.
 */
class FollowerCrashTest {
  private static final int PAGES = 2_100;

  /** What the script got to, as an observer outside the replica knows. */
  private static final class Progress {
    boolean stated;
    boolean lateStated;
  }

  @Test
  void crashAfterEveryCall() throws Exception {
    int points = 0;
    int late = 0;
    for (boolean powerCut : new boolean[] {true, false}) {
      int calls = 0;
      while (crashAfter(calls, powerCut)) {
        calls++;
        points++;
      }
      late = Math.max(late, calls);
    }
    assertTrue(points > 40, "too few I/O calls to show anything: " + points);
  }

  /** Returns false if the script ended before its crash. */
  private static boolean crashAfter(int calls, boolean powerCut) throws Exception {
    StoreFixture fixture = StoreFixture.withPages(PAGES);
    fixture.replica().joinOthers();
    Progress progress = new Progress();
    Command.Content second = contentOfSecond();
    boolean crashed = false;
    fixture.media().armAfter(calls);
    try {
      script(fixture, progress, second);
    } catch (Throwable e) {
      if (!fixture.media().isSimulatedCrash(e) && !SimulatedCrash.isCauseOf(e)) {
        throw new AssertionError("crash after %d calls, %s".formatted(calls, powerCut), e);
      }
      crashed = true;
    }
    crashed |= fixture.media().hasCrashed();
    fixture.media().disarm();
    fixture.replica().stop();
    fixture.media().recover(powerCut);
    fixture.replica().start();
    try {
      check(fixture, progress, second);
      fixture.snapshot();
      fixture.powerCut();
      check(fixture, progress, second);
    } catch (Exception | AssertionError e) {
      throw new AssertionError("crash after %d calls, %s".formatted(calls, powerCut), e);
    }
    return crashed;
  }

  private static Command.Content contentOfSecond() throws Exception {
    return second(StoreFixture.withPages(PAGES).full()).content();
  }

  private static CheckpointScript second(CheckpointScript script) throws Exception {
    return script.raw(7, 3, 3).raw(7, 2_060, 2_061);
  }

  private static void script(StoreFixture fixture, Progress progress, Command.Content content)
      throws Exception {
    CheckpointScript first = fixture.receive(fixture.fullAs(1)).raw(1, 0, 5);
    for (int next = 6; next < 2_048; next += 256) {
      first.zero(next, Math.min(next + 255, 2_047));
    }
    first.zero(2_048, PAGES - 1);
    fixture.replica().await(first.staged().finish(first.content()));
    progress.stated = true;
    fixture.snapshot();
    fixture.openFull();
    first.commitEntry();
    CheckpointKey key = fixture.openOnHead();
    CheckpointInfo asOpened = fixture.onHeadAs(key.checkpoint().value());
    CheckpointScript second = second(fixture.receive(asOpened));
    second.commitEntry();
    fixture.snapshot();
    fixture.replica().await(second.staged().finish(content));
    progress.lateStated = true;
    fixture.runBackground();
    fixture.submit(new Command.SetRetention(fixture.image(), 16));
    fixture.snapshot();
  }

  /** Takes the log to its end first, as a replica that comes back does. */
  private static void check(StoreFixture fixture, Progress progress, Command.Content second)
      throws Exception {
    CheckpointKey first = CheckpointKey.of(fixture.image().value(), 1);
    if (fixture.store().catalog().image(fixture.image()).orElseThrow().open().isEmpty()
        && fixture.store().catalog().image(fixture.image()).orElseThrow().committed().isEmpty()) {
      fixture.openFull();
    }
    var image = fixture.store().catalog().image(fixture.image()).orElseThrow();
    if (!image.committed().containsKey(first.checkpoint())) {
      fixture.submit(
          new Command.Commit(first, fixture.epoch(), contentOfFirst(), List.of("others")));
    }
    requireHereOrSaid(fixture, first, 1, 3, progress.stated);
    CheckpointKey key = CheckpointKey.of(fixture.image().value(), 2);
    image = fixture.store().catalog().image(fixture.image()).orElseThrow();
    if (!image.committed().containsKey(key.checkpoint())) {
      if (!image.open().containsKey(key.checkpoint())) {
        fixture.openOnHead();
      }
      fixture.submit(new Command.Commit(key, fixture.epoch(), second, List.of("others")));
    }
    requireHereOrSaid(fixture, key, 7, 3, progress.stated && progress.lateStated);
    requireHereOrSaid(fixture, key, 1, 4, progress.stated && progress.lateStated);
    requireHereOrSaid(fixture, key, 7, 2_061, progress.stated && progress.lateStated);
  }

  private static Command.Content contentOfFirst() throws Exception {
    CheckpointScript first = StoreFixture.withPages(PAGES).full().raw(1, 0, 5);
    for (int next = 6; next < 2_048; next += 256) {
      first.zero(next, Math.min(next + 255, 2_047));
    }
    return first.zero(2_048, PAGES - 1).content();
  }

  private static void requireHereOrSaid(
      StoreFixture fixture, CheckpointKey key, long seed, int page, boolean stated)
      throws Exception {
    ReadPoint point = fixture.read(key);
    ByteBuffer target = ByteBuffer.allocateDirect(StoreFixture.PAGE_BYTES);
    try {
      fixture.store().pages().read(point, 0, new long[] {page}, target);
    } catch (Refusal refusal) {
      assertEquals(Rejection.NOT_HERE, refusal.rejection());
      assertTrue(!stated, key + " was stated, and is not here");
      assertTrue(fixture.store().holdMark() < fixture.store().applied().index());
      return;
    }
    assertEquals(
        CheckpointScript.payload(PageEncoding.RAW, seed, page, page),
        target.flip(),
        key + " page " + page);
  }
}
