package io.hydrant.node.cluster;

import io.hydrant.engine.replica.InventoryView;
import io.hydrant.node.data.MemberAddress;
import java.time.Duration;
import java.util.Optional;

/**
 * A member, as this node heard of it last.
 *
 * @param voter votes and is counted; else it is joining
 * @param heard empty: nothing, in its present life
 * @param version of its program; empty if not known
 * @param refusal why it and this node do not talk to each other; empty if they do
 */
public record MemberState(
    MemberAddress address,
    boolean voter,
    Optional<Heard> heard,
    String version,
    Optional<Refusal> refusal) {

  /**
   * @param silence since it was heard; zero for this node
   * @param said what it has and lacks
   * @param behind it has lacked something for longer than bytes are on their way
   * @param clockAheadMillis its clock against this node's
   */
  public record Heard(
      Duration silence, InventoryView said, boolean behind, long clockAheadMillis) {}

  /**
   * @param byIt whether it refuses this node, or this node it
   */
  public record Refusal(String why, boolean byIt) {}

  public String node() {
    return address.node();
  }

  /** Log index that it has applied; 0 if not known. */
  public long applied() {
    return heard.map(last -> last.said().applied()).orElse(0L);
  }

  /** Since it was heard; zero for this node; empty: never, in its present life. */
  public Optional<Duration> silence() {
    return heard.map(Heard::silence);
  }

  public boolean isHere() {
    return refusal.isEmpty()
        && silence().filter(s -> s.compareTo(MemberNews.SILENCE_MAX) <= 0).isPresent();
  }
}
