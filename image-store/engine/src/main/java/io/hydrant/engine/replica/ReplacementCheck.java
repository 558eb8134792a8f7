package io.hydrant.engine.replica;

import java.util.Collections;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;

/**
 * How far the replacement of a member has come, as its leader sees it, and what is to be done next
 * (PROTOCOL R17: a voter has the pages). Immutable; no I/O, no clock. A new leader begins anew:
 * what was done is seen in the membership.
 *
 * <pre>
 * phase      means                                     goes on when
 * ADOPTED    the joiner belongs to the group's node    the log lists it as a listener
 *            set, not to its log yet
 * LISTENING  it gets entries and frames                it has said what it lacks, in its present life
 * FEEDING    it fetches what it lacks                  it, and a majority with it, lack next to nothing
 * BARRIER    commits are counted in both sets; an      joiner and a majority of the new voters have
 *            entry separates them from those before    everything up to that entry
 * PROPOSING  the change of voters is proposed          the log has it, stable, and so has the joiner's:
 *                                                      until it knows, it refuses its vote to all
 * DONE       it votes, the dead one does not
 * ABANDONED  cannot be done, or is not needed
 * </pre>
 *
 * <p>The executor's duties: a commit is proposed only while its holders are enough by {@link
 * #counting}, asked in the same step in which it is proposed; that holds for all commits before the
 * barrier entry is proposed (no commit counted the old way may come behind it in the log).
 * Inventories are of the members' present lives. Whoever stops leading drops its check.
 *
 * @param barrier log index of the barrier entry; empty if there is none yet
 * @param reason why it was abandoned; empty if it was not
 */
