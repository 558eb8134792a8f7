package io.hydrant.node.replication;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Entry;
import io.hydrant.engine.catalog.MalformedCatalogException;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.ImageId;
import io.hydrant.raftlog.LogPosition;
import io.hydrant.raftlog.Peer;
import io.hydrant.raftlog.StateOrigin;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class StoreStateMachineTest {
  private final FakeStore store = new FakeStore();
  private final FakeSource source = new FakeSource();
  private final List<String> stops = new ArrayList<>();
  private final List<Boolean> leaderships = new ArrayList<>();
  private final StoreStateMachine machine =
      new StoreStateMachine(
          store,
          source,
          (leader, term) -> leaderships.add(leader),
          (what, cause) -> stops.add(what + ": " + cause.getMessage()));

  private static final class FakeStore implements ReplicatedStore {
    private final Catalog catalog = new Catalog();
    private EntryPosition durable = EntryPosition.NONE;
    private CompletableFuture<EntryPosition> snapshot = new CompletableFuture<>();
    private final Queue<IOException> installFailures = new ConcurrentLinkedQueue<>();
    private volatile boolean installed;
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
    public EntryPosition install(byte[] bytes) throws IOException, MalformedCatalogException {
      Catalog next = Catalog.decode(bytes);
      IOException failure = installFailures.poll();
      if (failure != null) {
        throw failure;
      }
      catalog.replaceWith(next);
      durable = catalog.applied();
      installed = true;
      return durable;
    }

    @Override
    public boolean isInstalled() {
      return installed;
    }

    @Override
    public CompletableFuture<EntryPosition> snapshot() {
      snapshots++;
      return snapshot;
    }
  }

  /** Another replica, in answers; the last one is repeated. */
  private static final class FakeSource implements MetadataSource {
    private final Deque<byte[]> answers = new ConcurrentLinkedDeque<>();
    private final List<Long> asked = new CopyOnWriteArrayList<>();
    private final CountDownLatch askedTwice = new CountDownLatch(2);

    @Override
    public byte[] fetch(long atLeast, Peer leader) throws IOException {
      asked.add(atLeast);
      askedTwice.countDown();
      byte[] answer = answers.poll();
      if (answer == null || answer.length == 0) {
        throw new IOException("broke off");
      }
      return answer;
    }

    @Override
    public void close() {
      answers.clear();
    }
  }

  private static byte[] another(long index) {
    Catalog catalog = new Catalog();
    catalog.skip(new EntryPosition(2, index));
    return catalog.encode();
  }

  private CompletableFuture<LogPosition> install() {
    return machine.install(new LogPosition(2, 7), Peer.unreachable("n1"));
  }

  @Test
  void installsAnotherReplicasStateHoweverOftenThatFails() throws Exception {
    machine.skip(new LogPosition(1, 0));
    assertEquals(StateOrigin.REPLAYED, machine.origin());
    byte[] bad = another(9);
    bad[bad.length - 1] ^= 1;
    store.installFailures.add(new DiskFullException("no room"));
    source.answers.addAll(List.of(new byte[0], bad, another(9), another(10)));
    assertEquals(new LogPosition(2, 10), install().get(30, TimeUnit.SECONDS));
    assertEquals(StateOrigin.INSTALLED, machine.origin());
    assertEquals(List.of(7L, 7L, 7L, 7L), source.asked);
    machine.skip(new LogPosition(2, 11));
    assertEquals(List.of(), stops);
  }

  @Test
  void whatIsAppliedHereAlreadyIsAskedForAtLeast() throws Exception {
    machine.skip(new LogPosition(1, 20));
    source.answers.add(another(30));
    assertEquals(new LogPosition(2, 30), install().get(30, TimeUnit.SECONDS));
    assertEquals(List.of(20L), source.asked);
  }

  @Test
  void aDiskThatFailsWhileInstallingStopsTheProcess() {
    store.installFailures.add(new IOException("no such device"));
    source.answers.add(another(9));
    assertThrows(ExecutionException.class, () -> install().get(30, TimeUnit.SECONDS));
    assertEquals(List.of("installing another replica's state failed: no such device"), stops);
  }

  @Test
  void triesUntilTheReplicaStops() throws Exception {
    CompletableFuture<LogPosition> never = install();
    assertTrue(source.askedTwice.await(30, TimeUnit.SECONDS));
    assertFalse(never.isDone());
    machine.close();
    assertThrows(CancellationException.class, () -> never.get(30, TimeUnit.SECONDS));
    assertTrue(install().isCompletedExceptionally());
    assertEquals(List.of(), stops);
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
