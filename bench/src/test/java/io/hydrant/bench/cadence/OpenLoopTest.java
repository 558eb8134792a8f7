package io.hydrant.bench.cadence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.client.CancelledException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class OpenLoopTest {
  private static final Duration INTERVAL = Duration.ofMillis(2);

  private final Script script = new Script();
  private final OpenLoop loop = new OpenLoop(INTERVAL, script);

  /** Answers a checkpoint when the next one is sent, as a store that is slow; the last at once. */
  private static final class Script implements CheckpointSender {
    private final List<String> calls = new ArrayList<>();
    private final Deque<CompletableFuture<Long>> unanswered = new ArrayDeque<>();
    private long last = Long.MAX_VALUE;
    private long refused = Long.MAX_VALUE;
    private long failing = Long.MAX_VALUE;
    private long number;

    @Override
    public void open(long number) {
      calls.add("open " + number);
      if (number == refused) {
        throw new CancelledException("refused", new InterruptedException());
      }
      this.number = number;
    }

    @Override
    public CompletableFuture<Long> send() {
      calls.add("send " + number);
      CompletableFuture<Long> answered = new CompletableFuture<>();
      unanswered.add(answered);
      while (unanswered.size() > (number == last ? 0 : 1)) {
        unanswered.removeFirst().complete(System.nanoTime());
      }
      if (number == failing) {
        answered.completeExceptionally(new IllegalStateException("lost"));
      }
      return answered;
    }

    @Override
    public void end() {
      calls.add("end");
    }
  }

  @Test
  void oneIsOpenedWhenTheOneBeforeTheSentOneIsAnswered() throws Exception {
    script.last = 3;
    Cadence cadence = loop.run(INTERVAL.multipliedBy(4));
    assertEquals(
        List.of(
            "open 0", "send 0", "open 1", "send 1", "open 2", "send 2", "open 3", "send 3",
            "open 4", "end"),
        script.calls);
    assertEquals(4, cadence.due());
    assertEquals(4, cadence.ended());
    assertEquals(List.of(), loop.failures());
    // The first three were answered when the next one was due, or later.
    assertTrue(cadence.millis(50) >= 2, "p50 " + cadence.millis(50));
  }

  @Test
  void whatCannotBeOpenedIsMissedWithAllThatWouldHaveFollowed() throws Exception {
    script.last = 1;
    script.refused = 2;
    Cadence cadence = loop.run(INTERVAL.multipliedBy(6));
    assertEquals(6, cadence.due());
    assertEquals(2, cadence.ended());
    assertTrue(cadence.longestRun() >= 4);
    assertEquals(1, loop.failures().size());
    assertTrue(loop.failures().getFirst().contains("refused"));
  }

  @Test
  void whatFailsOnItsWayIsMissed() throws Exception {
    script.failing = 1;
    script.last = 2;
    Cadence cadence = loop.run(INTERVAL.multipliedBy(3));
    assertEquals(3, cadence.due());
    assertEquals(2, cadence.ended());
    assertTrue(loop.failures().stream().allMatch(text -> text.contains("lost")));
  }

  @Test
  void aLoopWithoutMomentsSendsNothing() throws Exception {
    assertEquals(0, loop.run(Duration.ZERO).due());
    assertEquals(List.of("open 0", "end"), script.calls);
  }
}
