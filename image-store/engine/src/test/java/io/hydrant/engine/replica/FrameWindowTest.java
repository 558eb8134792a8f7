package io.hydrant.engine.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.model.CheckpointKey;
import org.junit.jupiter.api.Test;

final class FrameWindowTest {
  private static final CheckpointKey FIRST = CheckpointKey.of(1, 2);
  private static final CheckpointKey SECOND = CheckpointKey.of(1, 3);

  /** With what keeping it costs, ten of them fill the window. */
  private static final long BYTES = 1_000 - FrameWindow.FRAME_BYTES;

  private final FrameWindow window = new FrameWindow(10_000);

  private void add(CheckpointKey key, long from, long to) {
    for (long sequence = from; sequence < to; sequence++) {
      window.add(Frames.at(key, sequence), BYTES);
    }
  }

  private boolean has(CheckpointKey key, long sequence) {
    return window.get(key, sequence).isPresent();
  }

  @Test
  void theOldestFallOutWhoeverNeedsThem() {
    add(FIRST, 0, 6);
    add(SECOND, 0, 6);
    assertEquals(10_000, window.bytes());
    assertFalse(has(FIRST, 1));
    assertTrue(has(FIRST, 2));
    assertTrue(has(SECOND, 0));
    add(SECOND, 6, 100);
    assertFalse(has(FIRST, 5));
    assertFalse(has(SECOND, 89));
    assertEquals(90, window.get(SECOND, 90).orElseThrow().sequence());
  }

  @Test
  void whatIsFinalMakesRoom() {
    add(FIRST, 0, 6);
    add(SECOND, 0, 6);
    window.drop(SECOND);
    assertFalse(has(SECOND, 5));
    assertEquals(4_000, window.bytes(), "of the first, 2 to 5 are still here");
    window.drop(SECOND);
    window.drop(FIRST);
    assertEquals(0, window.bytes());
    add(FIRST, 0, 10);
    assertTrue(has(FIRST, 0), "a restarted count holds nothing of the past");
  }

  @Test
  void aFrameThatIsTooLargeIsNotKept() {
    add(FIRST, 0, 2);
    window.add(Frames.at(FIRST, 2), 20_000);
    assertEquals(0, window.bytes());
    assertFalse(has(FIRST, 2));
    add(FIRST, 3, 4);
    assertTrue(has(FIRST, 3));
  }

  @Test
  void framesOfACheckpointFollowEachOther() {
    add(FIRST, 0, 2);
    assertThrows(IllegalArgumentException.class, () -> add(FIRST, 3, 4));
    assertThrows(IllegalArgumentException.class, () -> add(FIRST, 1, 2));
    assertEquals(2_000, window.bytes());
  }

  @Test
  void onlyTheFirstFrameIsAnOpen() {
    assertThrows(IllegalArgumentException.class, () -> new Frame(FIRST, 1, Frames.open(FIRST)));
    assertThrows(
        IllegalArgumentException.class, () -> new Frame(FIRST, 0, Frames.at(FIRST, 1).step()));
  }
}
