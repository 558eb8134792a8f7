package io.hydrant.raftlog.ratis;

import io.hydrant.raftlog.LogPosition;
import io.hydrant.raftlog.Membership;
import io.hydrant.raftlog.Peer;
import io.hydrant.raftlog.RaftLogConfig.Bounds;
import io.hydrant.raftlog.RemovedFromGroupException;
import io.hydrant.raftlog.ReplicatedStateMachine;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerProto;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.util.LifeCycle;
import org.apache.ratis.util.ProtoUtils;
import org.jspecify.annotations.Nullable;

/**
 * Ratis' view of a {@link ReplicatedStateMachine}.
 *
 * <p>The applied position lives with the machine's own state, so a Raft snapshot has no files: it
 * is the position up to which that state is durable, and Ratis purges the log up to it. Entries
 * arrive by one thread, Ratis' StateMachineUpdater.
 *
 * <p>The first thing that goes wrong is the end: {@code fatal} hears of it and closes the server,
 * and until then the machine sees nothing more, no submission is answered, and no snapshot is
 * taken. Nothing is thrown at Ratis: in 3.3.0 an exception that meets a close leaves its updater
 * spinning, and the close waiting, for ever.
 */
final class StateMachineAdapter extends BaseStateMachine implements Installation.Owner {
  private static final CompletableFuture<Message> APPLIED =
      CompletableFuture.completedFuture(Message.EMPTY);

  private static final CompletableFuture<Void> NOTHING_TO_FLUSH =
      CompletableFuture.completedFuture(null);

  private final ReplicatedStateMachine machine;
  private final Bounds bounds;
  private final Leadership leadership;
  private final String selfId;
  private final Consumer<Throwable> fatal;

  private final ApplyGate gate = new ApplyGate();
  private final Installation installation;
  private final AtomicLong dropped = new AtomicLong();

  private volatile LogPosition durable;
  private volatile long installedIndex;
  private volatile @Nullable Thread applyThread;
  private volatile @Nullable Thread logWriter;
  private volatile @Nullable Membership membership;
  private volatile boolean stopExpected;
  private volatile @Nullable Throwable death;

  // By the apply thread only:
  private int entriesSinceSnapshot;
  private long bytesSinceSnapshot;

  /** A command of this process; its submission travels beside the bytes. */
  record LocalCommand(ByteString content, Submission submission) implements Message {
    @Override
    public ByteString getContent() {
      return content;
    }
  }

  /**
   * Where a Ratis server begins.
   *
   * @param durable what Ratis takes for the newest snapshot
   * @param applied what the machine has; entries between the two come again, and are dropped
   */
  record Begin(LogPosition durable, LogPosition applied) {}

  StateMachineAdapter(
      ReplicatedStateMachine machine,
      Begin begin,
      Bounds bounds,
      Leadership leadership,
      String selfId,
      Consumer<Throwable> fatal) {
    this.machine = machine;
    this.bounds = bounds;
    this.leadership = leadership;
    this.selfId = selfId;
    this.fatal = fatal;
    this.durable = begin.durable();
    this.installedIndex = begin.applied().index();
    this.installation = new Installation(machine, gate, this, "raft-log-install-" + selfId);
    setLastAppliedTermIndex(TermIndex.valueOf(begin.applied().term(), begin.applied().index()));
  }

  /**
   * Lets nobody in any more, for another adapter to go on. Not while Ratis has yet to take an
   * install.
   *
   * @return where it begins, or empty: try later
   */
  Optional<Begin> handOver() {
    if (!gate.enter()) {
      return Optional.empty();
    }
    if (!installation.isTaken()) {
      gate.leave();
      return Optional.empty();
    }
    expectStop();
    return Optional.of(new Begin(durable, applied()));
  }

  /**
   * Called by the log's writer before each of its syncs; there is nothing to do, but now we know
   * the thread.
   */
  @Override
  public CompletableFuture<Void> flush(long index) {
    logWriter = Thread.currentThread();
    return NOTHING_TO_FLUSH;
  }

  @Nullable Thread logWriter() {
    return logWriter;
  }

  /** The newest members of which an entry was applied, in this life of the server. */
  @Nullable Membership membership() {
    return membership;
  }

  /** Position of the newest durable state that the machine has told of. */
  LogPosition durable() {
    return durable;
  }

  long appliedIndex() {
    return getLastAppliedTermIndex().getIndex();
  }

  /** From here on it is no failure that Ratis stops. */
  void expectStop() {
    stopExpected = true;
    gate.shut();
  }

  boolean isApplyThread() {
    return Thread.currentThread() == applyThread;
  }

