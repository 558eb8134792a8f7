package io.hydrant.engine.replica;

import io.hydrant.engine.replica.ReplacementCheck.Action;
import io.hydrant.engine.replica.ReplacementCheck.Phase;
import io.hydrant.engine.replica.ReplacementCheck.Plan;
import io.hydrant.engine.replica.ReplacementCheck.Seen;
import io.hydrant.engine.replica.ReplacementCheck.Step;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * A group of three whose member c is replaced by j while two checkpoints are committed: every order
 * of bytes that arrive, commits, looks at the inventories, changes of leader, and the loss of c's
 * disk. Raft is taken as it is specified: what is appended is kept, but for a change of members
 * that only a deposed leader had.
 */
final class ReplacementModel {
  private static final List<String> NODES = List.of("a", "b", "c", "j");
  private static final int C = 1 << 2;
  private static final Set<String> OLD = Set.of("a", "b", "c");
  private static final Set<String> NEW = Set.of("a", "b", "j");
  private static final int CHECKPOINTS = 2;
  private static final int BARRIER = -1;
  private static final int BARRIERS_MAX = 2;

  private final ReplacementRule rule;
  private final boolean proposesLate;
  private final Set<Phase> reached = EnumSet.noneOf(Phase.class);

  /** How far the change of members is. */
  private enum Stage {
    OLD,
    LISTENER,
    JOINT,
    NEW;

    Members members() {
      return switch (this) {
        case OLD -> new Members(ReplacementModel.OLD, Set.of(), Set.of());
        case LISTENER -> new Members(ReplacementModel.OLD, Set.of(), Set.of("j"));
        case JOINT -> new Members(ReplacementModel.NEW, ReplacementModel.OLD, Set.of());
        case NEW -> new Members(ReplacementModel.NEW, Set.of(), Set.of());
      };
    }
  }

  /**
   * @param log checkpoints that were committed, and barriers; the first has index 1
   * @param holders of each checkpoint, one bit a node
   * @param counted checkpoint that was found to have enough holders and is about to be proposed; -1
   *     none
   * @param cLost its disk is gone
   */
  private record State(
      Stage stage,
      List<Integer> log,
      List<Integer> holders,
      int counted,
      boolean cLost,
      ReplacementCheck check) {
    State with(ReplacementCheck now) {
      return new State(stage, log, holders, counted, cLost, now);
    }

    State with(Stage now) {
      return new State(now, log, holders, counted, cLost, check);
    }

    State withCounted(int checkpoint) {
      return new State(stage, log, holders, checkpoint, cLost, check);
    }

    State appended(int entry) {
      List<Integer> longer = new ArrayList<>(log);
      longer.add(entry);
      return new State(stage, List.copyOf(longer), holders, counted, cLost, check);
    }

    State held(int checkpoint, int by) {
      List<Integer> now = new ArrayList<>(holders);
      now.set(checkpoint, now.get(checkpoint) | by);
      return new State(stage, log, List.copyOf(now), counted, cLost, check);
    }

    State withoutC() {
      List<Integer> left = holders.stream().map(bits -> bits & ~C).toList();
      return new State(stage, log, left, counted, true, check);
    }

    boolean isHeld(int checkpoint, int node) {
      return (holders.get(checkpoint) & 1 << node) != 0;
    }

    long holdMark(int node) {
      for (int i = 0; i < log.size(); i++) {
        if (log.get(i) != BARRIER && !isHeld(log.get(i), node)) {
          return i;
        }
      }
      return log.size();
    }
  }

  /**
   * @param proposesLate a commit is counted in one step and proposed in another, which the check
   *     forbids
   */
  ReplacementModel(ReplacementRule rule, boolean proposesLate) {
    this.rule = rule;
    this.proposesLate = proposesLate;
  }

  /** Phases that were seen on the way. */
  Set<Phase> reached() {
    return reached;
  }

  /** Looks at all reachable states; the first that may lose something, if there is one. */
  Optional<String> violation() {
    State start = new State(Stage.OLD, List.of(), List.of(0, 0), -1, false, begin());
    Set<State> known = new HashSet<>(Set.of(start));
    Deque<State> open = new ArrayDeque<>(known);
    while (!open.isEmpty()) {
      State state = open.poll();
      reached.add(state.check().phase());
      Optional<String> lost = lost(state);
      if (lost.isPresent()) {
        return lost;
      }
      for (State next : successors(state)) {
        if (known.add(next)) {
          open.add(next);
        }
      }
    }
    return Optional.empty();
  }

