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
import java.util.Optional;
import java.util.zip.CRC32C;

/** Holds a server that was started again against the books and against the trace's SHA-256 sums. */
final class Examiner {
  private static final PrefetchOptions WITHOUT_ZEROS =
      new PrefetchOptions(ReadClass.READ_CLASS_PREFETCH, PrefetchOptions.EmptyPages.SKIP);

  private final TraceSteps steps;
  private final Ledger ledger;
  private final Violations violations;
  private int restores;

  Examiner(TraceSteps steps, Ledger ledger, Violations violations) {
    this.steps = steps;
    this.ledger = ledger;
    this.violations = violations;
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
      violations.add(
          "the head is %d: expected the newest listed checkpoint, %d; listed are %s"
              .formatted(head, newest, listed));
    }
    if (newest != 0) {
      requireExact(client, image, newest);
    }
  }

  /**
   * Every retained checkpoint restores to exactly its memory. Those beyond retention may still be
   * listed, and may be retired while we look: a server that was killed catches up with that. What
   * was absent after any of the kills still cannot be opened.
   */
  void everything(HydrantClient client, ImageRef image) throws IOException {
    List<Long> listed = committed(client, image);
    for (long id : listed.subList(Math.max(0, listed.size() - ledger.keepLast()), listed.size())) {
      requireExact(client, image, id);
    }
    for (long id : ledger.absentIds()) {
      requireRefused(client, image, id);
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
    List<Integer> candidates = ledger.candidates(id);
    Optional<Restored> restored = restore(client, image, id, "one of the memories " + candidates);
    if (restored.isEmpty()) {
      return;
    }
    for (int number : candidates) {
      if (restored.get().equals(expected(number))) {
        ledger.foundCommitted(id, number);
        return;
      }
    }
    violations.add(
        "checkpoint %d was not acknowledged, is visible, and is none of the memories in flight %s: it restores to %s"
            .formatted(id, candidates, restored.get()));
  }

  private void requireExact(HydrantClient client, ImageRef image, long id) throws IOException {
    int number = ledger.number(id).orElse(-1);
    if (number < 0) {
      return; // Told already: nobody sent it.
    }
    Restored expected = expected(number);
    Optional<Restored> restored =
        restore(client, image, id, "memory %d, %s".formatted(number, expected));
    if (restored.isPresent() && !restored.get().equals(expected)) {
      violations.add(
          "checkpoint %d restores to %s instead of memory %d of the trace, %s"
              .formatted(id, restored.get(), number, expected));
    }
  }

  private void requireRefused(HydrantClient client, ImageRef image, long id) {
    try (RestoreSession session = client.openRestore(image, id, Duration.ZERO)) {
      violations.add(
          "checkpoint %d was refused or in flight and is not listed as committed: expected a refusal, but session %s opens"
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

    @Override
    public String toString() {
      return "sha256 %s with a slim state of %d bytes, crc32c %08x"
          .formatted(sha256, slim.length, crc32c(slim));
    }

    private static long crc32c(byte[] bytes) {
      CRC32C sum = new CRC32C();
      sum.update(bytes);
      return sum.getValue();
    }
  }

  private Restored expected(int number) {
    return new Restored(steps.sha256(number), steps.slim(number));
  }

  /**
   * @param expected for the message if it cannot be restored
   * @return empty: it could not, and this was told
   */
  private Optional<Restored> restore(HydrantClient client, ImageRef image, long id, String expected)
      throws IOException {
    MemoryImage memory = steps.emptyMemory();
    PageRange everything = PageRange.newBuilder().setPageCount(memory.pages()).build();
    restores++;
    try (RestoreSession session = client.openRestore(image, id, Duration.ZERO)) {
      session.prefetch(List.of(everything), WITHOUT_ZEROS, new MemorySink(memory));
      return Optional.of(new Restored(memory.sha256(), session.slim()));
    } catch (HydrantException e) {
      violations.add(
          "checkpoint %d cannot be restored: expected %s, but %s".formatted(id, expected, e));
      return Optional.empty();
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
