package io.hydrant.node.cluster;

import io.hydrant.node.data.MemberAddress;
import io.hydrant.peer.v1.HelloRequest;
import io.hydrant.peer.v1.HelloResponse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says Hello to the other members again and again, and remembers what they answered last. */
public final class MemberWatch {
  private static final long EVERY_NANOS = Duration.ofMillis(500).toNanos();
  private static final Logger LOG = LoggerFactory.getLogger(MemberWatch.class);

  private final Doorkeeper keeper;
  private final PeerCalls calls;
  private final Supplier<List<MemberAddress>> members;
  private final LongSupplier nanoTime;
  private final InstantSource clock;
  private final Map<String, Heard> heard = new ConcurrentHashMap<>();
  private final Map<String, String> refusals = new ConcurrentHashMap<>();
  private final Set<String> asked = ConcurrentHashMap.newKeySet();
  private long steppedNanos;

  /**
   * What a member answered last.
   *
   * @param clockAheadMillis its clock against this node's, give or take half of the way there and
   *     back
   */
  public record Heard(HelloRequest hello, long applied, long clockAheadMillis, long atNanos) {}

  /**
   * @param members of the group; this node is passed over
   */
  public MemberWatch(
      Doorkeeper keeper,
      PeerCalls calls,
      Supplier<List<MemberAddress>> members,
      LongSupplier nanoTime,
      InstantSource clock) {
    this.keeper = keeper;
    this.calls = calls;
    this.members = members;
    this.nanoTime = nanoTime;
    this.clock = clock;
    this.steppedNanos = nanoTime.getAsLong() - EVERY_NANOS;
  }

  /** Asks whoever is due; one thread, several times a second; does not wait. */
  public void step() {
    long now = nanoTime.getAsLong();
    if (now - steppedNanos < EVERY_NANOS) {
      return;
    }
    steppedNanos = now;
    for (MemberAddress member : members.get()) {
      String node = member.node();
      if (!node.equals(keeper.self().getNode()) && asked.add(node)) {
        long sentMillis = clock.millis();
        calls
            .hello(member.peerAddress(), keeper.self())
            .whenComplete((answer, _) -> {
              if (answer != null) {
                take(member, answer, sentMillis);
              }
              asked.remove(node);
            });
      }
    }
  }

  private void take(MemberAddress member, HelloResponse answer, long sentMillis) {
    String node = member.node();
    Optional<String> problem = problem(member, answer);
    if (problem.isPresent()) {
      if (!problem.get().equals(refusals.put(node, problem.get()))) {
        LOG.warn("not connected to {}: {}", node, problem.get());
      }
      return;
    }
    refusals.remove(node);
    keeper.admit(answer.getSelf());
    long here = (sentMillis + clock.millis()) / 2;
    heard.put(
        node,
        new Heard(
            answer.getSelf(),
            answer.getAppliedIndex(),
            answer.getClockMillis() - here,
            nanoTime.getAsLong()));
  }

  private Optional<String> problem(MemberAddress member, HelloResponse answer) {
    if (answer.hasRefusal()) {
      return Optional.of("it refuses this node: " + answer.getRefusal().getMessage());
    }
    if (!answer.getSelf().getNode().equals(member.node())) {
      return Optional.of(
          "'%s' answers at its address %s"
              .formatted(answer.getSelf().getNode(), member.peerAddress()));
    }
    return keeper.refusal(answer.getSelf()).map(refusal -> refusal.getMessage());
  }

  public Optional<Heard> heard(String node) {
    return Optional.ofNullable(heard.get(node));
  }

  /** Why this node and that member do not talk to each other. */
  public Optional<String> refusal(String node) {
    return Optional.ofNullable(refusals.get(node));
  }
}
