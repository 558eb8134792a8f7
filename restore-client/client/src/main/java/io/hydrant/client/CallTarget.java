package io.hydrant.client;

import io.grpc.Metadata;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Whom one call asks, try after try: the leader as it is known by then, or one member after the
 * other. With one server it is always that one. Used by one thread.
 */
final class CallTarget {
  /**
   * An election takes some hundred milliseconds, and its end should not be slept through: half of
   * this is what a protector waits on average for a leader that is there already.
   */
  private static final long ROUND_PAUSE_NANOS_MAX = 60_000_000;

  private final Connections connections;
  private final Members members;
  private final UnaryCalls.Route route;
  private Member member;

  /** Hints that were followed. Each is once: who gives it again is out of date. */
  private final Set<Member> followed = new HashSet<>();

  private final Set<Member> blank = new HashSet<>();

  /** The last refusal named another member: it is asked at once. */
  private boolean sent;

  CallTarget(Connections connections, UnaryCalls.Route route) {
    this.connections = connections;
    this.members = connections.members();
    this.route = route;
    this.member = members.leader();
  }

  Member member() {
    return member;
  }

  /** Remembers who could answer. */
  void succeeded() {
    if (route == UnaryCalls.Route.LEADER) {
      members.leads(member);
    }
  }

  /** Chooses whom to ask next. */
  void failed(Failure failure, @Nullable Metadata trailers) {
    Member before = member;
    sent = false;
    if (!failure.elsewhere()) {
      return;
    }
    if (failure.fromBlank()) {
      blank.add(before);
    }
    String hint = Failure.leaderIn(trailers);
    Member hinted = hint == null ? null : members.hinted(hint);
    if (hinted != null && !hinted.equals(before) && followed.add(hinted)) {
      member = hinted;
      sent = true;
      return;
    }
    if (route == UnaryCalls.Route.LEADER && !members.several()) {
      connections.learnMembers(); // it may be one of a group that does not know its leader yet
    }
    member =
        switch (route) {
          case LEADER -> hinted == null ? members.notLeader(before) : members.after(before);
          case ANY -> members.after(before);
        };
  }

  /** Whether there is use in another try. */
  boolean mayAskAgain(Failure failure) {
    return failure.retryable() || (failure.fromBlank() && !blank.containsAll(members.all()));
  }

  /** Asks around; whether the member is silent and another one is to be asked instead. */
  boolean isHung() throws InterruptedException {
    return switch (route) {
      case LEADER -> {
        connections.leaderProbe().findLeader();
        yield !members.leader().equals(member);
      }
      case ANY -> connections.isSilent(member);
    };
  }

  /** How often every member was asked after so many tries. */
  int round(int attempt) {
    int count = members.all().size();
    return (attempt + count - 1) / count;
  }

  /** How long to wait before the next try. */
  long pauseNanos(int attempt) {
    if (sent) {
      return 0;
    }
    RetryPolicy retries = connections.config().retries();
    long nanos = retries.pauseNanos(round(attempt), ThreadLocalRandom.current());
    int count = members.all().size();
    return count == 1 ? nanos : Math.min(nanos, ROUND_PAUSE_NANOS_MAX) / count;
  }
}
