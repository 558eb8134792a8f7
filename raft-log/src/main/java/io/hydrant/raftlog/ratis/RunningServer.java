package io.hydrant.raftlog.ratis;

import io.hydrant.raftlog.LogPosition;
import io.hydrant.raftlog.Membership;
import io.hydrant.raftlog.RaftLogConfig;
import io.hydrant.raftlog.RemovedFromGroupException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientAsynchronousProtocol;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.protocol.TransferLeadershipRequest;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.util.ExitUtils;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A started Ratis server with its only group. */
final class RunningServer {
  static {
    keepProcessAlive();
  }

  private static final Logger LOG = LoggerFactory.getLogger(RunningServer.class);

  /** Closing takes milliseconds; a disk that hangs must not hang the process. */
  private static final long CLOSE_MILLIS_MAX = 10_000;

  private static final long POLL_MILLIS = 3;

  /**
   * From closing the log until Ratis has told its writer to end; woken earlier, the writer logs a
   * warning.
   */
  private static final long WRITER_TOLD_MILLIS = 25;

  /** Far above what a group has: four, and one per other peer. */
  private static final int THREADS_MAX = 64;

  private final RaftLogConfig config;
  private final StateMachineAdapter adapter;
  private final RaftServer server;
  private final RaftServer.Division division;
  private final FailureDetector detector;
  private volatile @Nullable Known known;

  /** Ratis' configurations never change: a change makes another one. */
  private record Known(RaftConfiguration configuration, Membership membership) {}

  private RunningServer(
      RaftLogConfig config,
      StateMachineAdapter adapter,
      RaftServer server,
      RaftServer.Division division,
      FailureDetector detector) {
    this.config = config;
    this.adapter = adapter;
    this.server = server;
    this.division = division;
    this.detector = detector;
  }

  /**
   * Ratis ends the process where it cannot bind its port, and for every uncaught exception of any
   * thread. Neither is a library's to decide.
   */
  private static void keepProcessAlive() {
    Thread.UncaughtExceptionHandler handler = Thread.getDefaultUncaughtExceptionHandler();
    ExitUtils.disableSystemExit();
    Thread.setDefaultUncaughtExceptionHandler(handler);
  }

  /**
   * @throws IOException naming the directory, what Ratis says is wrong, and the cure
   */
  static RunningServer start(RaftLogConfig config, StateMachineAdapter adapter) throws IOException {
    RaftGroup group = RaftSettings.group(config);
    FailureDetector detector = new FailureDetector(config.selfId());
    RaftServer server = null;
    try {
      server =
          RaftServer.newBuilder()
              .setServerId(RaftPeerId.valueOf(config.selfId()))
              .setGroup(group)
              .setStateMachineRegistry(id -> adapter)
              .setProperties(RaftSettings.properties(config))
              .setParameters(RaftSettings.parameters(config, detector))
              .setOption(RaftStorage.StartupOption.RECOVER)
              .build();
      server.start();
      RaftServer.Division division = server.getDivision(group.getGroupId());
      detector.watch(server, division);
      return new RunningServer(config, adapter, server, division, detector);
    } catch (IOException | RuntimeException e) {
      IOException told = explain(config, e);
      adapter.expectStop();
      detector.close();
      closeQuietly(server, told);
      throw told;
    }
  }

  private static void closeQuietly(@Nullable RaftServer server, Exception told) {
    if (server != null) {
      try {
        server.close();
      } catch (IOException | RuntimeException e) {
        told.addSuppressed(e);
      }
    }
  }

  private static IOException explain(RaftLogConfig config, Exception thrown) {
    Throwable root = thrown;
    while (root.getCause() != null
        && (root instanceof CompletionException
            || root.getCause() instanceof IOException
            || root.getMessage() == null
            || root instanceof IllegalStateException)) {
      root = root.getCause();
    }
    return new IOException(
        "the raft log in "
            + config.directory()
            + " cannot be started: "
            + root.getMessage()
            + ". If a file of it is damaged, restore the directory from a copy; in a group of several, replace the replica",
        thrown);
  }