  @Override
  public void initialize(RaftServer server, RaftGroupId group, RaftStorage storage)
      throws IOException {
    super.initialize(server, group, storage);
    getLifeCycle().startAndTransition(() -> {});
  }

  /** Marks the submission just before its entry is in the log, under the log's lock. */
  @Override
  public TransactionContext preAppendTransaction(TransactionContext context) {
    if (context.getStateMachineContext() instanceof Submission submission) {
      submission.markAppended();
    }
    return context;
  }

  @Override
  public TransactionContext startTransaction(RaftClientRequest request) {
    TransactionContext.Builder builder =
        TransactionContext.newBuilder().setStateMachine(this).setClientRequest(request);
    if (request.getMessage() instanceof LocalCommand local) {
      builder.setStateMachineContext(local.submission());
    }
    return builder.build();
  }

  @Override
  public CompletableFuture<Message> applyTransaction(TransactionContext context) {
    applyThread = Thread.currentThread();
    if (!enter()) {
      return APPLIED;
    }
    byte[] answer;
    try {
      LogEntryProto entry = Objects.requireNonNull(context.getLogEntry());
      LogPosition position = new LogPosition(entry.getTerm(), entry.getIndex());
      if (isInstalled(position)) {
        return APPLIED;
      }
      requireNext(position);
      byte[] command = entry.getStateMachineLogEntry().getLogData().toByteArray();
      answer = apply(position, command);
      moved(position, command.length);
    } catch (Throwable e) {
      die(e);
      return APPLIED;
    } finally {
      gate.leave();
    }
    if (context.getStateMachineContext() instanceof Submission submission) {
      submission.complete(answer);
    }
    return APPLIED;
  }

  /** An empty command is a {@link ReadBarrier}'s: it changes nothing. */
  private byte[] apply(LogPosition position, byte[] command) throws Exception {
    if (command.length == 0) {
      machine.skip(position);
      return command;
    }
    return Objects.requireNonNull(machine.apply(position, command), "an answer is never null");
  }

  /** Entries of Ratis' own: the first of each term, and changes of membership. */
  @Override
  public void notifyTermIndexUpdated(long term, long index) {
    applyThread = Thread.currentThread();
    if (!enter()) {
      return;
    }
    try {
      LogPosition position = new LogPosition(term, index);
      if (!isInstalled(position)) {
        requireNext(position);
        machine.skip(position);
        moved(position, 0);
      }
    } catch (Throwable e) {
      die(e);
    } finally {
      gate.leave();
    }
  }

  /** False: nothing is applied any more. */
  private boolean enter() {
    if (isDead()) {
      return false;
    }
    if (!gate.enter()) {
      death = new IOException("closed during an install");
      return false;
    }
    return true;
  }

  /** What the log still had of the time before an install is dropped. */
  private boolean isInstalled(LogPosition position) {
    if (position.index() > installedIndex) {
      return false;
    }
    dropped.incrementAndGet();
    return true;
  }

  /** Entries that were committed here, and not applied since an install had covered them. */
  long dropped() {
    return dropped.get();
  }

  /** Before the entry itself, which comes by {@link #notifyTermIndexUpdated}. */
  @Override
  public void notifyConfigurationChanged(
      long term, long index, RaftConfigurationProto configuration) {
    Membership last = membership;
    if (isDead() || (last != null && index <= last.index())) {
      return;
    }
    Membership next = Members.of(index, configuration);
    membership = next;
    try {
      machine.membershipChanged(next);
    } catch (RuntimeException e) {
      die(e);
    }
  }

  /** Asked after every batch of applied entries; passes it on when the bounds say so. */
  @Override
  public long takeSnapshot() {
    if (!enter()) {
      return RaftLog.INVALID_LOG_INDEX;
    }
    try {
      boolean due =
          entriesSinceSnapshot >= bounds.snapshotEveryEntries()
              || bytesSinceSnapshot >= bounds.snapshotEveryBytes();
      if (!due) {
        return RaftLog.INVALID_LOG_INDEX;
      }
      entriesSinceSnapshot = 0;
      bytesSinceSnapshot = 0;
      LogPosition position = machine.snapshot();
      requireBetween(durable, position);
      durable = position;
      return position.index();
    } catch (Throwable e) {
      die(e);
      return RaftLog.INVALID_LOG_INDEX;
    } finally {
      gate.leave();
    }
  }

  /** Under Ratis' lock. */
  @Override
  public CompletableFuture<TermIndex> notifyInstallSnapshotFromLeader(
      RoleInfoProto role, TermIndex firstAvailable) {
    return installation.notified(
        new LogPosition(firstAvailable.getTerm(), firstAvailable.getIndex()), leader(role));
  }

