package io.hydrant.raftlog;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Several replicas without disks and network: whoever runs gets an entry in the moment in which it
 * is appended, which is refused without a majority. Its logs outlive the replicas, as directories
 * would.
 */
public final class MemoryGroup {
  /**
   * @param command null for an entry of the log's own
   * @param members null for a command
   */
  private record Entry(
      LogPosition position, byte @Nullable [] command, @Nullable Membership members) {}

  private final int snapshotEveryEntries;
  private final Map<String, List<Entry>> logs = new TreeMap<>();
  private final Map<String, Replica> running = new TreeMap<>();
  private Membership members;
  private long term;
  private @Nullable Replica leader;

  public MemoryGroup(List<Peer> voters, int snapshotEveryEntries) {
    this.members = new Membership(-1, voters, List.of(), List.of());
    this.snapshotEveryEntries = snapshotEveryEntries;
  }

  public synchronized RaftLog open(String id, ReplicatedStateMachine machine) {
    List<Entry> log = logs.computeIfAbsent(id, _ -> new ArrayList<>());
    Replica replica = new Replica(id, machine, log);
    running.put(id, replica);
    if (leader != null && members.member(id).isPresent()) {
      bringUpToDate(replica, leader);
    } else {
      elect(Optional.empty());
    }
    replica.start();
    return replica;
  }

  private static long next(List<Entry> log, LogPosition restored) {
    return log.isEmpty() ? restored.index() + 1 : log.getLast().position().index() + 1;
  }

  /** From the leader's log, or by an install where that is purged. */
  private void bringUpToDate(Replica replica, Replica from) {
    long next = next(replica.log, replica.machine.restored());
    boolean purged = from.log.getFirst().position().index() > next;
    boolean fresh = !members.isVoter(replica.id);
    if (purged || fresh) {
      replica.log.clear();
      replica.installs = Optional.of(from);
    }
    from.log.stream()
        .filter(entry -> replica.log.isEmpty() || entry.position().index() >= next)
        .toList()
        .forEach(replica::take);
  }

  private boolean hasMajority(List<Peer> voters) {
    long alive = voters.stream().filter(peer -> running.containsKey(peer.id())).count();
    return alive * 2 > voters.size();
  }

  private void elect(Optional<Replica> preferred) {
    if (!hasMajority(members.voters())) {
      return;
    }
    Replica next =
        preferred.orElseGet(() ->
            Collections.max(
                running.values().stream().filter(r -> members.isVoter(r.id)).toList(),
                Comparator.comparingLong(r -> next(r.log, LogPosition.NONE))));
    leader = next;
    term++;
    append(next, null, new Membership(0, members.voters(), List.of(), members.listeners()));
  }

  private Entry append(Replica by, byte @Nullable [] command, @Nullable Membership newMembers) {
    long index = next(by.log, by.machine.restored());
    Membership at =
        newMembers == null
            ? null
            : new Membership(
                index, newMembers.voters(), newMembers.oldVoters(), newMembers.listeners());
    Entry entry = new Entry(new LogPosition(term, index), command, at);
    if (at != null) {
      members = at;
    }
    running.values().stream()
        .filter(replica -> replica == by || members.member(replica.id).isPresent())
        .forEach(replica -> replica.take(entry));
    return entry;
  }

  private synchronized void closed(Replica replica) {
    running.remove(replica.id);
    if (leader == replica) {
      leader = null;
      elect(Optional.empty());
    }
  }

  private final class Replica implements RaftLog {
    private final String id;
    private final ReplicatedStateMachine machine;
    private final List<Entry> log;
    private final BlockingQueue<Entry> toApply = new LinkedBlockingQueue<>();
    private final Map<Long, CompletableFuture<byte[]>> answers = new TreeMap<>();
    private final Thread thread;
    private Optional<Replica> installs = Optional.empty();
    private volatile boolean leads;
    private volatile LogPosition applied;
    private volatile LogPosition durable;

    Replica(String id, ReplicatedStateMachine machine, List<Entry> log) {
      this.id = id;
      this.machine = machine;
      this.log = log;
      this.applied = machine.restored();
      this.durable = machine.restored();
      log.stream()
          .filter(entry -> entry.position().index() > applied.index())
          .forEach(toApply::add);
      this.thread = Thread.ofPlatform().daemon().name("memory-group-" + id).unstarted(this::run);
    }

    void start() {
      thread.start();
    }

    void take(Entry entry) {
      log.add(entry);
      toApply.add(entry);
    }

    private void run() {
      try {
        int sinceSnapshot = 0;
        while (true) {
          Entry entry = toApply.take();
          install(entry);
          if (entry.position().index() <= applied.index()) {
            continue;
          }
          apply(entry);
          if (++sinceSnapshot >= snapshotEveryEntries) {
            sinceSnapshot = 0;
            purge(machine.snapshot());
          }
        }
      } catch (InterruptedException e) {
        lead(false);
      } catch (Exception e) {
        machine.failed(e);
      }
    }