  RaftGroupId groupId() {
    return division.getMemberId().getGroupId();
  }

  /** In this thread up to the log's queue, so that submissions of one thread keep their order. */
  CompletableFuture<RaftClientReply> submit(RaftClientRequest request) throws IOException {
    // The division takes requests itself; RaftServer's method of that name would cross a thread
    // pool first.
    return division instanceof RaftClientAsynchronousProtocol local
        ? local.submitClientRequestAsync(request)
        : server.submitClientRequestAsync(request);
  }

  CompletableFuture<RaftClientReply> transferLeadership(String peerId, Duration timeout)
      throws IOException {
    return server.transferLeadershipAsync(
        new TransferLeadershipRequest(
            ClientId.randomId(),
            RaftPeerId.valueOf(config.selfId()),
            groupId(),
            0,
            RaftPeerId.valueOf(peerId),
            timeout.toMillis()));
  }

  CompletableFuture<RaftClientReply> setConfiguration(SetConfigurationRequest.Arguments change)
      throws IOException {
    return server.setConfigurationAsync(
        new SetConfigurationRequest(
            ClientId.randomId(), RaftPeerId.valueOf(config.selfId()), groupId(), 0, change));
  }

  String selfId() {
    return config.selfId();
  }

  /** The same object until the configuration changes: this is asked for every frame. */
  Membership membership() {
    RaftConfiguration configuration = division.getRaftConf();
    Known last = known;
    if (last == null || last.configuration() != configuration) {
      last = new Known(configuration, Members.of(configuration));
      known = last;
    }
    return last.membership();
  }

  /** Empty if this replica does not lead, or the members change just now. */
  Map<String, Long> matchIndices() {
    List<String> before = followers();
    long[] indices = division.getInfo().getFollowerMatchIndices();
    if (indices == null || indices.length != before.size() || !followers().equals(before)) {
      return Map.of();
    }
    Map<String, Long> matches = new TreeMap<>();
    for (int i = 0; i < indices.length; i++) {
      matches.put(before.get(i), indices[i]);
    }
    matches.put(config.selfId(), division.getRaftLog().getFlushIndex());
    return matches;
  }

  /** In the order in which Ratis lists their indices. */
  private List<String> followers() {
    return division.getInfo().getRoleInfoProto().getLeaderInfo().getFollowerInfoList().stream()
        .map(follower -> RaftPeerId.valueOf(follower.getId().getId()).toString())
        .toList();
  }

  /**
   * The members in the log count, not those in the configuration: they change, and a replica that
   * was away need not know.
   */
  void requireMember() throws IOException {
    RaftPeerId self = RaftPeerId.valueOf(config.selfId());
    RaftConfiguration members = division.getRaftConf();
    boolean member =
        members.getPeer(self, RaftPeerRole.FOLLOWER, RaftPeerRole.LISTENER) != null
            || config.role() == RaftLogConfig.Role.JOINER;
    if (!member) {
      throw new RemovedFromGroupException(
          "the raft log in "
              + config.directory()
              + " says that "
              + config.selfId()
              + " is no member of its group any more; the members are "
              + members.getCurrentPeers()
              + ". It cannot come back: join with an empty directory instead");
    }
  }

  /** What the check before the start saw must be there, and be of the same history as the state. */
  void requireContinues(LogPosition restored, long lastIndex) throws IOException {
    TermIndex last = division.getRaftLog().getLastEntryTermIndex();
    if (lastIndex >= 0 && (last == null || last.getIndex() < lastIndex)) {
      throw new IOException(
          "the raft log in "
              + config.directory()
              + " should reach index "
              + lastIndex
              + ", but ends at "
              + last
              + ": a file of it is damaged; restore the directory from a copy");
    }
    TermIndex same =
        restored.index() < 0 ? null : division.getRaftLog().getTermIndex(restored.index());
    if (same != null && same.getTerm() != restored.term()) {
      throw new IOException(
          "the raft log in "
              + config.directory()
              + " has another entry, "
              + same
              + ", where the state beside it has "
              + restored
              + ": they do not belong together; restore both from one copy");
    }
  }

