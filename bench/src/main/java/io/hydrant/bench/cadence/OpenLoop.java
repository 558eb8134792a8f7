package io.hydrant.bench.cadence;

import io.hydrant.client.HydrantException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * A protector whose checkpoints are due at fixed moments: each is sent when it is due, however long
 * the ones before take, as far as the store lets it (two in flight); its latency counts from the
 * moment when it was due. What the store is compared with is held to the same two.
 */
public final class OpenLoop {
  private static final long ANSWER_SECONDS_MAX = 60;

  private final Duration interval;
  private final CheckpointSender sender;
  private final List<String> failures = new ArrayList<>();
  private volatile long latestNanos = Long.MAX_VALUE;

  public OpenLoop(Duration interval, CheckpointSender sender) {
    this.interval = interval;
    this.sender = sender;
  }

  public Duration interval() {
    return interval;
  }

  /** What went wrong; each of it is a missed moment, too. */
  public List<String> failures() {
    return List.copyOf(failures);
  }

  /**
   * How long the checkpoint took that was acknowledged last, from the moment when it was due; the
   * longest time there is before the first one. Any thread.
   */
  public long latestNanos() {
    return latestNanos;
  }

  /**
   * A checkpoint that was due.
   *
   * @param due on the clock of {@link System#nanoTime}
   * @param answered likewise; fails with what became of it instead
   */
  private record Flight(long due, CompletableFuture<Long> answered) {}

  /**
   * A checkpoint that was acknowledged.
   *
   * @param due on the clock of {@link System#nanoTime}
   * @param nanos from then to the acknowledgement
   */
  public record Moment(long due, long nanos) {}

  /** Runs for a while; returns when everything is answered. */
  public Cadence run(Duration duration) throws InterruptedException {
    long count = duration.dividedBy(interval);
    List<Moment> moments = run(number -> number < count);
    Cadence cadence = new Cadence(interval);
    moments.forEach(moment -> cadence.ended(moment.nanos()));
    for (long number = moments.size(); number < count; number++) {
      cadence.failed();
    }
    return cadence;
  }

  /**
   * Runs as long as there is a next checkpoint; returns when everything is answered.
   *
   * @param goesOn asked with each number, from 0
   * @return those that were acknowledged; what was not is among the {@link #failures}
   */
  public List<Moment> run(LongPredicate goesOn) throws InterruptedException {
    List<Flight> flights = new ArrayList<>();
    Clockwork clockwork = new Clockwork(interval);
    try {
      sender.open(0);
      @Nullable Flight previous = null;
      for (long number = 0; goesOn.test(number); number++) {
        long due = clockwork.await(number);
        Flight flight = new Flight(due, sender.send());
        flights.add(flight);
        flight.answered().thenAccept(answered -> latestNanos = answered - due);
        if (previous != null) {
          // Two are open at most; there is nothing else to do before the next one is due.
          previous.answered().get();
        }
        sender.open(number + 1);
        previous = flight;
      }
      sender.end();
    } catch (HydrantException | ExecutionException e) {
      failures.add(e.toString());
    }
    return answered(flights);
  }

  private List<Moment> answered(List<Flight> flights) throws InterruptedException {
    List<Moment> moments = new ArrayList<>();
    for (Flight flight : flights) {
      try {
        long answered = flight.answered().get(ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
        moments.add(new Moment(flight.due(), answered - flight.due()));
      } catch (ExecutionException | TimeoutException e) {
        failures.add(e.toString());
      }
    }
    return moments;
  }
}
