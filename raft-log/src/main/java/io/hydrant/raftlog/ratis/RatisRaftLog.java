package io.hydrant.raftlog.ratis;

import io.hydrant.raftlog.LogBusyException;
import io.hydrant.raftlog.LogPosition;
import io.hydrant.raftlog.Membership;
import io.hydrant.raftlog.NotLeaderException;
import io.hydrant.raftlog.Peer;
import io.hydrant.raftlog.RaftLog;
import io.hydrant.raftlog.RaftLogConfig;
import io.hydrant.raftlog.ReplicatedStateMachine;
import io.hydrant.raftlog.UnknownOutcomeException;
import io.hydrant.raftlog.ratis.StateMachineAdapter.LocalCommand;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.exceptions.LeaderNotReadyException;
import org.apache.ratis.protocol.exceptions.LeaderSteppingDownException;
import org.apache.ratis.protocol.exceptions.ResourceUnavailableException;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@link RaftLog} on Apache Ratis.
 *
 * <p>A submission goes to the server in this process by a method call; in a group of one its way
 * is: caller (append to the log's queue) - log writer (write, sync) - leader's event thread
 * (commit) - apply thread (apply, answer). What depends on an answer therefore runs on the apply
 * thread unless it is scheduled elsewhere, and must not block.
 *
 * <p>The first failed apply, skip or snapshot and a log that cannot be written stop the replica for
 * good: nothing is applied after, submissions end as unknown, {@link ReplicatedStateMachine#failed}
 * is told, and everything is closed. Committed entries may be applied until {@link #close} has
 * returned.
 */
public final class RatisRaftLog implements RaftLog {
  private static final Logger LOG = LoggerFactory.getLogger(RatisRaftLog.class);

  private final RaftLogConfig config;
  private final ReplicatedStateMachine machine;
  private final Submissions submissions;
  private final Teller teller;
  private final Leadership leadership;
  private volatile StateMachineAdapter adapter;
  private final LogDirectory directory;
  private final DeadlineTicker ticker;
  private final ReadBarrier barrier;

  /** Unique per life, so that no entry of an earlier life is taken for a repetition. */
  private final ClientId clientId = ClientId.randomId();

  private final AtomicLong calls = new AtomicLong();
  private final AtomicBoolean closing = new AtomicBoolean();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private final AtomicReference<@Nullable RunningServer> server = new AtomicReference<>();
  private final AtomicReference<@Nullable Administration> administration = new AtomicReference<>();

  private RatisRaftLog(
      RaftLogConfig config,
      ReplicatedStateMachine machine,
      LogDirectory directory,
      LogPosition restored) {
    this.config = config;
    this.machine = machine;
    this.directory = directory;
    this.submissions =
        new Submissions(config.bounds(), config.timing().submitTimeoutMillis() * 1_000_000L);
    this.teller = new Teller("raft-log-tells-" + config.selfId());
    this.leadership = new Leadership(machine, teller, this::stopForGood);
    this.adapter = adapter(new StateMachineAdapter.Begin(restored, restored));
    this.barrier = new ReadBarrier(() -> append(new byte[0]), () -> adapter.appliedIndex(), teller);
    this.ticker = new DeadlineTicker("raft-log-deadlines-" + config.selfId(), this::tick);
  }

  /**
   * Opens the log, making it if the directory is empty, and begins to take part in the group.
   * Returns before a leader is known and before anything is applied: {@link
   * ReplicatedStateMachine#leadershipChanged} tells when this replica leads and has applied
   * everything of earlier terms.
   *
   * @throws IOException if the directory is in use, damaged, another's, newer, unwritable, or does
   *     not fit the state; the message names it and the cure
   */
  public static RatisRaftLog open(RaftLogConfig config, ReplicatedStateMachine machine)
      throws IOException {
    LogDirectory directory = LogDirectory.take(config);
    RatisRaftLog log = null;
    try {
      LogPosition restored = machine.restored();
      long lastIndex = directory.recover(restored, machine.origin());
      log = new RatisRaftLog(config, machine, directory, restored);
      log.start(restored, lastIndex);
      return log;
    } catch (Throwable e) {
      if (log != null) {
        log.close();
      }
      directory.close();
      throw e;
    }
  }

  /** A failure of a replayed entry waits with closing until this is through. */
  private synchronized void start(LogPosition restored, long lastIndex) throws IOException {
    RunningServer started = RunningServer.start(config, adapter);
    serve(started);
    started.requireMember();
    started.requireContinues(restored, lastIndex);
    ticker.start();
  }

  private void serve(RunningServer started) {
    server.set(started);
    administration.set(new Administration(started, leadership, teller));
  }

  private void tick() {
    try {
      submissions.failOverdue();
      adapter.tick();
      RunningServer running = server.get();
      Membership applied = adapter.membership();
      if (running != null && applied != null && running.isMemberUnawares(applied)) {
        restartServer(running);
      }
    } catch (RuntimeException e) {
      LOG.warn("raft log {}: looking at deadlines failed", config.directory(), e);
    }
  }

  /** Starts Ratis anew below the same machine, which does not notice. */
  private synchronized void restartServer(RunningServer running) {
    if (closing.get() || failure.get() != null) {
      return;
    }
    Optional<StateMachineAdapter.Begin> begin = adapter.handOver();
    if (begin.isEmpty()) {
      return;
    }
    LOG.info("raft log {}: restarts as a member of its group", config.directory());
    running.close();
    adapter = adapter(begin.get());
    try {
      serve(RunningServer.start(config, adapter));
    } catch (IOException | RuntimeException e) {
      stopForGood(e);
    }
  }

  private StateMachineAdapter adapter(StateMachineAdapter.Begin begin) {
    return new StateMachineAdapter(
        machine, begin, config.bounds(), leadership, config.selfId(), this::stopForGood);
  }

  @Override
  public CompletableFuture<byte[]> submit(byte[] command) {
    if (command.length == 0 || command.length > COMMAND_BYTES_MAX) {
      throw new IllegalArgumentException(
          "a command of %d bytes: 1 to %d".formatted(command.length, COMMAND_BYTES_MAX));
    }
    return append(command);
  }

  /**
   * @param command empty: changes nothing
   */
  private CompletableFuture<byte[]> append(byte[] command) {
    Submission submission = submissions.admit(command.length);
    if (submission == null) {
      return CompletableFuture.failedFuture(
          new LogBusyException("too many commands wait for their answers; submit again later"));
    }
    LocalCommand message =
        new LocalCommand(UnsafeByteOperations.unsafeWrap(command.clone()), submission);
    call(message, RaftClientRequest.writeRequestType())
        .whenComplete((reply, thrown) -> {
          submissions.release(submission);
          if (!submission.answer().isDone()) {
            teller.execute(
                () -> settle(submission, thrown == null ? reply.getException() : thrown));
          }
        });
    return submission.answer();
  }

  /** Ends a submission that apply has not answered. */
  private void settle(Submission submission, @Nullable Throwable refusal) {
    if (submission.answer().isDone()) {
      return;
    }
    Throwable cause = refusal == null ? new IllegalStateException("no answer") : unwrap(refusal);
    if (submission.isAppended() || closing.get()) {
      submission.failUnknown("the command may or may not be applied: " + cause, cause);
    } else {
      submission.fail(notAppended(cause));
    }
  }

  private static Exception notAppended(Throwable cause) {
    return switch (cause) {
      case org.apache.ratis.protocol.exceptions.NotLeaderException e -> notLeader(e);
      case LeaderNotReadyException _ -> new NotLeaderException("");
      case LeaderSteppingDownException _ -> new NotLeaderException("");
      case ResourceUnavailableException _ ->
          new LogBusyException("the log's queues are full; submit again later");
      default -> new UnknownOutcomeException("the command was not accepted: " + cause, cause);
    };
  }

  private static NotLeaderException notLeader(
      org.apache.ratis.protocol.exceptions.NotLeaderException cause) {
    RaftPeer leader = cause.getSuggestedLeader();
    return new NotLeaderException(leader == null ? "" : leader.getId().toString());
  }

  @Override
  public CompletableFuture<Long> readIndex() {
    if (RaftSettings.alone(config)) {
      // What a group of one has acknowledged it has applied. Ratis' own answer is not used: before
      // the first entry of
      // its term is applied, it may be below what an earlier life acknowledged.
      return leadership.isLeader() && failure.get() == null
          ? CompletableFuture.completedFuture(adapter.appliedIndex())
          : CompletableFuture.failedFuture(new NotLeaderException(""));
    }
    return barrier.read();
  }

  private CompletableFuture<RaftClientReply> call(Message message, RaftClientRequest.Type type) {
    RunningServer running = server.get();
    if (running == null || closing.get() || failure.get() != null) {
      return CompletableFuture.failedFuture(closedCause());
    }
    RaftClientRequest request =
        RaftClientRequest.newBuilder()
            .setClientId(clientId)
            .setServerId(RaftPeerId.valueOf(config.selfId()))
            .setGroupId(running.groupId())
            .setCallId(calls.incrementAndGet())
            .setMessage(message)
            .setType(type)
            .build();
    try {
      return running.submit(request);
    } catch (IOException | RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private IOException closedCause() {
    Throwable cause = failure.get();
    return cause == null
        ? new IOException("the raft log is closed")
        : new IOException("the raft log has stopped: " + cause, cause);
  }

  @Override
  public Membership membership() {
    return started().membership();
  }

  @Override
  public CompletableFuture<Void> transferLeadership(String peerId, Duration timeout) {
    return administration().transfer(peerId, timeout);
  }

  @Override
  public CompletableFuture<Void> changeMembers(
      Membership expected, List<Peer> voters, List<Peer> listeners) {
    return administration().change(expected, voters, listeners);
  }

  private Administration administration() {
    Administration running = administration.get();
    if (running == null) {
      throw new IllegalStateException("the raft log is not started");
    }
    return running;
  }

  @Override
  public Map<String, Long> matchIndices() {
    return leadership.isLeader() ? started().matchIndices() : Map.of();
  }

  private RunningServer started() {
    RunningServer running = server.get();
    if (running == null) {
      throw new IllegalStateException("the raft log is not started");
    }
    return running;
  }

  @Override
  public Status status() {
    RunningServer running = started();
    return new Status(
        config.selfId(),
        leadership.isLeader(),
        running.leaderId(),
        running.term(),
        adapter.appliedIndex(),
        running.committedIndex(),
        adapter.durable().index(),
        running.firstIndex());
  }

  /** Any thread; the first cause counts. A close that was asked for is no failure. */
  private void stopForGood(Throwable cause) {
    if (closing.get() || !failure.compareAndSet(null, cause)) {
      return;
    }
    Thread.ofPlatform()
        .name("raft-log-stop-" + config.selfId())
        .daemon()
        .start(() -> {
          submissions.failAll(
              "the replica has stopped; the command may or may not be applied", cause);
          tellMachine(cause);
          closeAll();
        });
  }

  private void tellMachine(Throwable cause) {
    try {
      machine.failed(cause);
    } catch (RuntimeException e) {
      LOG.error(
          "raft log {}: the state machine threw when it was told of a failure",
          config.directory(),
          e);
    }
  }

  /**
   * Ends taking part, within seconds; a second call waits for the first. From the apply thread,
   * which it has to wait for, it only begins.
   */
  @Override
  public void close() {
    if (adapter.isApplyThread()) {
      Thread.ofPlatform().name("raft-log-close-" + config.selfId()).daemon().start(this::closeAll);
    } else {
      closeAll();
    }
  }

  private synchronized void closeAll() {
    if (closing.getAndSet(true)) {
      return;
    }
    adapter.expectStop();
    ticker.close();
    RunningServer running = server.get();
    if (running != null) {
      running.close();
    }
    teller.close();
    submissions.failAll(
        "the raft log was closed; the command may or may not be applied", closedCause());
    try {
      directory.close();
    } catch (IOException e) {
      LOG.warn("raft log {}: cannot let go of the directory", config.directory(), e);
    }
  }

  private static Throwable unwrap(Throwable thrown) {
    return thrown instanceof CompletionException && thrown.getCause() != null
        ? thrown.getCause()
        : thrown;
  }
}
