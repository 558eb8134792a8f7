package io.hydrant.bench.cadence;

import io.hydrant.bench.data.PageSet;
import io.hydrant.bench.kill.StepWriter;
import io.hydrant.bench.store.StoreImage;
import io.hydrant.client.CheckpointWriter;
import io.hydrant.client.CommittedCheckpoint;
import io.hydrant.client.HydrantException;
import io.hydrant.client.ProtectionStream;
import io.hydrant.v1.Region;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A protector whose checkpoints are due at fixed moments: each is sent when it is due, however long
 * the ones before take, as far as the store lets it (two in flight); its latency counts from the
 * moment when it was due.
 */
public final class OpenLoop {
  private static final long ANSWER_SECONDS_MAX = 60;

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

  private record InFlight(long due, CompletableFuture<Long> answeredNanos) {}

  /**
   * Runs for a while; returns when everything is answered.
   *
   * @param base checkpoint to begin on
   */
  public Cadence run(long base, Duration duration) throws InterruptedException {
    long count = duration.dividedBy(stream.interval());
    List<InFlight> flights = new ArrayList<>();
    Clockwork clockwork = new Clockwork(stream.interval());
    try {
      CheckpointWriter writer = protection.openIncremental(base);
      @Nullable InFlight previous = null;
      for (long number = 0; number < count; number++) {
        long due = clockwork.await(number);
        InFlight flight = send(writer, number, due);
        flights.add(flight);
        if (previous != null) {
          // Two are open at most; there is nothing else to do before the next one is due.
          previous.answeredNanos().get();
        }
        writer = protection.openIncremental(writer);
        previous = flight;
      }
      writer.close();
    } catch (HydrantException | ExecutionException e) {
      failures.add(e.toString());
    }
    return judge(flights, count);
  }

  private InFlight send(CheckpointWriter writer, long number, long due) {
    PageSet set = stream.pages(number);
    writer.batch(0, set.pages(), set.content());
    byte[] slim = stream.slim(number);
    if (slim.length > 0) {
      writer.slim(slim);
    }
    CompletableFuture<CommittedCheckpoint> committed = writer.commit();
    return new InFlight(due, committed.thenApply(_ -> System.nanoTime()));
  }

  private Cadence judge(List<InFlight> flights, long count) throws InterruptedException {
    Cadence cadence = new Cadence(stream.interval());
    for (InFlight flight : flights) {
      try {
        long answered =
            flight.answeredNanos().orTimeout(ANSWER_SECONDS_MAX, TimeUnit.SECONDS).get();
        cadence.ended(answered - flight.due());
      } catch (ExecutionException e) {
        failures.add(e.toString());
        cadence.failed();
      }
    }
    for (long number = flights.size(); number < count; number++) {
      cadence.failed();
    }
    return cadence;
  }
}
