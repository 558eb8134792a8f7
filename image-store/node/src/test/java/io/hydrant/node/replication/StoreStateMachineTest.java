package io.hydrant.node.replication;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Entry;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.ImageId;
import io.hydrant.raftlog.LogPosition;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class StoreStateMachineTest {
  private final FakeStore store = new FakeStore();
  private final List<String> stops = new ArrayList<>();
  private final List<Boolean> leaderships = new ArrayList<>();
  private final StoreStateMachine machine =
      new StoreStateMachine(
          store,
          (leader, term) -> leaderships.add(leader),
          (what, cause) -> stops.add(what + ": " + cause.getMessage()));

  private static final class FakeStore implements ReplicatedStore {
    private final Catalog catalog = new Catalog();
    private EntryPosition durable = EntryPosition.NONE;
    private CompletableFuture<EntryPosition> snapshot = new CompletableFuture<>();
    private int snapshots;

    @Override
    public EntryPosition snapshotPosition() {
      return durable;
    }

    @Override
    public boolean isRecovered() {
      return false;
    }

    @Override
    public EntryPosition applied() {
      return catalog.applied();
    }

    @Override
    public Outcome apply(EntryPosition position, Entry entry) {
      return catalog.apply(position, entry).outcome();
    }

    @Override
    public void skip(EntryPosition position) {
      catalog.skip(position);
    }

    @Override
    public CompletableFuture<EntryPosition> snapshot() {
      snapshots++;
      return snapshot;
    }
  }

  private static byte[] create() {
    return EntryCodec.encode(
        new Entry(5, RequestId.NONE, RequestId.NONE, new Command.CreateImage("vm", 3)));
  }

  @Test
  void appliesInOrderAndAnswers() throws Exception {
    assertEquals(LogPosition.NONE, machine.restored());
    machine.skip(new LogPosition(1, 0));
    byte[] answer = machine.apply(new LogPosition(1, 1), create());
    assertEquals(new Outcome.ImageCreated(new ImageId(1)), OutcomeCodec.decode(answer));
    assertEquals(new EntryPosition(1, 1), store.applied());
  }

  @Test
  void whatItCannotReadIsNeverSkipped() {
    byte[] newer = {8, 2};
    assertThrows(UnreadableEntryException.class, () -> machine.apply(new LogPosition(1, 0), newer));
    assertEquals(EntryPosition.NONE, store.applied());
  }

  @Test
  void aSnapshotIsStartedWhenTheDurableStateIsBehind() {
    assertEquals(LogPosition.NONE, machine.snapshot());
    assertEquals(0, store.snapshots);
    machine.skip(new LogPosition(1, 0));
    assertEquals(LogPosition.NONE, machine.snapshot());
    assertEquals(1, store.snapshots);
    store.durable = new EntryPosition(1, 0);
    assertEquals(new LogPosition(1, 0), machine.snapshot());
    assertEquals(1, store.snapshots);
  }

  @Test
  void aSnapshotThatFailsStopsTheProcess() {
    machine.skip(new LogPosition(1, 0));
    machine.snapshot();
    store.snapshot.completeExceptionally(new IOException("no such device"));
    assertEquals(List.of("writing a snapshot failed: no such device"), stops);
  }

  @Test
  void aFailedLogStopsTheProcess() {
    machine.failed(new IOException("disk gone"));
    assertEquals(List.of("the replicated log has stopped: disk gone"), stops);
    machine.leadershipChanged(true, 3);
    assertEquals(List.of(true), leaderships);
  }
}
