package io.hydrant.engine.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Entry;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.model.CheckpointDigest;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.testkit.simulation.PageContents;
import io.hydrant.testkit.simulation.SimulatedMedia;
import io.hydrant.testkit.simulation.SimulatedReplica;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Receivers that an entry overtakes, at the moments between its steps. */
class LateReceiversTest {
  private static final RegionTable REGIONS =
      new RegionTable(List.of(new RegionSpec("ram", RegionKind.MEMORY, 4 << 10, 8 << 20)));
  private static final CheckpointKey KEY = CheckpointKey.of(1, 1);
  private static final CheckpointInfo AS_OPENED =
      new CheckpointInfo(
          new CheckpointId(1),
          Optional.empty(),
          CheckpointKind.FULL,
          new Epoch(1),
          REGIONS,
          Optional.empty());

  private final Deque<Runnable> background = new ArrayDeque<>();
  private final List<StoreEvent> events = new ArrayList<>();
  private final StoreWriter writer = new StoreWriter();
  private final StoreParts parts;
  private final Publisher publisher;
  private final Receivers receivers;
  private long index;

  LateReceiversTest() throws IOException {
    SimulatedMedia media = new SimulatedMedia(new SplittableRandom(1));
    ImageStorePorts ports =
        new ImageStorePorts(
            media.segments(),
            media.catalogs(),
            media.index(),
            new PageContents(),
            new SplittableRandom(2),
            background::add,
            background::add,
            background::add,
            () -> false,
            events::add);
    parts = StoreParts.recover(SimulatedReplica.SMALL, ports);
    publisher = new Publisher(parts, writer, ports);
    receivers = new Receivers(parts.catalog(), parts.staging(), publisher, writer);
    apply(new Command.CreateImage("vm", 16));
    apply(new Command.Acquire(KEY.image(), Optional.empty(), new RequestId(new UUID(5, 5))));
    apply(
        new Command.Open(
            KEY.image(),
            new Epoch(1),
            CheckpointKind.FULL,
            Optional.empty(),
            Optional.of(REGIONS)));
  }

  private void apply(Command command) throws IOException {
    index++;
    RequestId request = new RequestId(new UUID(7, index));
    parts
        .catalog()
        .apply(new EntryPosition(1, index), new Entry(1_000, RequestId.NONE, request, command));
  }

  /** The commit entry, as far as the catalog; and that its bytes are awaited. */
  private void commit() throws IOException {
    commit(new Command.Content(Digest.of(new byte[Digest.BYTES]), 0, 0, 0, 0));
  }

  private void commit(Command.Content content) throws IOException {
    apply(new Command.Commit(KEY, new Epoch(1), content, List.of("others")));
    writer.change(() -> {
      publisher.publish(parts.catalog().image(KEY.image()).orElseThrow(), KEY, content, index);
      return KEY;
    });
  }

  @Test
  void aLiveLateReceiverIsNotOverwritten() throws Exception {
    commit();
    StagedCheckpoint live = receivers.forwarded(KEY, AS_OPENED);
    // Who asked before the entry, and begins a receiver only now.
    StagedCheckpoint begun = parts.staging().receiver(KEY, AS_OPENED);
    assertSame(live, receivers.forwarded(KEY, AS_OPENED));
    assertSame(live, lateReceiver());
    assertNull(parts.staging().staged(KEY));
    Refusal refusal = assertThrows(Refusal.class, () -> begun.zeroTracts(0, 0, 1));
    assertEquals(Rejection.ABORTED, refusal.rejection());
    live.zeroTracts(0, 0, 1);
  }

  private StagedCheckpoint lateReceiver() {
    return Objects.requireNonNull(parts.staging().late(KEY)).receiver();
  }

  /** A receiver that has gone must not end the one that was begun since. */
  @Test
  void theEndOfOneReceiverIsNotThatOfTheNext() throws Exception {
    commit();
    StagingSession first = (StagingSession) receivers.forwarded(KEY, AS_OPENED);
    parts.staging().forget(KEY);
    StagedCheckpoint next = receivers.forwarded(KEY, AS_OPENED);
    first.whole().cancel(false);
    background.forEach(Runnable::run);
    assertSame(next, receivers.forwarded(KEY, AS_OPENED));
  }

  @Test
  void aRefusalLeavesNoReceiver() throws Exception {
    commit();
    writer.changeIfUsable(() -> parts.missing().remove(KEY)); // published, or repaired
    StagingSession begun = (StagingSession) parts.staging().receiver(KEY, AS_OPENED);
    assertThrows(Refusal.class, () -> receivers.forwarded(KEY, AS_OPENED));
    assertEquals(0, parts.staging().size());
    assertThrows(Refusal.class, () -> begun.zeroTracts(0, 0, 1));
  }

  @Test
  void whoIsStoppingSaysSo() throws Exception {
    commit();
    assertTrue(writer.close());
    Refusal refusal = assertThrows(Refusal.class, () -> receivers.forwarded(KEY, AS_OPENED));
    assertEquals(Rejection.BEHIND, refusal.rejection());
    assertEquals(List.of(), faults());
  }

  /** Entries must not wait for all of a large checkpoint that came late. */
  @Test
  void othersMakeChangesInTheMiddleOfALateMerge() throws Exception {
    StagedCheckpoint receiver = receivers.forwarded(KEY, AS_OPENED);
    CheckpointDigest digest = new CheckpointDigest();
    int patches = 0;
    for (int page = 0; page < 2_048; patches++) {
      int count = page < 1_000 ? 1 : Math.min(256, 2_048 - page);
      PageTable table = zeros(page, count);
      receiver.patch(0, 0, table, ByteBuffer.allocate(0));
      digest.patch(0, REGIONS.get(0), 0, table);
      page += count;
    }
    Command.Content content =
        new Command.Content(digest.finish(0, new int[0]), patches, 2_048, 0, 0);
    commit(content);
    receiver.finish(content);
    while (!((StagingSession) receiver).whole().isDone()) {
      background.remove().run(); // the sync
    }
    AtomicInteger between = new AtomicInteger();
    Thread others =
        Thread.ofPlatform()
            .start(() -> {
              boolean missing = true;
              while (missing) {
                missing = look(between);
              }
            });
    while (!background.isEmpty()) {
      background.remove().run();
    }
    assertTrue(parts.missing().hole(KEY).isEmpty());
    others.join();
    assertTrue(between.get() > 0, "nobody got in between");
    assertEquals(List.of(), faults());
  }

  /** Counts the changes that see some of it merged, and all of it missing. */
  private boolean look(AtomicInteger between) {
    try {
      return writer.change(() -> {
        boolean missing = parts.missing().hole(KEY).isPresent();
        if (missing && parts.maps().dirtyBytes() > 0) {
          between.incrementAndGet();
        }
        return missing;
      });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static PageTable zeros(int first, int count) {
    short[] numbers = new short[count];
    byte[] encodings = new byte[count];
    for (int row = 0; row < count; row++) {
      numbers[row] = (short) (first + row);
      encodings[row] = (byte) PageEncoding.ZERO.code();
    }
    return new PageTable(numbers, encodings, new int[count], new int[count]);
  }

  private List<StoreEvent> faults() {
    return events.stream().filter(StoreEvent.Fault.class::isInstance).toList();
  }
}