  /**
   * Whether Ratis 3.3.0 has not understood that this replica has become a member. A joiner waits in
   * its starting state until it gets an entry from a leader that found it a member when it began to
   * lead. Until then it gets all entries and counts in commits, but neither votes nor stands; and a
   * listener that leaves this state without a restart takes itself for a follower, stands for
   * election when the leader is lost, and closes because it is no voter.
   *
   * @param applied what the applied log says of the members: while an older log is applied again,
   *     Ratis knows of later entries, and is right
   */
  boolean isMemberUnawares(Membership applied) {
    return isMemberUnawares(
        config.selfId(),
        applied,
        membership().index(),
        division.getInfo().isListener(),
        division.getInfo().getLifeCycleState());
  }

  static boolean isMemberUnawares(
      String self, Membership applied, long newest, boolean listens, LifeCycle.State state) {
    return applied.isStable()
        && applied.index() == newest
        && (applied.isListener(self) && !listens
            || applied.isVoter(self) && state == LifeCycle.State.STARTING);
  }

  String leaderId() {
    RaftPeerId leader = division.getInfo().getLeaderId();
    return leader == null ? "" : leader.toString();
  }

  long term() {
    return division.getInfo().getCurrentTerm();
  }

  long committedIndex() {
    return division.getRaftLog().getLastCommittedIndex();
  }

  /** First index that the log still has, or -1 if it is empty. */
  long firstIndex() {
    return division.getRaftLog().getStartIndex();
  }

  /**
   * Returns when all is closed and the group's threads have ended, or after {@link
   * #CLOSE_MILLIS_MAX}: no process must hang because a disk does.
   */
  void close() {
    detector.close();
    Thread closer =
        Thread.ofPlatform()
            .name("raft-log-close-" + config.selfId())
            .daemon()
            .start(this::closeServer);
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CLOSE_MILLIS_MAX);
    try {
      while (!isClosed(closer) && System.nanoTime() < deadline) {
        closer.join(POLL_MILLIS);
        if (!division.getRaftLog().isOpened()) {
          closer.join(WRITER_TOLD_MILLIS);
          wakeLogWriter();
        }
      }
      if (!isClosed(closer)) {
        LOG.error(
            "raft log {}: did not close within {} ms; its threads are left behind",
            config.directory(),
            CLOSE_MILLIS_MAX);
      }
      endThreads();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Ratis also closes the group by itself, when its log fails; then its own close does not wait for
   * that.
   */
  private boolean isClosed(Thread closer) {
    return !closer.isAlive() && division.getInfo().getLifeCycleState() == LifeCycle.State.CLOSED;
  }

  private void closeServer() {
    try {
      server.close();
    } catch (IOException e) {
      LOG.warn("raft log {}: closing failed", config.directory(), e);
    }
  }

  /**
   * Ratis waits until its log writer has slept to the end of a second. Once the log is closed no
   * task can come.
   */
  private void wakeLogWriter() {
    Thread writer = adapter.logWriter();
    if (writer != null && writer.getState() == Thread.State.TIMED_WAITING) {
      writer.interrupt();
    }
  }

  /**
   * The leader's event thread is left waiting for its next event; nothing of the group works any
   * more. Process-wide timers of Ratis are in the thread group too: they are told by the name.
   */
  private void endThreads() throws InterruptedException {
    Thread[] threads = new Thread[THREADS_MAX];
    String ownName = division.getMemberId().toString();
    int count = division.getThreadGroup().enumerate(threads);
    for (int i = 0; i < count; i++) {
      Thread thread = threads[i];
      if (thread != Thread.currentThread() && thread.getName().startsWith(ownName)) {
        thread.interrupt();
        thread.join(CLOSE_MILLIS_MAX);
      }
    }
  }
}
