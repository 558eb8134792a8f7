package io.hydrant.node.cluster;

import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.replica.Members;
import io.hydrant.engine.replica.ReplacementCheck;
import io.hydrant.engine.replica.ReplacementCheck.Action;
import io.hydrant.engine.replica.ReplacementCheck.Phase;
import io.hydrant.engine.replica.ReplacementCheck.Plan;
import io.hydrant.engine.replica.ReplacementCheck.Seen;
import io.hydrant.engine.replica.ReplacementCheck.Step;
import io.hydrant.engine.replica.ReplacementRule;
import io.hydrant.engine.replica.Voters;
import io.hydrant.node.data.MemberAddress;
import io.hydrant.raftlog.Membership;
import io.hydrant.raftlog.Peer;
import io.hydrant.raftlog.RaftLog;
import io.hydrant.v1.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replaces a member while this replica leads, one at a time: what to do next is decided by {@link
 * ReplacementCheck}, from the log's members and what the members say of themselves. All of it ends
 * with the leadership; who leads next begins anew from what the log shows, when the operator's
 * command is repeated.
 *
 * <p>{@link #step} is called by one thread several times a second; the rest by any.
 */
public final class Replacement {
  private static final Logger LOG = LoggerFactory.getLogger(Replacement.class);

  /** Steps without progress between two nudges: about a second. */
  private static final int NUDGE_STEPS = 10;

  private final Parts parts;

  /**
   * What the log told: done by the next step, since the log's threads must not wait for one that
   * may itself wait for the log.
   */
  private final Queue<Runnable> told = new ConcurrentLinkedQueue<>();

  /** Guarded by this; read by whoever counts holders. */
  private volatile Optional<Running> running = Optional.empty();

  private long begun;
  private long waits;

  /** Puts the entry into the log that separates commits counted by the old voters alone. */
  @FunctionalInterface
  public interface Barrier {
    /** Completes with its index when it is applied here. */
    CompletableFuture<Long> propose();
  }

  /**
   * What a replacement works with.
   *
   * @param seen what the members have and lack, this one among them
   * @param nudge puts an entry into the log that changes nothing: on a quiet group, members count
   *     what they have repaired when something is applied
   * @param recount runs a change of whose word counts, alone with all proposals of commits
   */
  public record Parts(
      String self,
      RaftLog log,
      Supplier<Map<String, InventoryView>> seen,
      Barrier barrier,
      Runnable nudge,
      Consumer<Runnable> recount) {}

  /**
   * How far it is.
   *
   * @param waitingFor what, in words
   * @param bytesTotal that the joiner lacked at most, as far as known; 0: not known yet
   */
  public record Progress(
      MemberAddress joiner, Phase phase, String waitingFor, long bytesDone, long bytesTotal) {}

  /**
   * The one that is under way, or was last.
   *
   * @param number in this process: an answer that comes late is for another one
   * @param changing a change of members is under way
   * @param most bytes that the joiner lacked
   */
  private record Running(
      long number,
      MemberAddress joiner,
      ReplacementCheck check,
      String waitingFor,
      boolean changing,
      long most) {
    Running with(ReplacementCheck now) {
      return new Running(number, joiner, now, waitingFor, changing, most);
    }

    Running with(Step step, long lacking) {
      String what = step.action() instanceof Action.Wait wait ? wait.what() : "";
      return new Running(number, joiner, step.check(), what, changing, Math.max(most, lacking));
    }

    Running changing(boolean now) {
      return new Running(number, joiner, check, waitingFor, now, most);
    }
  }

  public Replacement(Parts parts) {
    this.parts = parts;
  }

  /** Whose word counts now. */
  public Voters counting() {
    Membership membership = parts.log().membership();
    if (membership.voters().isEmpty()) {
      return Voters.of(Set.of(parts.self())); // It joins, and has no log yet.
    }
    Members members = members(membership);
    return running.map(now -> now.check().counting(members)).orElseGet(members::counting);
  }

  /**
   * Whose word is needed on what no member has any more: of all that count now, but for the one
   * that an operator has declared dead for ever (PROTOCOL R24). Else who is dead and what it had
   * alone would wait for each other: its successor does not vote before it has every page.
   */
  public Set<String> witnesses() {
    Voters counting = counting();
    Set<String> witnesses = new TreeSet<>(counting.voters());
    witnesses.addAll(counting.alsoNeeded());
    running
        .filter(now -> now.check().phase() != Phase.ABANDONED)
        .flatMap(now -> now.check().plan().dead())
        .ifPresent(witnesses::remove);
    return witnesses;
  }

  private static Members members(Membership membership) {
    return new Members(
        ids(membership.voters()), ids(membership.oldVoters()), ids(membership.listeners()));
  }

  private static Set<String> ids(List<Peer> peers) {
    return peers.stream().map(Peer::id).collect(Collectors.toSet());
  }

  /** One that is to join, or is about to: it is listened to although the log does not list it. */
  public Optional<MemberAddress> expected(String node) {
    return running
        .filter(now -> !now.check().phase().isFinal())
        .map(Running::joiner)
        .filter(joiner -> joiner.node().equals(node));
  }

  /** The one that is under way for this joiner, or was; looked up by its peer address. */
  public synchronized Optional<Progress> underWay(Optional<String> dead, String peerAddress)
      throws ReplacementException {
    hear();
    Optional<Running> same =
        running.filter(now ->
            now.joiner().peerAddress().equals(peerAddress)
                && now.check().plan().dead().equals(dead));
    if (same.filter(now -> now.check().phase() != Phase.ABANDONED).isPresent()) {
      return Optional.of(progress(same.get()));
    }
    Optional<Running> other =
        running.filter(now -> !now.check().phase().isFinal() && !votes(now.joiner().node()));
    if (same.isEmpty() && other.isPresent()) {
      throw new ReplacementException(
          Reason.REASON_TOO_MANY_OPEN,
          "%s joins the group already, at %s: one at a time"
              .formatted(other.get().joiner().node(), other.get().joiner().peerAddress()));
    }
    return Optional.empty();
  }

  /** Nothing is left to do but to tell it so: if it has died meanwhile, it may be replaced. */
  private boolean votes(String joiner) {
    Membership membership = parts.log().membership();
    return membership.isStable() && membership.isVoter(joiner);
  }

  /**
   * Begins, or goes on with what the log shows of it.
   *
   * @param joiner adopted into this group
   * @throws ReplacementException it cannot be done so
   */
  public synchronized Progress begin(Optional<String> dead, MemberAddress joiner)
      throws ReplacementException {
    Optional<Progress> known = underWay(dead, joiner.peerAddress());
    if (known.isPresent() && known.get().joiner().equals(joiner)) {
      return known.get();
    }
    if (dead.filter(parts.self()::equals).isPresent()) {
      throw new ReplacementException(
          Reason.REASON_INVALID,
          parts.self() + " leads the group: hand leadership over first, or stop it");
    }
    Plan plan;
    try {
      plan = new Plan(dead, joiner.node());
    } catch (IllegalArgumentException e) {
      throw new ReplacementException(Reason.REASON_INVALID, String.valueOf(e.getMessage()));
    }
    Running first =
        new Running(
            ++begun, joiner, ReplacementCheck.begin(plan, ReplacementRule.PAGES), "", false, 0);
    running = Optional.of(first);
    LOG.info("replacing {} by {}", dead.orElse("nobody"), joiner);
    step();
    Running now = running.orElse(first);
    if (now.check().phase() == Phase.ABANDONED) {
      throw new ReplacementException(
          Reason.REASON_INVALID, now.check().reason().orElse("it was abandoned"));
    }
    return progress(now);
  }

  /**
   * Takes one that joins out again, because it will never have everything; completes when the log
   * has it so.
   */
  public synchronized CompletableFuture<Void> cancel(String joiner) throws ReplacementException {
    hear();
    Membership membership = parts.log().membership();
    if (membership.isVoter(joiner)) {
      throw new ReplacementException(
          Reason.REASON_INVALID, joiner + " votes: put another in its place");
    }
    running = running.filter(now -> !now.joiner().node().equals(joiner));
    List<Peer> listeners =
        membership.listeners().stream().filter(peer -> !peer.id().equals(joiner)).toList();
    if (listeners.size() == membership.listeners().size()) {
      return CompletableFuture.completedFuture(null);
    }
    return parts.log().changeMembers(membership, membership.voters(), listeners);
  }

  private Progress progress(Running now) {
    long lacking = lacking(now);
    long total = Math.max(now.most(), lacking);
    return new Progress(
        now.joiner(), now.check().phase(), now.waitingFor(), total - lacking, total);
  }

  private long lacking(Running now) {
    return Optional.ofNullable(parts.seen().get().get(now.joiner().node()))
        .map(view -> view.lacking().bytes())
        .orElse(0L);
  }

  /** From the log; nothing that was begun goes on without leadership. */
  public void leadershipChanged(boolean leads) {
    if (!leads) {
      told.add(this::forget);
    }
  }

  private void forget() {
    if (running.isPresent() && !running.get().check().phase().isFinal()) {
      LOG.info(
          "the replacement by {} goes on with the next leader, when it is asked for again",
          running.get().joiner());
    }
    running = Optional.empty();
  }

  private synchronized void hear() {
    for (Runnable next = told.poll(); next != null; next = told.poll()) {
      next.run();
    }
  }

  /** Looks, and does what is next. */
  public synchronized void step() {
    hear();
    if (running.isEmpty() || running.get().check().phase().isFinal() || !leads()) {
      return;
    }
    Running now = running.get();
    Membership membership = parts.log().membership();
    Step step =
        now.check()
            .next(
                new Seen(
                    members(membership),
                    membership.index(),
                    parts.seen().get(),
                    parts.log().matchIndices()));
    Running next = now.with(step, lacking(now));
    if (step.check().phase() != now.check().phase()) {
      LOG.info("replacement by {}: {}", next.joiner().node(), step.check().phase());
    }
    switch (step.action()) {
      case Action.Wait _ -> {
        running = Optional.of(next);
        if (++waits % NUDGE_STEPS == 0) {
          parts.nudge().run();
        }
      }
      case Action.End _ -> {
        running = Optional.of(next);
        step.check().reason().ifPresent(why -> LOG.warn("replacement abandoned: {}", why));
      }
      case Action.ProposeBarrier _ -> {
        parts.recount().accept(() -> running = Optional.of(next));
        proposeBarrier(next.number());
      }
      case Action.AddListener _ -> {
        running = Optional.of(next);
        List<Peer> listeners = new ArrayList<>(membership.listeners());
        listeners.add(peer(next.joiner()));
        change(membership, membership.voters(), listeners);
      }
      case Action.ChangeVoters change -> {
        running = Optional.of(next);
        change(
            membership,
            voters(membership, change.voters(), next.joiner()),
            membership.listeners().stream()
                .filter(peer -> !peer.id().equals(next.joiner().node()))
                .toList());
      }
    }
  }

  private boolean leads() {
    return parts.log().status().leader();
  }

  private static Peer peer(MemberAddress member) {
    return new Peer(
        member.node(), member.raftAddress(), member.publicAddress(), member.peerAddress());
  }

  private static List<Peer> voters(
      Membership membership, Set<String> wanted, MemberAddress joiner) {
    List<Peer> voters =
        new ArrayList<>(
            membership.voters().stream().filter(peer -> wanted.contains(peer.id())).toList());
    voters.add(peer(joiner));
    return voters;
  }

  private void proposeBarrier(long number) {
    parts
        .barrier()
        .propose()
        .whenComplete((index, failure) -> {
          if (failure != null) {
            LOG.info("the barrier of the replacement is proposed again: {}", failure.toString());
          }
          update(
              number,
              now ->
                  now.with(
                      index == null ? now.check().barrierLost() : now.check().barrierAt(index)));
        });
  }

  private void update(long number, UnaryOperator<Running> change) {
    told.add(() -> running = running.map(now -> now.number() == number ? change.apply(now) : now));
  }

  /** One at a time: a change that is under way shows in the members, or ends. */
  private void change(Membership expected, List<Peer> voters, List<Peer> listeners) {
    Running now = running.orElseThrow();
    if (now.changing()) {
      return;
    }
    running = Optional.of(now.changing(true));
    parts
        .log()
        .changeMembers(expected, voters, listeners)
        .whenComplete((_, failure) -> {
          if (failure != null) {
            LOG.warn("replacement by {}: {}", now.joiner().node(), failure.toString());
          }
          update(now.number(), then -> then.changing(false));
        });
  }
}
