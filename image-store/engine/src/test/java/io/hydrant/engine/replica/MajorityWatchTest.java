package io.hydrant.engine.replica;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.model.CheckpointKey;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class MajorityWatchTest {
  private static final CheckpointKey FIRST = CheckpointKey.of(1, 2);
  private static final CheckpointKey SECOND = CheckpointKey.of(2, 1);
  private static final Duration MAX = Duration.ofSeconds(5);

  private final MajorityWatch watch = new MajorityWatch(10_000);

  private static long seconds(long seconds) {
    return Duration.ofSeconds(seconds).toNanos();
  }

  @Test
  void protectorsAreSlowedWhileNoMajorityKeepsUp() {
    watch.appended(FIRST, 0, 4_000, 0);
    watch.appended(FIRST, 1, 4_000, 0);
    assertTrue(watch.isOpenForMore());
    watch.appended(SECOND, 0, 2_000, 0);
    assertFalse(watch.isOpenForMore(), "all checkpoints together");
    watch.held(FIRST, 1);
    assertTrue(watch.isOpenForMore());
    watch.appended(FIRST, 2, 4_000, 0);
    assertFalse(watch.isOpenForMore());
    watch.forget(FIRST);
    assertTrue(watch.isOpenForMore());
  }

  @Test
  void smallFramesAreNotFree() {
    for (int sequence = 0; sequence < 40; sequence++) {
      watch.appended(FIRST, sequence, 1, 0);
    }
    assertFalse(watch.isOpenForMore());
  }

  @Test
  void theOldestFrameThatWaitsCounts() {
    watch.appended(FIRST, 0, 1, seconds(0));
    watch.appended(SECOND, 0, 1, seconds(2));
    watch.appended(FIRST, 1, 1, seconds(3));
    assertFalse(watch.isOverdue(seconds(5), MAX));
    assertTrue(watch.isOverdue(seconds(5) + 1, MAX));
    watch.held(FIRST, 1);
    assertFalse(watch.isOverdue(seconds(7), MAX), "the second's since 2");
    assertTrue(watch.isOverdue(seconds(7) + 1, MAX));
    watch.forget(SECOND);
    assertFalse(watch.isOverdue(seconds(8), MAX));
    watch.held(FIRST, 2);
    assertFalse(watch.isOverdue(seconds(1_000), MAX), "nothing waits");
    assertTrue(watch.isOpenForMore());
  }

  @Test
  void aClockMayPassItsGreatestValue() {
    long near = Long.MAX_VALUE - seconds(1);
    watch.appended(FIRST, 0, 1, near);
    assertFalse(watch.isOverdue(near + seconds(5), MAX));
    assertTrue(watch.isOverdue(near + seconds(6), MAX));
  }

  @Test
  void whatIsHeldOfAnUnknownCheckpointIsNobodysConcern() {
    watch.held(SECOND, 9);
    watch.forget(SECOND);
    assertTrue(watch.isOpenForMore());
  }
}
