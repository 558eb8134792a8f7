package io.hydrant.cli.replay;

import io.hydrant.cli.Answers;
import io.hydrant.client.CheckpointWriter;
import io.hydrant.client.CommittedCheckpoint;
import io.hydrant.client.ProtectionStream;
import io.hydrant.client.trace.Trace;
import io.hydrant.client.trace.TraceCheckpoint;
import io.hydrant.client.trace.TraceEntry;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends checkpoints of a trace as a protector would. The next one is opened while the one before
 * still waits for its acknowledgement, two at most, as the API allows. Files are read and
 * decompressed one ahead.
 */
public final class Replay {
  /** The API's limit of open checkpoints per image. */
  private static final int IN_FLIGHT_MAX = 2;

  private final Trace trace;
  private final ProtectionStream stream;
  private final Pace pace;
  private final Consumer<Replayed> listener;
  private final ArrayDeque<InFlight> inFlight = new ArrayDeque<>();

  /** A checkpoint whose commit was asked for. */
  private record InFlight(
      TraceCheckpoint checkpoint, CompletableFuture<Acknowledged> answer, long deadlineNanos) {}

  private record Acknowledged(CommittedCheckpoint committed, long beginNanos, long endNanos) {}

  /**
   * @param listener is told of each checkpoint when it is acknowledged, in order
   */
  public Replay(Trace trace, ProtectionStream stream, Pace pace, Consumer<Replayed> listener) {
    this.trace = trace;
    this.stream = stream;
    this.pace = pace;
    this.listener = listener;
  }

  /**
   * Sends checkpoints 0 to {@code count - 1} and waits for the last acknowledgement.
   *
   * @throws IOException if the trace cannot be read
   */
  public void run(int count) throws IOException, InterruptedException {
    List<TraceEntry> entries = trace.checkpoints();
    long begin = System.nanoTime();
    @Nullable CheckpointWriter previous = null;
    FutureTask<TraceCheckpoint> next = readAhead(0);
    for (int number = 0; number < count; number++) {
      TraceCheckpoint checkpoint = take(next);
      if (number + 1 < count) {
        next = readAhead(number + 1);
      }
      long due = begin + pace.dueNanos(number, entries.get(number), entries.getFirst());
      sleepUntil(due);
      while (inFlight.size() >= IN_FLIGHT_MAX) {
        settleOldest();
      }
      previous = send(checkpoint, previous, deadline(begin, number, entries));
    }
    while (!inFlight.isEmpty()) {
      settleOldest();
    }
  }

  private long deadline(long begin, int number, List<TraceEntry> entries) {
    int following = number + 1;
    if (following < entries.size()) {
      return begin + pace.dueNanos(following, entries.get(following), entries.getFirst());
    }
    return begin
        + pace.dueNanos(number, entries.get(number), entries.getFirst())
        + TimeUnit.MILLISECONDS.toNanos(trace.intervalMillis());
  }

  private CheckpointWriter send(
      TraceCheckpoint checkpoint, @Nullable CheckpointWriter previous, long deadlineNanos) {
    long begin = System.nanoTime();
    CheckpointWriter writer =
        previous == null
            ? stream.openFull(TracePages.regions(trace))
            : stream.openIncremental(previous);
    try (writer) {
      if (previous == null) {
        TracePages.writeFull(checkpoint, writer);
      } else {
        TracePages.writeChanged(checkpoint, writer);
      }
      CompletableFuture<Acknowledged> answer =
          writer
              .commit()
              .thenApply(committed -> new Acknowledged(committed, begin, System.nanoTime()));
      inFlight.add(new InFlight(checkpoint, answer, deadlineNanos));
    }
    return writer;
  }

  private void settleOldest() throws InterruptedException {
    InFlight oldest = inFlight.remove();
    Acknowledged acknowledged = Answers.await(oldest.answer());
    TraceCheckpoint checkpoint = oldest.checkpoint();
    listener.accept(
        new Replayed(
            checkpoint.number(),
            acknowledged.committed().id(),
            checkpoint.pages().length,
            Replayed.bytesOf(checkpoint),
            acknowledged.endNanos() - acknowledged.beginNanos(),
            pace.isTimed() && acknowledged.endNanos() > oldest.deadlineNanos(),
            checkpoint.sha256()));
  }

  private FutureTask<TraceCheckpoint> readAhead(int number) {
    FutureTask<TraceCheckpoint> task = new FutureTask<>(() -> trace.read(number));
    Thread.ofPlatform().name("trace-reader").daemon().start(task);
    return task;
  }

  private static TraceCheckpoint take(FutureTask<TraceCheckpoint> task)
      throws IOException, InterruptedException {
    try {
      return task.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      throw new IllegalStateException("reading a trace", e.getCause());
    }
  }

  private static void sleepUntil(long nanoTime) throws InterruptedException {
    long left = nanoTime - System.nanoTime();
    if (left > 0) {
      TimeUnit.NANOSECONDS.sleep(left);
    }
  }
}
