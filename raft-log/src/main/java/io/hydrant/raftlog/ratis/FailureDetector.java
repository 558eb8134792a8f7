package io.hydrant.raftlog.ratis;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.proto.RaftProtos.RaftGroupIdProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.StartLeaderElectionRequestProto;
import org.apache.ratis.proto.RaftProtos.TermIndexProto;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.util.NetUtils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a leader whose process has ended from one that is silent, so that its loss costs no
 * election time-out: the kernel closes what a dead process had open, and a live one still listens.
 * When the last connection over which the leader sent entries ends, the first of the followers asks
 * the leader's port; when that refuses, it stands for election at once, as if the leader had handed
 * over. Any other end of a leader (its machine, the network, a pause) is left to the time-out, as
 * is whatever goes wrong here.
 *
 * <p>Safe because an election always is: the term and the vote decide who leads, not who stands.
 * Others are not asked beforehand whether they still hear the leader (the pre-vote), since for the
 * rest of the time-out they believe that they do; Ratis leaves it out for as long as this election
 * goes on. So a wrong guess deposes a good leader: once for each time that the leader's connections
 * end and its port refuses all the same, as a firewall may have it.
 */
final class FailureDetector implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FailureDetector.class);

  /**
   * Pauses between questions: the kernel closes a process' connections and its port one after the
   * other.
   */
  private static final int[] PAUSES_MILLIS = {3, 10, 30, 80, 200};

  private static final int ANSWER_MILLIS_MAX = 50;

  private static final long NONE = -1;

  private final ScheduledThreadPoolExecutor thread;
  private volatile @Nullable Watched watched;

  /** Connections over which entries came and may come still, by sender. */
  private final Map<RaftPeerId, Integer> open = new ConcurrentHashMap<>();

  /** By the thread alone: the term whose leader is being asked, or has been found dead. */
  private long askedTerm = NONE;

  private record Watched(RaftServer server, RaftServer.Division division) {}

  /** A leader of a term, and where it listens. */
  private record Leader(RaftPeer peer, long term) {}

  FailureDetector(String selfId) {
    thread =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().name("raft-log-watches-" + selfId).daemon().factory());
    thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  /** What came before is not acted upon. */
  void watch(RaftServer server, RaftServer.Division division) {
    watched = new Watched(server, division);
  }

  /** The first entries came over a connection. Any thread. */
  void connectionBegan(RaftPeerId from) {
    open.merge(from, 1, Integer::sum);
  }

  /** A connection over which entries came has ended. Any thread; returns at once. */
  void connectionEnded(RaftPeerId from) {
    open.merge(from, -1, Integer::sum);
    Watched now = watched;
    if (now != null) {
      in(0, () -> begin(now, from));
    }
  }

  private void in(long millis, Runnable step) {
    Runnable told =
        () -> {
          try {
            step.run();
          } catch (RuntimeException e) {
            askedTerm = NONE;
            LOG.warn("looking for the leader failed; the election time-out decides", e);
          }
        };
    try {
      thread.schedule(told, millis, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      // closed meanwhile
    }
  }

  private void begin(Watched at, RaftPeerId from) {
    RaftPeer peer = at.division().getRaftConf().getPeer(from, RaftPeerRole.FOLLOWER);
    if (peer == null || peer.getAddress() == null || !isHeir(at, from)) {
      return;
    }
    Leader leader = new Leader(peer, at.division().getInfo().getCurrentTerm());
    if (leader.term() != askedTerm && follows(at, leader)) {
      askedTerm = leader.term();
      ask(at, leader, 0);
    }
  }

  private void ask(Watched at, Leader leader, int times) {
    if (!follows(at, leader)) {
      askedTerm = NONE;
    } else if (open.getOrDefault(leader.peer().getId(), 0) <= 0
        && isRefused(leader.peer().getAddress())) {
      stand(at, leader);
    } else if (times < PAUSES_MILLIS.length) {
      in(PAUSES_MILLIS[times], () -> ask(at, leader, times + 1));
    } else {
      askedTerm = NONE; // it lives; its connections may end once more
    }
  }

  /** The first of the other voters; two would vote for themselves each, and wait. */
  private static boolean isHeir(Watched at, RaftPeerId leader) {
    return at.division().getRaftConf().getCurrentPeers().stream()
        .map(RaftPeer::getId)
        .filter(id -> !id.equals(leader))
        .min(Comparator.comparing(RaftPeerId::toString))
        .filter(at.division().getMemberId().getPeerId()::equals)
        .isPresent();
  }

  private static boolean follows(Watched at, Leader leader) {
    DivisionInfo info = at.division().getInfo();
    return info.isFollower()
        && info.getCurrentTerm() == leader.term()
        && leader.peer().getId().equals(info.getLeaderId());
  }

  /**
   * Whether the machine answers that nobody listens there, whichever of its addresses is asked: no
   * answer proves nothing.
   */
  private static boolean isRefused(String address) {
    InetSocketAddress to = NetUtils.createSocketAddr(address);
    try {
      for (InetAddress each : InetAddress.getAllByName(to.getHostString())) {
        if (!isRefused(new InetSocketAddress(each, to.getPort()))) {
          return false;
        }
      }
      return true;
    } catch (UnknownHostException e) {
      return false;
    }
  }

  private static boolean isRefused(InetSocketAddress to) {
    try (Socket socket = new Socket()) {
      socket.connect(to, ANSWER_MILLIS_MAX);
      return false;
    } catch (ConnectException e) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * By the request with which a leader hands over; Ratis refuses it if this log does not reach the
   * leader's term, or another election has begun.
   */
  private static void stand(Watched at, Leader leader) {
    TermIndex last = at.division().getRaftLog().getLastEntryTermIndex();
    if (last == null || last.getTerm() != leader.term() || !follows(at, leader)) {
      return;
    }
    LOG.info(
        "{}: nobody listens at {} any more, where {} led term {}: stands for election",
        at.division().getMemberId(),
        leader.peer().getAddress(),
        leader.peer().getId(),
        leader.term());
    try {
      at.server().startLeaderElection(request(at, leader, last));
    } catch (IOException | RuntimeException e) {
      LOG.info(
          "{}: did not stand, and waits for the election time-out", at.division().getMemberId(), e);
    }
  }

  private static StartLeaderElectionRequestProto request(
      Watched at, Leader leader, TermIndex last) {
    return StartLeaderElectionRequestProto.newBuilder()
        .setServerRequest(
            RaftRpcRequestProto.newBuilder()
                .setRequestorId(leader.peer().getId().toByteString())
                .setReplyId(at.division().getMemberId().getPeerId().toByteString())
                .setRaftGroupId(
                    RaftGroupIdProto.newBuilder()
                        .setId(at.division().getMemberId().getGroupId().toByteString())))
        .setLeaderLastEntry(
            TermIndexProto.newBuilder().setTerm(last.getTerm()).setIndex(last.getIndex()))
        .build();
  }

  @Override
  public void close() {
    watched = null;
    thread.shutdown(); // no interrupt: an election may be writing its term
  }
}