    private void install(Entry first) throws Exception {
      Optional<Replica> from;
      synchronized (MemoryGroup.this) {
        from = installs;
        installs = Optional.empty();
      }
      if (from.isPresent()) {
        Peer peer = members.member(from.get().id).orElseThrow();
        applied = machine.install(first.position(), peer).get();
        durable = applied;
      }
    }

    private void apply(Entry entry) throws Exception {
      byte[] command = entry.command();
      byte[] answer = new byte[0];
      if (command != null) {
        answer = machine.apply(entry.position(), command);
      } else {
        Membership named = entry.members();
        if (named != null) {
          machine.membershipChanged(named);
        }
        machine.skip(entry.position());
      }
      applied = entry.position();
      CompletableFuture<byte[]> waiting;
      boolean nowLeads;
      synchronized (MemoryGroup.this) {
        waiting = answers.remove(entry.position().index());
        nowLeads = leader == this && entry.position().term() == term;
      }
      lead(nowLeads);
      if (waiting != null) {
        waiting.complete(answer);
      }
    }

    private void lead(boolean now) {
      if (leads != now) {
        leads = now;
        machine.leadershipChanged(now, term);
      }
    }

    private void purge(LogPosition position) {
      synchronized (MemoryGroup.this) {
        durable = position;
        while (log.size() > 1 && log.getFirst().position().index() <= position.index()) {
          log.removeFirst();
        }
      }
    }

    private Optional<Exception> refusal() {
      if (leader == this && leads && hasMajority(members.voters())) {
        return Optional.empty();
      }
      Replica other = leader;
      return Optional.of(new NotLeaderException(other == null || other == this ? "" : other.id));
    }

    @Override
    public CompletableFuture<byte[]> submit(byte[] command) {
      synchronized (MemoryGroup.this) {
        return refusal()
            .<CompletableFuture<byte[]>>map(CompletableFuture::failedFuture)
            .orElseGet(() -> {
              CompletableFuture<byte[]> answer = new CompletableFuture<>();
              answers.put(next(log, machine.restored()), answer);
              append(this, command.clone(), null);
              return answer;
            });
      }
    }

    @Override
    public CompletableFuture<Long> readIndex() {
      Replica leading = leader;
      return leading == this
          ? CompletableFuture.completedFuture(applied.index())
          : CompletableFuture.failedFuture(
              new NotLeaderException(leading == null ? "" : leading.id));
    }

    @Override
    public Membership membership() {
      synchronized (MemoryGroup.this) {
        return members;
      }
    }

    @Override
    public CompletableFuture<Void> transferLeadership(String peerId, Duration timeout) {
      synchronized (MemoryGroup.this) {
        Optional<Exception> refusal = refusal();
        if (refusal.isPresent()) {
          return CompletableFuture.failedFuture(refusal.get());
        }
        Optional<Replica> next =
            running.values().stream()
                .filter(replica -> replica != this && members.isVoter(replica.id))
                .filter(replica -> peerId.isEmpty() || replica.id.equals(peerId))
                .findFirst();
        if (next.isEmpty()) {
          return CompletableFuture.failedFuture(
              new RefusedException("no such voter", new IllegalArgumentException(peerId)));
        }
        elect(next);
        return CompletableFuture.completedFuture(null);
      }
    }

    @Override
    public CompletableFuture<Void> changeMembers(
        Membership expected, List<Peer> voters, List<Peer> listeners) {
      synchronized (MemoryGroup.this) {
        Optional<Exception> refusal = refusal();
        if (refusal.isPresent()) {
          return CompletableFuture.failedFuture(refusal.get());
        }
        if (!expected.equals(members)) {
          return CompletableFuture.failedFuture(new MembershipConflictException("others"));
        }
        Membership before = members;
        append(this, null, new Membership(0, voters, before.voters(), listeners));
        append(this, null, new Membership(0, voters, List.of(), listeners));
        running.values().stream()
            .filter(replica -> before.member(replica.id).isEmpty())
            .filter(replica -> members.member(replica.id).isPresent())
            .forEach(replica -> {
              replica.log.clear();
              replica.toApply.clear();
              bringUpToDate(replica, this);
            });
        return CompletableFuture.completedFuture(null);
      }
    }

    @Override
    public Map<String, Long> matchIndices() {
      synchronized (MemoryGroup.this) {
        Map<String, Long> indices = new TreeMap<>();
        if (leader == this) {
          running.values().stream()
              .filter(replica -> members.member(replica.id).isPresent())
              .forEach(replica -> indices.put(replica.id, next(replica.log, durable) - 1));
        }
        return indices;
      }
    }

    @Override
    public Status status() {
      synchronized (MemoryGroup.this) {
        Replica known = leader;
        return new Status(
            id,
            leads && leader == this,
            known == null ? "" : known.id,
            term,
            applied.index(),
            next(log, machine.restored()) - 1,
            durable.index(),
            log.isEmpty() ? -1 : log.getFirst().position().index());
      }
    }

    @Override
    public void close() throws InterruptedException {
      closed(this);
      thread.interrupt();
      thread.join();
    }
  }
}
