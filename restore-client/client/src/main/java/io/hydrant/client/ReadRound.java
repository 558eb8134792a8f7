package io.hydrant.client;

import java.util.HashSet;
import java.util.Set;

/**
 * Whom one read asks next: every member once, then again after a pause. With one server the pause
 * comes after every try.
 */
final class ReadRound {
  private final Members members;
  private final Set<Member> asked = new HashSet<>();

  /** Those that will not have it soon either. */
  private final Set<Member> unable = new HashSet<>();

  ReadRound(Members members) {
    this.members = members;
  }

  sealed interface Next {
    record Ask(Member member) implements Next {}

    record Pause(Member thenAsk) implements Next {}

    record GiveUp() implements Next {}
  }

  /** A good answer came: what failed before it is of no matter for what is read next. */
  synchronized void progressed() {
    asked.clear();
    unable.clear();
  }

  /** Remembers a failure while another member's answer is still to come. */
  synchronized void noted(Member member, Failure failure) {
    asked.add(member);
    if (failure.onlyThere()) {
      unable.add(member);
    }
  }

  synchronized Next failed(Member member, Failure failure) {
    noted(member, failure);
    if ((!failure.onlyThere() && !failure.retryable()) || unable.containsAll(members.all())) {
      return new Next.GiveUp();
    }
    Member next = members.after(member);
    for (int i = members.all().size(); i > 1 && asked.contains(next); i--) {
      next = members.after(next);
    }
    if (!asked.contains(next)) {
      return new Next.Ask(next);
    }
    asked.clear();
    return new Next.Pause(next);
  }
}
