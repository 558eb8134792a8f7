package io.hydrant.bench.kill;

import io.hydrant.client.CheckpointWriter;
import io.hydrant.client.CommittedCheckpoint;
import io.hydrant.client.EncodingPolicy;
import io.hydrant.client.HydrantClient;
import io.hydrant.client.HydrantException;
import io.hydrant.client.ProtectionStream;
import io.hydrant.client.RejectedException;
import io.hydrant.client.UnavailableException;
import io.hydrant.client.WriteOptions;
import io.hydrant.v1.AcquireProtectionResponse;
import io.hydrant.v1.ImageRef;
import io.hydrant.v1.Region;
import io.hydrant.v1.RegionKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One life of a protector: takes the image over under a new epoch and replays the trace flat out
 * from the head that the server reports, two checkpoints in flight, round and round, until the
 * server is gone. Now and then it sends the union of several dirty sets, as after an abort.
 */
final class Protector {
  private static final double UNION_SHARE = 0.25;
  private static final int UNION_STEPS_MAX = 4;
  private static final long OUTCOME_SECONDS_MAX = 20;

  private final TraceSteps steps;
  private final Ledger ledger;
  private final Violations violations;
  private final SplittableRandom random;
  private final List<InFlight> pending = new ArrayList<>();
  private long endedNanos;

  Protector(TraceSteps steps, Ledger ledger, Violations violations, SplittableRandom random) {
    this.steps = steps;
    this.ledger = ledger;
    this.violations = violations;
    this.random = random;
  }

  private record InFlight(
      Ledger.Attempt attempt,
      CheckpointWriter writer,
      CompletableFuture<@Nullable Void> answered) {}

  /**
   * Replays until {@code checkpoints} are acknowledged or the server is gone.
   *
   * @return what ended it before its time; empty if all were acknowledged
   */
  Optional<Exception> run(HydrantClient client, ImageRef image, int checkpoints)
      throws InterruptedException {
    try {
      replay(client, image, checkpoints);
      return Optional.empty();
    } catch (RejectedException e) {
      violations.add(
          "a call that keeps the rules was refused: %s, %s"
              .formatted(e.reason(), KillRun.chain(e)));
      return Optional.of(e);
    } catch (HydrantException | ExecutionException e) {
      return Optional.of(e);
    } finally {
      endedNanos = System.nanoTime();
      client.close();
      settle();
    }
  }

  /** {@link System#nanoTime} when the replay ended, before its last answers were waited for. */
  long endedNanos() {
    return endedNanos;
  }

  private void replay(HydrantClient client, ImageRef image, int checkpoints)
      throws InterruptedException, ExecutionException {
    AcquireProtectionResponse acquired = client.takeOverProtection(image);
    int at = position(acquired.getHead());
    try (ProtectionStream stream = client.protect(acquired, options())) {
      @Nullable InFlight previous = null;
      for (int sent = 0; sent < checkpoints; sent++) {
        TraceSteps.Step step = next(at);
        if (step instanceof TraceSteps.Step.Full && previous != null) {
          // A full one builds on nothing: opening it would abort what is in flight.
          previous.answered().get();
        }
        InFlight current = send(stream, step, previous, acquired.getHead());
        if (previous != null) {
          previous.answered().get();
        }
        previous = current;
        at = step.number();
      }
      if (previous != null) {
        previous.answered().get();
      }
    }
  }

  /** The trace number of the head; -1 without one. */
  private int position(long head) {
    long expected = ledger.newest().map(newest -> newest.getKey()).orElse(0L);
    if (head != expected) {
      violations.add("the head is %d and should be %d".formatted(head, expected));
    }
    return ledger.number(head).orElse(-1);
  }

  private WriteOptions options() {
    EncodingPolicy encoding = random.nextBoolean() ? EncodingPolicy.AUTO : EncodingPolicy.RAW;
    return new WriteOptions(encoding, WriteOptions.DEFAULT.zeroPages());
  }

  private TraceSteps.Step next(int at) {
    if (at < 0 || at == steps.last()) {
      return steps.begin();
    }
    int count = random.nextDouble() < UNION_SHARE ? 1 + random.nextInt(UNION_STEPS_MAX) : 1;
    return steps.union(at, Math.min(at + count, steps.last()));
  }

  private InFlight send(
      ProtectionStream stream, TraceSteps.Step step, @Nullable InFlight previous, long head) {
    Ledger.Attempt attempt = ledger.begin(step.number());
    CheckpointWriter writer =
        switch (step) {
          case TraceSteps.Step.Full full -> stream.openFull(List.of(region()));
          case TraceSteps.Step.Incremental incremental ->
              previous == null
                  ? stream.openIncremental(head)
                  : stream.openIncremental(previous.writer());
        };
    CompletableFuture<@Nullable Void> answered = new CompletableFuture<>();
    InFlight flight = new InFlight(attempt, writer, answered);
    pending.add(flight);
    try {
      StepWriter.send(writer, step, steps.memoryBytes() / region().getPageBytes());
      writer.slim(steps.slim(step.number()));
    } catch (HydrantException e) {
      // Nobody asked for its commit.
      ledger.refused(attempt);
      answered.completeExceptionally(e);
      throw e;
    }
    var _ =
        writer.commit().whenComplete((committed, failure) -> answer(flight, committed, failure));
    return flight;
  }

  private void answer(
      InFlight flight, @Nullable CommittedCheckpoint committed, @Nullable Throwable failure) {
    if (committed != null) {
      ledger.acknowledged(flight.attempt(), committed.id());
      flight.answered().complete(null);
      return;
    }
    switch (failure) {
      case RejectedException rejected -> {
        ledger.refused(flight.attempt());
        violations.add(
            "the commit of memory %d, checkpoint %s, keeps the rules and was refused: %s, %s"
                .formatted(
                    flight.attempt().number(),
                    flight.writer().checkpoint(),
                    rejected.reason(),
                    KillRun.chain(rejected)));
      }
      // The library's word that it never will be committed.
      case UnavailableException unavailable -> ledger.refused(flight.attempt());
      case null, default -> {}
    }
    flight
        .answered()
        .completeExceptionally(
            failure == null ? new IllegalStateException("neither id nor failure") : failure);
  }

  /** Writes down the ids that were told, and waits until no answer can come any more. */
  private void settle() throws InterruptedException {
    for (InFlight flight : pending) {
      try {
        if (!flight.answered().isDone()) {
          flight.answered().get(OUTCOME_SECONDS_MAX, TimeUnit.SECONDS);
        }
      } catch (ExecutionException | TimeoutException e) {
        // Unknown: the next life of the server tells.
      }
      flight.writer().checkpoint().ifPresent(id -> ledger.opened(flight.attempt(), id));
    }
  }

  private Region region() {
    return Region.newBuilder()
        .setName("ram")
        .setKind(RegionKind.REGION_KIND_MEMORY)
        .setPageBytes(4096)
        .setLengthBytes(steps.memoryBytes())
        .build();
  }
}
