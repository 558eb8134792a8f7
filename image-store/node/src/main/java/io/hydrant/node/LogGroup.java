package io.hydrant.node;

import io.hydrant.engine.replica.Voters;
import io.hydrant.node.cluster.ClusterView;
import io.hydrant.node.cluster.MemberState;
import io.hydrant.node.data.MemberAddress;
import io.hydrant.node.peer.PeerAddress;
import io.hydrant.node.peer.PeerGroup;
import io.hydrant.raftlog.RaftLog;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The group as the log has it.
 *
 * @param counting whose word counts now: more than the log's voters while one is replaced
 */
record LogGroup(ClusterView view, RaftLog log, Supplier<Voters> counting) implements PeerGroup {
  private static final Logger LOG = LoggerFactory.getLogger(LogGroup.class);
  private static final Duration HAND_OVER_MAX = Duration.ofSeconds(3);

  @Override
  public Voters voters() {
    return counting.get();
  }

  @Override
  public List<PeerAddress> others() {
    return view.members().stream()
        .map(MemberState::address)
        .filter(member -> !member.node().equals(view.self()))
        .map(LogGroup::address)
        .toList();
  }

  static PeerAddress address(MemberAddress member) {
    return PeerAddress.of(member.node(), member.peerAddress());
  }

  @Override
  public Optional<String> leader() {
    return view.leader().map(MemberAddress::node);
  }

  @Override
  public CompletableFuture<Long> current() {
    return log.readIndex();
  }

  @Override
  public void handOver(String node) {
    log.transferLeadership(node, HAND_OVER_MAX)
        .whenComplete((_, failure) -> {
          if (failure != null) {
            LOG.warn("leadership could not be handed to {}: {}", node, failure.toString());
          }
        });
  }
}
