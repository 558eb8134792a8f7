package io.hydrant.raftlog.ratis;

import io.hydrant.raftlog.LogPosition;
import io.hydrant.raftlog.RaftLogConfig.Bounds;
import io.hydrant.raftlog.ReplicatedStateMachine;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
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
final class StateMachineAdapter extends BaseStateMachine {
  private static final CompletableFuture<Message> APPLIED =
      CompletableFuture.completedFuture(Message.EMPTY);

  private static final CompletableFuture<Void> NOTHING_TO_FLUSH =
      CompletableFuture.completedFuture(null);

  private final ReplicatedStateMachine machine;
  private final Bounds bounds;
  private final Leadership leadership;
  private final Consumer<Throwable> fatal;

  private volatile LogPosition durable;
  private volatile @Nullable Thread applyThread;
  private volatile @Nullable Thread logWriter;
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

  StateMachineAdapter(
      ReplicatedStateMachine machine,
      LogPosition restored,
      Bounds bounds,
      Leadership leadership,
      Consumer<Throwable> fatal) {
    this.machine = machine;
    this.bounds = bounds;
    this.leadership = leadership;
    this.fatal = fatal;
    this.durable = restored;
    setLastAppliedTermIndex(TermIndex.valueOf(restored.term(), restored.index()));
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
    if (isDead()) {
      return APPLIED;
    }
    LogEntryProto entry = Objects.requireNonNull(context.getLogEntry());
    LogPosition position = new LogPosition(entry.getTerm(), entry.getIndex());
    byte[] answer;
    try {
      requireNext(position);
      byte[] command = entry.getStateMachineLogEntry().getLogData().toByteArray();
      answer = Objects.requireNonNull(machine.apply(position, command), "an answer is never null");
      moved(position, command.length);
    } catch (Throwable e) {
      die(e);
      return APPLIED;
    }
    if (context.getStateMachineContext() instanceof Submission submission) {
      submission.complete(answer);
    }
    return APPLIED;
  }

  /** Entries of Ratis' own: the first of each term, and changes of membership. */
  @Override
  public void notifyTermIndexUpdated(long term, long index) {
    applyThread = Thread.currentThread();
    if (isDead()) {
      return;
    }
    try {
      LogPosition position = new LogPosition(term, index);
      requireNext(position);
      machine.skip(position);
      moved(position, 0);
    } catch (Throwable e) {
      die(e);
    }
  }

  /** Asked after every batch of applied entries; passes it on when the bounds say so. */
  @Override
  public long takeSnapshot() {
    boolean due =
        entriesSinceSnapshot >= bounds.snapshotEveryEntries()
            || bytesSinceSnapshot >= bounds.snapshotEveryBytes();
    if (!due || isDead()) {
      return RaftLog.INVALID_LOG_INDEX;
    }
    entriesSinceSnapshot = 0;
    bytesSinceSnapshot = 0;
    try {
      LogPosition position = machine.snapshot();
      requireBetween(durable, position);
      durable = position;
      return position.index();
    } catch (Throwable e) {
      die(e);
      return RaftLog.INVALID_LOG_INDEX;
    }
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
      fatal.accept(
          new IOException("the raft server has stopped by itself; its log messages say why"));
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
