package io.hydrant.engine.catalog;

import static io.hydrant.engine.catalog.CatalogScript.content;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * What entries cost with 10,000 retained checkpoints, printed; the bound only catches a change of
 * order.
 */
final class CatalogCostTest {
  private static final int RETAINED = CatalogLimits.KEEP_LAST_MAX;
  private static final int ROUNDS = 5_000;
  private static final long MEDIAN_NANOS_MAX = 500_000;
  private static final ImageId VM = new ImageId(1);

  private final Catalog catalog = new Catalog();
  private long index;

  @Test
  void aCommitStaysCheap() throws MalformedCatalogException {
    apply(new Command.CreateImage("vm", RETAINED));
    apply(new Command.Acquire(VM, Optional.empty(), CatalogScript.request(1)));
    checkpoint(Optional.empty());
    while (image().committed().size() < RETAINED) {
      checkpoint(image().head());
    }
    long[] opens = new long[ROUNDS];
    long[] commits = new long[ROUNDS];
    long[] lines = new long[ROUNDS];
    long[] retires = new long[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      long start = System.nanoTime();
      CheckpointId id = open(image().head());
      long opened = System.nanoTime();
      commit(id);
      long committed = System.nanoTime();
      int lineCount = image().retainedLines().size();
      long listed = System.nanoTime();
      apply(new Command.Retire(VM, List.of(image().committed().firstKey())));
      retires[i] = System.nanoTime() - listed;
      opens[i] = opened - start;
      commits[i] = committed - opened;
      lines[i] = listed - committed;
      assertEquals(RETAINED + 1, lineCount);
    }
    assertEquals(RETAINED, image().committed().size());
    long encodeStart = System.nanoTime();
    byte[] bytes = catalog.encode();
    long encoded = System.nanoTime();
    Catalog.decode(bytes);
    System.out.printf(
        "10,000 retained: open %s, commit %s, retained lines %s, retire %s; encode %d us and decode %d us of %d bytes%n",
        spread(opens),
        spread(commits),
        spread(lines),
        spread(retires),
        (encoded - encodeStart) / 1_000,
        (System.nanoTime() - encoded) / 1_000,
        bytes.length);
    assertTrue(commits[ROUNDS / 2] < MEDIAN_NANOS_MAX, "median commit: " + spread(commits));
  }

  private static String spread(long[] nanos) {
    Arrays.sort(nanos);
    return "p50 %.1f us p99 %.1f us"
        .formatted(nanos[nanos.length / 2] / 1e3, nanos[nanos.length * 99 / 100] / 1e3);
  }

  private ImageState image() {
    return catalog.image(VM).orElseThrow();
  }

  private void checkpoint(Optional<CheckpointId> base) {
    commit(open(base));
  }

  private CheckpointId open(Optional<CheckpointId> base) {
    Command.Open open =
        new Command.Open(
            VM,
            new Epoch(1),
            base.isEmpty() ? CheckpointKind.FULL : CheckpointKind.INCREMENTAL,
            base,
            base.isEmpty() ? Optional.of(CatalogScript.REGIONS) : Optional.empty());
    return assertInstanceOf(Outcome.Opened.class, apply(open)).key().checkpoint();
  }

  private void commit(CheckpointId id) {
    assertInstanceOf(
        Outcome.Committed.class,
        apply(
            new Command.Commit(
                new CheckpointKey(VM, id), new Epoch(1), content(id.value()), List.of())));
  }

  private Outcome apply(Command command) {
    return catalog
        .apply(new EntryPosition(1, index++), new Entry(1, RequestId.NONE, RequestId.NONE, command))
        .outcome();
  }
}