  private ReplacementCheck begin() {
    return ReplacementCheck.begin(new Plan(Optional.of("c"), "j"), rule);
  }

  /** Once the change is made, any one of the new voters may be lost. */
  private static Optional<String> lost(State state) {
    if (state.stage() != Stage.NEW) {
      return Optional.empty();
    }
    for (int checkpoint : state.log()) {
      if (checkpoint == BARRIER) {
        continue;
      }
      for (String second : NEW) {
        if (NEW.stream()
            .filter(node -> !node.equals(second))
            .noneMatch(node -> state.isHeld(checkpoint, NODES.indexOf(node)))) {
          return Optional.of(
              "checkpoint %d is lost with %s: %s".formatted(checkpoint, second, state));
        }
      }
    }
    return Optional.empty();
  }

  private List<State> successors(State state) {
    List<State> next = new ArrayList<>();
    for (int checkpoint = 0; checkpoint < CHECKPOINTS; checkpoint++) {
      bytesArrive(state, checkpoint, next);
      commit(state, checkpoint, next);
    }
    look(state, next);
    if (!state.cLost()) {
      next.add(state.withoutC());
    }
    State deposed = state.with(begin()).withCounted(-1);
    next.add(deposed);
    if (state.stage() == Stage.JOINT) {
      next.add(deposed.with(Stage.LISTENER));
      next.add(state.with(Stage.NEW));
    }
    return next;
  }

  /** From the protector before the commit; from any holder after it. */
  private static void bytesArrive(State state, int checkpoint, List<State> next) {
    boolean somewhere = !state.log().contains(checkpoint) || state.holders().get(checkpoint) != 0;
    for (int node = 0; node < NODES.size(); node++) {
      boolean here =
          switch (NODES.get(node)) {
            case "c" -> !state.cLost() && state.stage() != Stage.NEW;
            case "j" -> state.stage() != Stage.OLD;
            default -> true;
          };
      if (here && somewhere && !state.isHeld(checkpoint, node)) {
        next.add(state.held(checkpoint, 1 << node));
      }
    }
  }

  private void commit(State state, int checkpoint, List<State> next) {
    if (state.log().contains(checkpoint)) {
      return;
    }
    Set<String> holding = new HashSet<>();
    for (int node = 0; node < NODES.size(); node++) {
      if (state.isHeld(checkpoint, node)) {
        holding.add(NODES.get(node));
      }
    }
    boolean enough = state.check().counting(state.stage().members()).isMajority(holding);
    if (enough && !proposesLate) {
      next.add(state.appended(checkpoint));
    }
    if (enough && proposesLate && state.counted() < 0) {
      next.add(state.withCounted(checkpoint));
    }
    if (state.counted() == checkpoint) {
      next.add(state.appended(checkpoint).withCounted(-1));
    }
  }

  /** The leader looks: at some of the inventories, since others may not have come yet. */
  private void look(State state, List<State> next) {
    for (int heard = 0; heard < 1 << NODES.size(); heard++) {
      if ((heard & C) != 0) {
        continue;
      }
      Map<String, InventoryView> inventories = new HashMap<>();
      Map<String, Long> matched = new TreeMap<>();
      for (int node = 0; node < NODES.size(); node++) {
        matched.put(NODES.get(node), (long) state.log().size());
        if ((heard & 1 << node) != 0) {
          inventories.put(
              NODES.get(node),
              InventoryView.whole(
                  new PeerLife(NODES.get(node), 1), state.log().size(), state.holdMark(node)));
        }
      }
      Step step = state.check().next(new Seen(state.stage().members(), 0, inventories, matched));
      act(state.with(step.check()), step.action(), next);
    }
  }

  private static void act(State state, Action action, List<State> next) {
    switch (action) {
      case Action.Wait _, Action.End _ -> next.add(state);
      case Action.AddListener _ -> {
        next.add(state);
        next.add(state.with(Stage.LISTENER));
      }
      case Action.ProposeBarrier _ -> {
        next.add(state.with(state.check().barrierLost()));
        if (state.log().stream().filter(entry -> entry == BARRIER).count() < BARRIERS_MAX) {
          State appended = state.appended(BARRIER);
          next.add(appended.with(state.check().barrierAt(appended.log().size())));
          next.add(appended.with(state.check().barrierLost()));
        }
      }
      case Action.ChangeVoters change -> {
        if (!change.voters().equals(NEW)) {
          throw new IllegalStateException("asked for " + change.voters());
        }
        next.add(state);
        next.add(state.with(Stage.JOINT));
      }
    }
  }
}
