package io.hydrant.node.cluster;

import io.hydrant.node.data.MemberAddress;
import java.time.Duration;
import java.util.Optional;

/**
 * A member, as this node heard of it last.
 *
 * @param voter votes and is counted; else it is joining
 * @param silence since it was heard; zero for this node; empty: never, in this life
 * @param applied log index that it has applied
 * @param clockAheadMillis its clock against this node's
 * @param version of its program; empty if not known
 * @param refusal why it and this node do not talk to each other; empty if they do
 */
public record MemberState(
    MemberAddress address,
    boolean voter,
    Optional<Duration> silence,
    long applied,
    long clockAheadMillis,
    String version,
    Optional<String> refusal) {
  /** Four times as long as the members greet each other. */
  public static final Duration SILENCE_MAX = Duration.ofSeconds(2);

  public String node() {
    return address.node();
  }

  boolean isHere() {
    return refusal.isEmpty() && silence.filter(s -> s.compareTo(SILENCE_MAX) <= 0).isPresent();
  }
}
