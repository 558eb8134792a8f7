package io.hydrant.node.cluster;

import io.hydrant.engine.replica.ClockCheck;
import io.hydrant.engine.replica.Copies;
import io.hydrant.engine.replica.InventoryView;
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
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What the log says of the group, and its members of themselves. */
public final class GroupView implements ClusterView {
  private final String self;
  private final String version;
  private final RaftLog log;
  private final MemberNews news;
  private volatile @Nullable Counted counted;

  /** The log's membership is the same object until it changes; voters are asked for every frame. */
  private record Counted(Membership membership, Voters voters) {}

  public GroupView(String self, String version, RaftLog log, MemberNews news) {
    this.self = self;
    this.version = version;
    this.log = log;
    this.news = news;
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
    Counted last = counted;
    if (last == null || last.membership() != membership) {
      last = new Counted(membership, voters(membership));
      counted = last;
    }
    return last.voters();
  }

  private Voters voters(Membership membership) {
    if (membership.voters().isEmpty()) {
      return Voters.of(Set.of(self)); // It joins, and has no log yet.
    }
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
    boolean own = node.equals(self);
    Optional<MemberState.Heard> heard =
        news.last(node)
            .map(last ->
                new MemberState.Heard(
                    own ? Duration.ZERO : news.silence(last),
                    last.said(),
                    last.isBehind(),
                    last.clockAheadMillis()));
    return new MemberState(
        member,
        voter,
        heard,
        own ? version : news.version(node),
        news.refusal(node).map(refused -> new MemberState.Refusal(refused.why(), refused.byIt())));
  }

  @Override
  public Map<String, InventoryView> seen() {
    return news.seen();
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
    return ClusterHealth.of(members(), leader().map(MemberAddress::node), copies(), news.verdict());
  }

  @Override
  public Copies copies() {
    return Copies.of(voters().voters(), seen().values());
  }

  @Override
  public long clockOffMillis() {
    List<Long> clocks =
        members().stream()
            .filter(member -> member.voter() && member.isHere())
            .map(member -> member.heard().map(MemberState.Heard::clockAheadMillis).orElse(0L))
            .toList();
    return ClockCheck.offMillis(0, clocks);
  }

  @Override
  public boolean isIsolated() {
    Set<String> voters = voters().voters();
    long refusing =
        voters.stream()
            .filter(node -> news.refusal(node).filter(MemberNews.Refused::byIt).isPresent())
            .count();
    return 2 * refusing > voters.size();
  }
}
