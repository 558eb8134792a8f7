package io.hydrant.bench.kill;

import io.hydrant.client.HydrantClient;
import io.hydrant.client.HydrantException;
import io.hydrant.client.PageSink;
import io.hydrant.client.PrefetchOptions;
import io.hydrant.client.RejectedException;
import io.hydrant.client.RestoreSession;
import io.hydrant.client.trace.MemoryImage;
import io.hydrant.v1.Checkpoint;
import io.hydrant.v1.CheckpointState;
import io.hydrant.v1.ImageRef;
import io.hydrant.v1.PageRange;
import io.hydrant.v1.ReadClass;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** Holds a server that was started again against the books and against the trace's SHA-256 sums. */
final class Examiner {
  private static final PrefetchOptions WITHOUT_ZEROS =
      new PrefetchOptions(ReadClass.READ_CLASS_PREFETCH, PrefetchOptions.EmptyPages.SKIP);

  private final TraceSteps steps;
  private final Ledger ledger;
  private int restores;

  Examiner(TraceSteps steps, Ledger ledger) {
    this.steps = steps;
    this.ledger = ledger;
  }

  /** Whole images that were restored and compared. */
  int restores() {
    return restores;
  }

  /**
   * After a restart: what is unacknowledged is wholly there or wholly absent; the newest is exact.
   */
  void afterRestart(HydrantClient client, ImageRef image) throws IOException {
    List<Long> listed = committed(client, image);
    for (long id : ledger.compare(listed)) {
      settle(client, image, id);
    }
    for (long id : ledger.unansweredIds()) {
      requireRefused(client, image, id);
    }
    ledger.settleAbsent();
    long head = client.image(image).getHead();
    long newest = listed.isEmpty() ? 0 : listed.getLast();
    if (head != newest) {
      ledger.violation("the head is %d, the newest listed checkpoint %d".formatted(head, newest));
    }
    if (newest != 0) {
      requireExact(client, image, newest);
    }
  }

  /**
   * Every retained checkpoint restores to exactly its memory. Those beyond retention may still be
   * listed, and may be retired while we look: a server that was killed catches up with that.
   */
  void everything(HydrantClient client, ImageRef image) throws IOException {
    List<Long> listed = committed(client, image);
    for (long id : listed.subList(Math.max(0, listed.size() - ledger.keepLast()), listed.size())) {
      requireExact(client, image, id);
    }
  }

  private static List<Long> committed(HydrantClient client, ImageRef image) {
    return client.checkpoints(image).stream()
        .filter(each -> each.getState() == CheckpointState.CHECKPOINT_STATE_COMMITTED)
        .map(Checkpoint::getId)
        .sorted()
        .toList();
  }

  private void settle(HydrantClient client, ImageRef image, long id) throws IOException {
    Restored restored = restore(client, image, id);
    for (int number : ledger.candidates(id)) {
      if (restored.equals(expected(number))) {
        ledger.foundCommitted(id, number);
        return;
      }
    }
    ledger.violation(
        "checkpoint %d was not acknowledged, is visible, and is none of the memories in flight %s"
            .formatted(id, ledger.candidates(id)));
  }

  private void requireExact(HydrantClient client, ImageRef image, long id) throws IOException {
    int number = ledger.number(id).orElse(-1);
    if (number < 0) {
      return; // Told already: nobody sent it.
    }
    Restored restored = restore(client, image, id);
    Restored expected = expected(number);
    if (!restored.sha256().equals(expected.sha256())) {
      ledger.violation(
          "checkpoint %d restores to %s instead of memory %d of the trace, %s"
              .formatted(id, restored.sha256(), number, expected.sha256()));
    } else if (!restored.equals(expected)) {
      ledger.violation("checkpoint %d has the slim state of another one".formatted(id));
    }
  }

  private void requireRefused(HydrantClient client, ImageRef image, long id) {
    try (RestoreSession session = client.openRestore(image, id, Duration.ZERO)) {
      ledger.violation(
          "checkpoint %d is not listed as committed and yet session %s opens"
              .formatted(id, session));
    } catch (RejectedException e) {
      // As it must be.
    }
  }

  /** A memory and its slim state. */
  private record Restored(String sha256, byte[] slim) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Restored(String sum, byte[] state)
          && sum.equals(sha256)
          && Arrays.equals(state, slim);
    }

    @Override
    public int hashCode() {
      return sha256.hashCode();
    }
  }

  private Restored expected(int number) {
    return new Restored(steps.sha256(number), steps.slim(number));
  }

  private Restored restore(HydrantClient client, ImageRef image, long id) throws IOException {
    MemoryImage memory = steps.emptyMemory();
    PageRange everything = PageRange.newBuilder().setPageCount(memory.pages()).build();
    restores++;
    try (RestoreSession session = client.openRestore(image, id, Duration.ZERO)) {
      session.prefetch(List.of(everything), WITHOUT_ZEROS, new MemorySink(memory));
      return new Restored(memory.sha256(), session.slim());
    } catch (HydrantException e) {
      ledger.violation("checkpoint %d cannot be restored: %s".formatted(id, e.getMessage()));
      return new Restored("nothing", new byte[0]);
    }
  }

  private record MemorySink(MemoryImage memory) implements PageSink {
    @Override
    public void found(int region, long firstPage, ByteBuffer content) {
      memory.put(firstPage, content.duplicate());
    }

    @Override
    public void zero(int region, long firstPage, long pageCount) {
      // The memory is zero to begin with.
    }

    @Override
    public void notKept(int region, long firstPage, long pageCount) {
      throw new IllegalStateException("nobody declared page " + firstPage + " as not kept");
    }
  }
}
