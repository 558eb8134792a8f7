package io.hydrant.raftlog;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/** A group of one without a disk: its {@link Storage} outlives it as a directory would. */
public final class MemoryRaftLog implements RaftLog {
  /** What is left of a life. */
  public static final class Storage {
    private final List<Entry> entries = new ArrayList<>();
    private long firstIndex;
    private long term;
  }

  /**
   * @param command null for an entry of the log's own
   */
  private record Entry(
      LogPosition position, byte @Nullable [] command, CompletableFuture<byte[]> answer) {}

  private final Storage storage;
  private final ReplicatedStateMachine machine;
  private final int snapshotEveryEntries;
  private final BlockingQueue<Entry> toApply = new LinkedBlockingQueue<>();
  private final Thread thread;

  private boolean closed;
  private @Nullable Throwable failure;
  private volatile long applied;
  private volatile long snapshotIndex;
  private volatile boolean leader;

  public MemoryRaftLog(Storage storage, ReplicatedStateMachine machine, int snapshotEveryEntries) {
    this.storage = storage;
    this.machine = machine;
    this.snapshotEveryEntries = snapshotEveryEntries;
    LogPosition restored = machine.restored();
    applied = restored.index();
    snapshotIndex = restored.index();
    storage.term++;
    for (Entry entry : storage.entries) {
      if (entry.position().index() > applied) {
        toApply.add(entry);
      }
    }
    append(null);
    thread = Thread.ofPlatform().daemon().name("memory-raft-log").start(this::run);
  }

  private synchronized CompletableFuture<byte[]> append(byte @Nullable [] command) {
    long index = storage.firstIndex + storage.entries.size();
    Entry entry =
        new Entry(new LogPosition(storage.term, index), command, new CompletableFuture<>());
    storage.entries.add(entry);
    toApply.add(entry);
    return entry.answer();
  }

  @Override
  public synchronized CompletableFuture<byte[]> submit(byte[] command) {
    if (command.length == 0 || command.length > COMMAND_BYTES_MAX) {
      throw new IllegalArgumentException("a command of " + command.length + " bytes");
    }
    if (closed || failure != null) {
      return CompletableFuture.failedFuture(unknown());
    }
    return append(command.clone());
  }

  private void run() {
    int sinceSnapshot = 0;
    try {
      while (true) {
        Entry entry = toApply.take();
        byte[] answer = applyOne(entry);
        applied = entry.position().index();
        entry.answer().complete(answer);
        if (++sinceSnapshot >= snapshotEveryEntries) {
          sinceSnapshot = 0;
          purge(machine.snapshot());
        }
      }
    } catch (InterruptedException e) {
      lead(false);
    } catch (Exception e) {
      fail(e);
    }
  }

  private byte[] applyOne(Entry entry) throws Exception {
    byte[] command = entry.command();
    if (command != null) {
      return machine.apply(entry.position(), command);
    }
    machine.skip(entry.position());
    if (entry.position().term() == storage.term) {
      lead(true);
    }
    return new byte[0];
  }

  private void lead(boolean newLeader) {
    if (leader != newLeader) {
      leader = newLeader;
      machine.leadershipChanged(newLeader, storage.term);
    }
  }

  private synchronized void purge(LogPosition durable) {
    snapshotIndex = durable.index();
    while (!storage.entries.isEmpty() && storage.firstIndex <= snapshotIndex) {
      storage.entries.removeFirst();
      storage.firstIndex++;
    }
  }

  private synchronized void fail(Exception cause) {
    failure = cause;
    lead(false);
    storage.entries.forEach(entry -> entry.answer().completeExceptionally(unknown()));
    machine.failed(cause);
  }

  private UnknownOutcomeException unknown() {
    Throwable cause = failure == null ? new IllegalStateException("closed") : failure;
    return new UnknownOutcomeException("the log has stopped", cause);
  }

  @Override
  public CompletableFuture<Long> readIndex() {
    return leader
        ? CompletableFuture.completedFuture(applied)
        : CompletableFuture.failedFuture(new NotLeaderException(""));
  }

  @Override
  public synchronized Status status() {
    long last = storage.firstIndex + storage.entries.size() - 1;
    return new Status(
        "memory",
        leader,
        leader ? "memory" : "",
        storage.term,
        applied,
        last,
        snapshotIndex,
        storage.firstIndex);
  }

  @Override
  public Membership membership() {
    return new Membership(0, List.of(Peer.unreachable("memory")), List.of(), List.of());
  }

  @Override
  public CompletableFuture<Void> transferLeadership(String peerId, java.time.Duration timeout) {
    return CompletableFuture.failedFuture(
        new RefusedException("there is no other voter", new IllegalStateException()));
  }

  @Override
  public CompletableFuture<Void> changeMembers(
      Membership expected, List<Peer> voters, List<Peer> listeners) {
    throw new UnsupportedOperationException();
  }

  @Override
  public java.util.Map<String, Long> matchIndices() {
    return java.util.Map.of();
  }

  @Override
  public void close() throws InterruptedException {
    synchronized (this) {
      closed = true;
    }
    thread.interrupt();
    thread.join();
  }
}
