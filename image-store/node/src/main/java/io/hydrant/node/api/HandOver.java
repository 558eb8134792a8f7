package io.hydrant.node.api;

import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.replica.Successor;
import io.hydrant.node.cluster.ClusterView;
import io.hydrant.node.cluster.MemberState;
import io.hydrant.node.data.MemberAddress;
import io.hydrant.node.replication.NotLeadingException;
import io.hydrant.node.replication.Replication;
import io.hydrant.raftlog.NotLeaderException;
import io.hydrant.raftlog.RefusedException;
import io.hydrant.v1.Reason;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Hands leadership to another voter, when an operator wants it. */
public final class HandOver {
  /** An election takes a tenth of it. */
  private static final Duration HAND_OVER_MAX = Duration.ofSeconds(5);

  private final Transfer log;
  private final ClusterView view;

  /** The log, as {@link io.hydrant.raftlog.RaftLog#transferLeadership}. */
  @FunctionalInterface
  public interface Transfer {
    CompletableFuture<Void> to(String node, Duration timeout);
  }

  public HandOver(Transfer log, ClusterView view) {
    this.log = log;
    this.view = view;
  }

  /**
   * Completes with the node that leads then; fails if this node does not lead, or the other one
   * does not take over.
   *
   * @param wanted empty: the voter that has most
   * @throws ApiException there is no such voter, or it could not lead at once
   */
  CompletableFuture<String> to(String wanted) {
    Optional<MemberAddress> leader = view.leader();
    if (leader.isEmpty() || !leader.get().node().equals(view.self())) {
      return CompletableFuture.failedFuture(notLeading());
    }
    if (wanted.equals(view.self())) {
      return CompletableFuture.completedFuture(wanted);
    }
    String node = target(wanted);
    return log.to(node, HAND_OVER_MAX)
        .thenApply(_ -> node)
        .exceptionallyCompose(
            failure -> CompletableFuture.failedFuture(told(node, Replication.cause(failure))));
  }

  private String target(String wanted) {
    Map<String, InventoryView> seen = view.seen();
    if (wanted.isEmpty()) {
      return Successor.of(view.self(), view.voters().voters(), seen)
          .orElseThrow(() ->
              new ApiException(
                  Reason.REASON_BEHIND, "no other voter is heard of: none can lead now"));
    }
    if (!view.voters().voters().contains(wanted)) {
      throw ApiException.invalid(
          "'%s' has no vote in this group: its voters are %s"
              .formatted(wanted, String.join(", ", view.voters().voters())));
    }
    if (!seen.containsKey(wanted)) {
      throw new ApiException(
          Reason.REASON_BEHIND, "'%s' is not heard of: it cannot lead now".formatted(wanted));
    }
    if (isBehind(wanted)) {
      throw new ApiException(
          Reason.REASON_BEHIND,
          "'%s' lacks bytes of committed checkpoints: wait until it has them, or name another"
              .formatted(wanted));
    }
    return wanted;
  }

  private boolean isBehind(String node) {
    return view.members().stream()
        .filter(member -> member.node().equals(node))
        .anyMatch(member -> member.heard().filter(MemberState.Heard::behind).isPresent());
  }

  private Throwable told(String node, Throwable failure) {
    return switch (failure) {
      case NotLeaderException _ -> notLeading();
      case RefusedException refused ->
          new ApiException(
              Reason.REASON_BEHIND,
              "'%s' did not take over (%s): ask who leads now, and try again"
                  .formatted(node, refused.getMessage()));
      default -> failure;
    };
  }

  private NotLeadingException notLeading() {
    Optional<MemberAddress> leader =
        view.leader().filter(member -> !member.node().equals(view.self()));
    return new NotLeadingException(
        leader.map(MemberAddress::node).orElse(""), leader.map(MemberAddress::publicAddress));
  }
}