  private static Peer leader(RoleInfoProto role) {
    RaftPeerProto leader = role.getFollowerInfo().getLeaderInfo().getId();
    return RaftSettings.peer(ProtoUtils.toRaftPeer(leader));
  }

  /** Under Ratis' lock. */
  @Override
  public void notifyLeaderChanged(RaftGroupMemberId self, RaftPeerId leader) {
    installation.leaderChanged(System.nanoTime());
  }

  @Override
  public LogPosition applied() {
    TermIndex applied = getLastAppliedTermIndex();
    return new LogPosition(applied.getTerm(), applied.getIndex());
  }

  /** In the gate. */
  @Override
  public void installed(LogPosition position) {
    durable = position;
    installedIndex = position.index();
    entriesSinceSnapshot = 0;
    bytesSinceSnapshot = 0;
    setLastAppliedTermIndex(TermIndex.valueOf(position.term(), position.index()));
  }

  @Override
  public void fatal(Throwable cause) {
    die(cause);
  }

  /** Now and then. */
  void tick() {
    installation.tick(System.nanoTime());
  }

  /** State was installed; Ratis purges its log before it comes back. It must not fail. */
  @Override
  public void pause() {
    getLifeCycle().compareAndTransition(LifeCycle.State.RUNNING, LifeCycle.State.PAUSING);
    getLifeCycle().compareAndTransition(LifeCycle.State.PAUSING, LifeCycle.State.PAUSED);
    installation.taken();
  }

  /** On the thread that applies: goes on behind the installed state. */
  @Override
  public void reinitialize() {
    getLifeCycle().transition(LifeCycle.State.STARTING);
    getLifeCycle().transition(LifeCycle.State.RUNNING);
  }

  private void requireBetween(LogPosition last, LogPosition position) {
    if (position.index() < last.index() || position.index() > appliedIndex()) {
      throw new IllegalStateException(
          "a snapshot at "
              + position
              + " after one at "
              + last
              + ", applied up to "
              + appliedIndex());
    }
  }

  @Override
  public @Nullable SnapshotInfo getLatestSnapshot() {
    LogPosition position = durable;
    return position.index() < 0
        ? null
        : new DurableState(TermIndex.valueOf(position.term(), position.index()));
  }

  private record DurableState(TermIndex termIndex) implements SnapshotInfo {
    @Override
    public TermIndex getTermIndex() {
      return termIndex;
    }

    @Override
    public List<FileInfo> getFiles() {
      return List.of();
    }
  }

  /** Ratis has let read requests wait until the read index is applied, as far as it knows. */
  @Override
  public CompletableFuture<Message> query(Message request) {
    Throwable cause = death;
    return cause == null ? APPLIED : CompletableFuture.failedFuture(cause);
  }

  @Override
  public void notifyLeaderReady() {
    if (isDead()) {
      return;
    }
    try {
      DivisionInfo info = getServer().join().getDivision(getGroupId()).getInfo();
      leadership.gained(info.getCurrentTerm(), info::isLeader);
    } catch (IOException | RuntimeException e) {
      die(e);
    }
  }

  @Override
  public void notifyNotLeader(Collection<TransactionContext> pending) {
    leadership.lost();
  }

  @Override
  public void notifyLogFailed(@Nullable Throwable cause, @Nullable LogEntryProto entry) {
    String message = "the raft log cannot be written";
    fatal.accept(
        cause == null ? new IOException(message) : new IOException(message + ": " + cause, cause));
  }

  /** Ratis closes the machine when it stops; unless it was told to, something is wrong. */
  @Override
  public void close() {
    leadership.lost();
    if (!stopExpected) {
      Membership last = membership;
      boolean removed = last != null && last.isStable() && last.member(selfId).isEmpty();
      fatal.accept(
          removed
              ? new RemovedFromGroupException(selfId + " was removed from its group")
              : new IOException("the raft server has stopped by itself; its log messages say why"));
    }
  }

  private void requireNext(LogPosition position) {
    if (position.index() != appliedIndex() + 1) {
      throw new IllegalStateException(
          "entry " + position + " does not follow the applied one, " + getLastAppliedTermIndex());
    }
  }

  private void moved(LogPosition position, int bytes) {
    updateLastAppliedTermIndex(position.term(), position.index());
    entriesSinceSnapshot++;
    bytesSinceSnapshot += bytes;
  }

  private boolean isDead() {
    return death != null;
  }

  private void die(Throwable cause) {
    death = cause;
    fatal.accept(cause);
  }
}