public record ReplacementCheck(
    Plan plan, ReplacementRule rule, Phase phase, OptionalLong barrier, Optional<String> reason) {
  /** So many entries are applied and repaired in a moment. */
  private static final long NEAR_ENTRIES = 1_000;

  /** What is to become of whom. */
  public enum Phase {
    ADOPTED,
    LISTENING,
    FEEDING,
    BARRIER,
    PROPOSING,
    DONE,
    ABANDONED;

    public boolean isFinal() {
      return this == DONE || this == ABANDONED;
    }
  }

  /**
   * Who replaces whom.
   *
   * @param dead leaves the group; empty: the group grows by one
   * @param joiner has a name that the group never had
   */
  public record Plan(Optional<String> dead, String joiner) {
    public Plan {
      if (joiner.isEmpty() || dead.filter(joiner::equals).isPresent()) {
        throw new IllegalArgumentException("a member is replaced by another: " + joiner);
      }
    }

    /** The voters after the change. */
    public Set<String> then(Set<String> voters) {
      Set<String> then = new HashSet<>(voters);
      dead.ifPresent(then::remove);
      then.add(joiner);
      return then;
    }
  }

  /**
   * What the leader knows.
   *
   * @param members by its own log
   * @param membersIndex log index of the entry that says so
   * @param inventories what the members, itself included, said last, each in its present life
   * @param matched log index that each member has durably in its log, by Raft; says nothing of
   *     pages
   */
  public record Seen(
      Members members,
      long membersIndex,
      Map<String, InventoryView> inventories,
      Map<String, Long> matched) {
    public Seen {
      inventories = Collections.unmodifiableSortedMap(new TreeMap<>(inventories));
      matched = Collections.unmodifiableSortedMap(new TreeMap<>(matched));
    }

    /** Whether a member has heard who the members are now. */
    boolean isTold(String node) {
      return matched.getOrDefault(node, -1L) >= membersIndex;
    }
  }

  /** What is to be done now. All of it may be repeated. */
  public sealed interface Action {
    /** Nothing but to look again. */
    record Wait(String what) implements Action {}

    /** Add the joiner to the members, without a vote. */
    record AddListener() implements Action {}

    /**
     * Count from now on by {@link ReplacementCheck#counting}, then propose the barrier entry, then
     * say how that ended: {@link ReplacementCheck#barrierAt}, {@link ReplacementCheck#barrierLost}.
     */
    record ProposeBarrier() implements Action {}

    /** Make these the voters, the rest of the listeners as they are. */
    record ChangeVoters(Set<String> voters) implements Action {}

    /** The end: counts by the log alone. */
    record End() implements Action {}
  }

  /** What follows from what was seen. */
  public record Step(ReplacementCheck check, Action action) {}

  /** The beginning of a check, by a leader. */
  public static ReplacementCheck begin(Plan plan, ReplacementRule rule) {
    return new ReplacementCheck(plan, rule, Phase.ADOPTED, OptionalLong.empty(), Optional.empty());
  }

  /** What to do next. */
  public Step next(Seen seen) {
    Members members = seen.members();
    if (phase.isFinal()) {
      return new Step(this, new Action.End());
    }
    if (!members.isStable()) {
      return wait(phase, "a change of members is under way");
    }
    if (members.voters().contains(plan.joiner())) {
      return plan.dead().filter(members.voters()::contains).isPresent()
          ? abandon(plan.joiner() + " votes already, beside " + plan.dead().get())
          : promoted(seen);
    }
    Optional<String> stranger = plan.dead().filter(dead -> !members.isVoter(dead));
    if (stranger.isPresent()) {
      return abandon(stranger.get() + " is no voting member of the group");
    }
    if (!members.listeners().contains(plan.joiner())) {
      return phase == Phase.ADOPTED
          ? add(members)
          : abandon(plan.joiner() + " is no member of the group any more");
    }
    return listening(seen);
  }

  /**
   * A listener refuses every vote: if another voter were lost before the joiner has heard that it
   * votes, and the leader's term ended, nobody could be elected.
   */
  private Step promoted(Seen seen) {
    return seen.isTold(plan.joiner())
        ? new Step(in(Phase.DONE), new Action.End())
        : wait(Phase.PROPOSING, plan.joiner() + " has not heard yet that it votes");
  }

  private Step add(Members members) {
    return members.listeners().isEmpty()
        ? new Step(this, new Action.AddListener())
        : abandon(
            "another one joins already, %s: one at a time"
                .formatted(String.join(", ", members.listeners())));
  }

  private Step listening(Seen seen) {
    if (phase == Phase.BARRIER || phase == Phase.PROPOSING) {
      return behindBarrier(seen);
    }
    if (!seen.inventories().containsKey(plan.joiner())) {
      return wait(Phase.LISTENING, plan.joiner() + " was not heard of yet");
    }
    Set<String> then = plan.then(seen.members().voters());
    long furthest =
        seen.inventories().values().stream().mapToLong(InventoryView::applied).max().orElse(0);
    Set<String> near = new HashSet<>();
    seen.inventories()
        .forEach((node, view) -> {
          if (furthest - view.holdMark() <= NEAR_ENTRIES) {
            near.add(node);
          }
        });
    if (!near.contains(plan.joiner()) || !Voters.of(then).isMajority(near)) {
      return wait(
          Phase.FEEDING,
          near.contains(plan.joiner())
              ? "too few of the others have everything"
              : plan.joiner() + " fetches what it lacks");
    }
    return new Step(in(Phase.BARRIER), new Action.ProposeBarrier());
  }

  private Step behindBarrier(Seen seen) {
    if (barrier.isEmpty()) {
      return wait(phase, "the barrier entry is on its way");
    }
    Set<String> then = plan.then(seen.members().voters());
    return rule.mayVote(then, plan.joiner(), barrier.getAsLong(), seen)
        ? new Step(in(Phase.PROPOSING), new Action.ChangeVoters(then))
        : wait(phase, "some have not yet everything up to entry " + barrier.getAsLong());
  }

  /** The barrier entry was applied here. */
  public ReplacementCheck barrierAt(long index) {
    return phase == Phase.BARRIER
        ? new ReplacementCheck(plan, rule, phase, OptionalLong.of(index), reason)
        : this;
  }

  /** It was refused, or is not known to have been appended: another one is needed. */
  public ReplacementCheck barrierLost() {
    return phase == Phase.BARRIER && barrier.isEmpty() ? in(Phase.FEEDING) : this;
  }

  /** Whose word counts now, while this check runs. */
  public Voters counting(Members members) {
    return switch (phase) {
      case ADOPTED, LISTENING, FEEDING, DONE, ABANDONED -> members.counting();
      case BARRIER, PROPOSING -> rule.counting(members.counting(), plan.then(members.voters()));
    };
  }

  private Step wait(Phase now, String what) {
    return new Step(in(now), new Action.Wait(what));
  }

  private Step abandon(String why) {
    return new Step(
        new ReplacementCheck(plan, rule, Phase.ABANDONED, barrier, Optional.of(why)),
        new Action.End());
  }

  private ReplacementCheck in(Phase now) {
    return now == phase ? this : new ReplacementCheck(plan, rule, now, barrier, reason);
  }
}
