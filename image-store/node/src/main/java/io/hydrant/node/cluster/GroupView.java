package io.hydrant.node.cluster;

import io.hydrant.engine.replica.Voters;
import io.hydrant.node.data.MemberAddress;
import io.hydrant.raftlog.Membership;
import io.hydrant.raftlog.Peer;
import io.hydrant.raftlog.RaftLog;
import io.hydrant.v1.Health;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/** What the log and the members' greetings say of the group. */
public final class GroupView implements ClusterView {
  private final String self;
  private final String version;
  private final RaftLog log;
  private final MemberWatch watch;
  private final LongSupplier nanoTime;

  public GroupView(
      String self, String version, RaftLog log, MemberWatch watch, LongSupplier nanoTime) {
    this.self = self;
    this.version = version;
    this.log = log;
    this.watch = watch;
    this.nanoTime = nanoTime;
  }

  /** A member with its addresses, as the log carries them. */
  public static MemberAddress address(Peer peer) {
    return new MemberAddress(
        peer.id(), peer.publicAddress(), peer.peerAddress(), peer.raftAddress());
  }

  /** All who take part at present. */
  public static List<MemberAddress> addresses(Membership membership) {
    List<MemberAddress> all = new ArrayList<>();
    for (List<Peer> peers :
        List.of(membership.voters(), membership.oldVoters(), membership.listeners())) {
      for (Peer peer : peers) {
        if (all.stream().noneMatch(member -> member.node().equals(peer.id()))) {
          all.add(address(peer));
        }
      }
    }
    return all;
  }

  @Override
  public String self() {
    return self;
  }

  @Override
  public Voters voters() {
    Membership membership = log.membership();
    return new Voters(ids(membership.voters()), ids(membership.oldVoters()));
  }

  private static Set<String> ids(List<Peer> peers) {
    return peers.stream().map(Peer::id).collect(Collectors.toSet());
  }

  @Override
  public List<MemberState> members() {
    Membership membership = log.membership();
    return addresses(membership).stream()
        .map(member -> state(member, !membership.isListener(member.node())))
        .sorted(
            Comparator.comparing((MemberState state) -> !state.voter())
                .thenComparing(MemberState::node))
        .toList();
  }

  private MemberState state(MemberAddress member, boolean voter) {
    String node = member.node();
    if (node.equals(self)) {
      return new MemberState(
          member,
          voter,
          Optional.of(Duration.ZERO),
          Math.max(0, log.status().lastAppliedIndex()),
          0,
          version,
          Optional.empty());
    }
    Optional<MemberWatch.Heard> heard = watch.heard(node);
    return new MemberState(
        member,
        voter,
        heard.map(last -> Duration.ofNanos(nanoTime.getAsLong() - last.atNanos())),
        heard.map(MemberWatch.Heard::applied).orElse(0L),
        heard.map(MemberWatch.Heard::clockAheadMillis).orElse(0L),
        heard.map(last -> last.hello().getVersion()).orElse(""),
        watch.refusal(node));
  }

  @Override
  public Optional<MemberAddress> member(String node) {
    return log.membership().member(node).map(GroupView::address);
  }

  @Override
  public Optional<MemberAddress> leader() {
    String leader = log.status().leaderId();
    return leader.isEmpty() ? Optional.empty() : member(leader);
  }

  @Override
  public long term() {
    return log.status().term();
  }

  @Override
  public Health health() {
    return ClusterHealth.of(
        members(), leader().map(MemberAddress::node), Map.of(), OptionalLong.empty());
  }
}
