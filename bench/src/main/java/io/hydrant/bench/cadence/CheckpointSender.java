package io.hydrant.bench.cadence;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Where an open loop's checkpoints go: to the store, or to what it is compared with. The loop opens
 * one, sends it when it is due and opens the next when the one before the sent one is answered, so
 * that one that is open and one that is not answered are all there is between two moments. For one
 * thread.
 */
public interface CheckpointSender {
  /**
   * Makes a checkpoint ready before it is due.
   *
   * @param number 0: the first of a loop; otherwise the next one, after {@link #send}
   */
  void open(long number);

  /**
   * Sends the one that is open; may wait for the network, never for the answer.
   *
   * @return when it was acknowledged, on the clock of {@link System#nanoTime}; fails with what
   *     became of it instead
   */
  CompletableFuture<Long> send() throws InterruptedException, ExecutionException;

  /** Gives up the one that is open; another loop may begin. */
  void end();
}
