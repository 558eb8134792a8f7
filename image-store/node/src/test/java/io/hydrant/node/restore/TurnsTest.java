package io.hydrant.node.restore;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Turns on a pool whose tasks are run by hand. */
final class TurnsTest {
  private final ArrayDeque<Runnable> queue = new ArrayDeque<>();
  private final List<String> done = new ArrayList<>();

  private Turns endless(String name, long bytes) {
    return new Turns(
        queue::add,
        () -> {
          done.add(name);
          return bytes;
        });
  }

  private List<String> done() {
    List<String> all = List.copyOf(done);
    done.clear();
    return all;
  }

  @Test
  void busyStreamsAlternate() {
    endless("a", Turns.QUANTUM_BYTES).wake();
    endless("b", Turns.QUANTUM_BYTES / 2).wake();
    assertEquals(List.of("a", "b", "b"), done());
    for (int turn = 0; turn < 3; turn++) {
      queue.remove().run();
    }
    assertEquals(List.of("a", "b", "b", "a"), done());
  }

  @Test
  void smallPiecesEndATurn() {
    endless("a", 0).wake();
    assertEquals(64, done().size());
    assertEquals(1, queue.size());
  }

  @Test
  void littleWorkStaysOnItsThread() {
    int[] left = {0};
    Turns turns =
        new Turns(
            queue::add,
            () -> {
              done.add("a");
              return left[0]-- > 0 ? 10 : Turns.NOTHING;
            });
    for (int i = 0; i < 20; i++) {
      left[0] = 1;
      turns.wake();
    }
    assertEquals(40, done().size());
    assertEquals(0, queue.size());
  }

  @Test
  void whatComesWhileItIsAtWorkIsNotForgotten() {
    Turns[] turns = new Turns[1];
    turns[0] =
        new Turns(
            queue::add,
            () -> {
              done.add("a");
              if (done.size() == 1) {
                turns[0].wake();
              }
              return Turns.NOTHING;
            });
    turns[0].wake();
    assertEquals(2, done().size());
  }
}
