package io.hydrant.bench.cadence;

import io.hydrant.bench.data.PageSet;
import io.hydrant.bench.kill.StepWriter;
import io.hydrant.bench.store.StoreImage;
import io.hydrant.client.CheckpointWriter;
import io.hydrant.client.CommittedCheckpoint;
import io.hydrant.client.HydrantException;
import io.hydrant.client.ProtectionStream;
import io.hydrant.client.UnavailableException;
import io.hydrant.v1.Region;
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
 * moment when it was due.
 */
public final class OpenLoop {
  private static final long ANSWER_SECONDS_MAX = 60;

  /**
   * Of the first checkpoint, which is larger than what the library keeps to send it again: a leader
   * that is lost meanwhile, among processes that have just started, costs it as a whole.
   */
  private static final int BEGINNINGS_MAX = 5;

  private final GuestStream stream;
  private final ProtectionStream protection;
  private final List<String> failures = new ArrayList<>();

  public OpenLoop(GuestStream stream, ProtectionStream protection) {
    this.stream = stream;
    this.protection = protection;
  }

  /**
   * Commits what the image has in the beginning; returns the checkpoint.
   *
   * @throws ExecutionException the library's failure
   */
  public long begin() throws InterruptedException, ExecutionException {
    for (int beginning = 1; ; beginning++) {
      try {
        return full();
      } catch (UnavailableException e) {
        failures.add("at the beginning: " + e.getMessage());
        if (beginning == BEGINNINGS_MAX) {
          throw e;
        }
      } catch (ExecutionException e) {
        failures.add("at the beginning: " + e.getMessage());
        if (!(e.getCause() instanceof UnavailableException) || beginning == BEGINNINGS_MAX) {
          throw e;
        }
      }
    }
  }

  private long full() throws InterruptedException, ExecutionException {
    Region region = StoreImage.region(stream.imageBytes());
    try (CheckpointWriter writer = protection.openFull(List.of(region))) {
      StepWriter.full(writer, stream.begin(), stream.imageBytes() / region.getPageBytes());
      return writer.commit().get().id();
    }
  }

  /** What went wrong; each of it is a missed moment, too. */
  public List<String> failures() {
    return List.copyOf(failures);
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

  /**
   * Runs for a while; returns when everything is answered.
   *
   * @param base checkpoint to begin on
   */
  public Cadence run(long base, Duration duration) throws InterruptedException {
    long count = duration.dividedBy(stream.interval());
    List<Moment> moments = run(base, number -> number < count);
    Cadence cadence = new Cadence(stream.interval());
    moments.forEach(moment -> cadence.ended(moment.nanos()));
    for (long number = moments.size(); number < count; number++) {
      cadence.failed();
    }
    return cadence;
  }

  /**
   * Runs as long as there is a next checkpoint; returns when everything is answered.
   *
   * @param base checkpoint to begin on
   * @param goesOn asked with each number, from 0
   * @return those that were acknowledged; what was not is among the {@link #failures}
   */
  public List<Moment> run(long base, LongPredicate goesOn) throws InterruptedException {
    List<Flight> flights = new ArrayList<>();
    Clockwork clockwork = new Clockwork(stream.interval());
    try {
      CheckpointWriter writer = protection.openIncremental(base);
      @Nullable Flight previous = null;
      for (long number = 0; goesOn.test(number); number++) {
        long due = clockwork.await(number);
        Flight flight = send(writer, number, due);
        flights.add(flight);
        if (previous != null) {
          // Two are open at most; there is nothing else to do before the next one is due.
          previous.answered().get();
        }
        writer = protection.openIncremental(writer);
        previous = flight;
      }
      writer.close();
    } catch (HydrantException | ExecutionException e) {
      failures.add(e.toString());
    }
    return answered(flights);
  }

  private Flight send(CheckpointWriter writer, long number, long due) {
    PageSet set = stream.pages(number);
    writer.batch(0, set.pages(), set.content());
    byte[] slim = stream.slim(number);
    if (slim.length > 0) {
      writer.slim(slim);
    }
    CompletableFuture<CommittedCheckpoint> committed = writer.commit();
    return new Flight(due, committed.thenApply(_ -> System.nanoTime()));
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
