package io.hydrant.node.pace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.node.pace.CalmWatch.Word;
import org.junit.jupiter.api.Test;

/** Repair that stands back for commits, and how it knows that it must. */
final class YieldingPaceTest {
  private static final long SECOND = 1_000_000_000L;
  private static final long MILLI = 1_000_000L;

  private final CalmWatch watch = new CalmWatch();
  private final YieldingPace pace = new YieldingPace(1_000, 0);
  private long now;

  /** A second with commits that take so long each. */
  private Word second(long millis) {
    for (int i = 0; i < 10; i++) {
      watch.took(millis * MILLI, now + i * SECOND / 10);
    }
    now += SECOND;
    return watch.word(0, now);
  }

  private double hear(Word word, int times) {
    for (int i = 0; i < times; i++) {
      now += SECOND / 4;
      pace.heard(word, now);
    }
    return pace.share(now);
  }

  @Test
  void theCalmestSecondIsCalm() {
    assertEquals(Word.NOTHING, watch.word(0, 0));
    second(40);
    assertEquals(new Word(10 * MILLI, 10 * MILLI), second(10));
    assertEquals(new Word(90 * MILLI, 10 * MILLI), second(90));
    assertEquals(
        new Word(500 * MILLI, 10 * MILLI), watch.word(500 * MILLI, now), "one that waits still");
    for (int i = 0; i < 301; i++) {
      second(30);
    }
    assertEquals(new Word(30 * MILLI, 30 * MILLI), watch.word(0, now), "long ago");
    now += 1_000 * SECOND;
    assertEquals(Word.NOTHING, watch.word(0, now), "nothing is done any more");
  }

  @Test
  void aSecondWithHardlyAnySaysNothing() {
    watch.took(MILLI, 0);
    assertEquals(Word.NOTHING, watch.word(0, SECOND));
  }

  @Test
  void itStandsBackAndComesAgain() {
    Word calm = new Word(11 * MILLI, 10 * MILLI);
    Word disturbed = new Word(40 * MILLI, 10 * MILLI);
    assertEquals(1, hear(calm, 100));
    double less = hear(disturbed, 2);
    assertTrue(less < 0.5, "" + less);
    double least = hear(disturbed, 100);
    assertTrue(least > 0 && least < 0.1, "never nothing: " + least);
    assertTrue(hear(calm, 4) < 0.3, "not at once");
    assertEquals(1, hear(calm, 100));
  }

  @Test
  void whatItPaysIsByItsShare() {
    hear(new Word(40 * MILLI, 10 * MILLI), 100);
    long wait = pace.waitNanos(1_000, false, now);
    assertTrue(wait > 10 * SECOND && wait < 20 * SECOND, wait + " ns");
  }

  @Test
  void whereNothingIsCommittedNothingIsDisturbed() {
    hear(new Word(40 * MILLI, 10 * MILLI), 100);
    assertEquals(1, pace.share(now + 4 * SECOND));
  }

  @Test
  void wordsThatComeFastCountOnce() {
    double before = pace.share(0);
    now = SECOND;
    for (int i = 0; i < 10; i++) {
      pace.heard(new Word(40 * MILLI, 10 * MILLI), now);
    }
    assertTrue(pace.share(now) > before / 2);
  }
}
