package io.hydrant.engine.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** One change at a time, and what closing finds. */
class StoreWriterTest {
  private final StoreWriter writer = new StoreWriter();

  @Test
  void closingWaitsForTheChangeUnderWay() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      Future<Integer> change =
          threads.submit(() ->
              writer.change(() -> {
                begun.countDown();
                await(go);
                return 7;
              }));
      begun.await();
      Future<Boolean> closed = threads.submit(writer::close);
      while (!writer.isClosed()) {
        Thread.onSpinWait();
      }
      assertThrows(
          java.util.concurrent.TimeoutException.class,
          () -> closed.get(50, java.util.concurrent.TimeUnit.MILLISECONDS));
      go.countDown();
      assertTrue(closed.get(), "the change was whole");
      assertEquals(7, change.get());
    }
    assertEquals(Optional.empty(), writer.tryChange(() -> 1));
    assertThrows(IllegalStateException.class, () -> writer.change(() -> 1));
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void closingWithinAChangeKeepsNothing() throws IOException {
    writer.changeIfUsable(() -> assertFalse(writer.close()));
  }

  @Test
  void aFailedChangeIsTheLast() throws IOException {
    assertThrows(
        IOException.class,
        () ->
            writer.change(() -> {
              throw new IOException("disk");
            }));
    assertEquals(Optional.empty(), writer.tryChange(() -> 1));
    assertThrows(IllegalStateException.class, () -> writer.change(() -> 1));
    assertFalse(writer.close());
  }

  /** Work that an executor runs in its caller must not get lost without a word. */
  @Test
  void aChangeWithinAChangeIsNotDroppedInSilence() throws IOException {
    writer.changeIfUsable(
        () -> assertThrows(IllegalStateException.class, () -> writer.changeIfUsable(() -> {})));
  }
}
