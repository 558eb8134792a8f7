package io.hydrant.engine.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

final class SendCursorTest {
  private final SendCursor cursor = new SendCursor();

  private void send(long from, long to) {
    for (long sequence = from; sequence < to; sequence++) {
      assertEquals(sequence, cursor.next(to).orElseThrow());
      cursor.sent(sequence);
    }
    assertTrue(cursor.next(to).isEmpty());
  }

  @Test
  void progressDoesNotSendAgainWhatIsUnderWay() {
    send(0, 10);
    cursor.took(4);
    send(10, 12);
  }

  @Test
  void aGapIsFilledAndAllBehindItSentAgain() {
    send(0, 10);
    cursor.took(4);
    cursor.gap(4);
    send(4, 11);
  }

  @Test
  void aBrokenStreamGoesOnWhereThePeerIsKnownToBe() {
    send(0, 10);
    cursor.took(4);
    cursor.broken();
    send(4, 10);
  }

  @Test
  void whatThePeerHasByAnotherStreamIsNotSent() {
    send(0, 10);
    cursor.broken();
    cursor.took(8);
    send(8, 12);
    cursor.took(20);
    assertTrue(cursor.next(20).isEmpty());
    assertEquals(20, cursor.next(21).orElseThrow());
  }

  @Test
  void aGapBelowWhatThePeerHadTakesItsWordBack() {
    send(0, 10);
    cursor.took(6);
    cursor.gap(3);
    cursor.broken();
    send(3, 10);
  }

  @Test
  void onlyTheNextIsSent() {
    send(0, 2);
    assertThrows(IllegalStateException.class, () -> cursor.sent(3));
  }

  /**
   * A peer over streams that break anywhere, and lose what is under way both ways: in the end it
   * has every frame, and it never waits for one that nobody sends.
   */
  @Test
  void everyFrameComesWhateverBreaks() {
    long fresh = System.nanoTime();
    for (int i = 0; i < 200; i++) {
      long seed = i == 0 ? fresh : i;
      assertEquals(50, delivered(new Random(seed), 50), () -> "seed " + seed);
    }
  }

  private static long delivered(RandomGenerator random, long frames) {
    SendCursor cursor = new SendCursor();
    ArrayDeque<Long> there = new ArrayDeque<>();
    ArrayDeque<Runnable> back = new ArrayDeque<>();
    long peer = 0;
    boolean gapTold = false;
    for (int step = 0; step < 20_000 && peer < frames; step++) {
      switch (random.nextInt(step < 10_000 ? 24 : 20)) {
        case 20 -> {
          there.clear();
          back.clear();
          gapTold = false;
          cursor.broken();
        }
        // Lost although the stream goes on: what a gap is for.
        case 21 -> there.poll();
        case 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 ->
            cursor
                .next(frames)
                .ifPresent(sequence -> {
                  cursor.sent(sequence);
                  there.add(sequence);
                });
        case 10, 11, 12, 13, 14 -> {
          Long frame = there.poll();
          if (frame != null && frame == peer) {
            peer++;
            gapTold = false;
            long next = peer;
            back.add(() -> cursor.took(next));
          } else if (frame != null && frame > peer && !gapTold) {
            gapTold = true;
            long next = peer;
            back.add(() -> cursor.gap(next));
          }
        }
        default -> {
          Runnable said = back.poll();
          if (said != null) {
            said.run();
          }
        }
      }
      if (there.isEmpty() && back.isEmpty() && cursor.next(frames).isEmpty() && peer < frames) {
        // The last one was lost, and none behind it tells: the stream's end does.
        gapTold = false;
        cursor.broken();
      }
    }
    return peer;
  }
}
