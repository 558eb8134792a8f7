package io.hydrant.testkit.history;

import io.hydrant.testkit.history.HistoryChecker.Findings;
import io.hydrant.testkit.history.ImageOrder.Change;
import io.hydrant.testkit.history.Operation.Acquire;
import io.hydrant.testkit.history.Operation.Acquired;
import io.hydrant.testkit.history.Operation.Commit;
import io.hydrant.testkit.history.Operation.Committed;
import io.hydrant.testkit.history.Operation.Head;
import io.hydrant.testkit.history.Operation.ListAll;
import io.hydrant.testkit.history.Operation.Listed;
import io.hydrant.testkit.history.Operation.Pin;
import io.hydrant.testkit.history.Operation.ReadHead;
import io.hydrant.testkit.history.Operation.Restore;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;

/**
 * Whether every answer has a place in the order of changes that its real time allows.
 *
 * <p>Rules, for calls a and b of which a returned before b was invoked: a change a comes before a
 * change b; an answer b is of the state behind a change a, or of a later one; an answer a is of a
 * state before a change b; of two answers, b's state is not before a's. An answer that fits several
 * states gets the first that is allowed: that binds those behind it the least, so one pass decides.
 */
final class Placement {
  private final ImageOrder order;
  private final Findings findings;

  private Placement(ImageOrder order, Findings findings) {
    this.order = order;
    this.findings = findings;
  }

  static void check(ImageFacts facts, ImageOrder order, Findings findings) {
    Placement placement = new Placement(order, findings);
    placement.changes();
    List<Answer> answers = new ArrayList<>();
    for (Operation operation : facts.operations()) {
      placement.answer(operation).ifPresent(answers::add);
    }
    placement.answers(answers);
  }

  /** An answer and the states, first to last, that it fits. */
  private record Answer(Operation operation, int first, int last) {}

  /** What is over: the state that it proves. */
  private record Over(long returned, int position, String words, boolean acknowledgement) {}

  private void changes() {
    Change latest = order.changes().getFirst();
    for (Change change : order.changes()) {
      if (change.until() < latest.from()) {
        boolean stale = latest.epoch() < change.epoch();
        findings.add(
            stale ? Demand.NO_STALE_EPOCH : Demand.REAL_TIME_ORDER,
            stale
                ? "committed under epoch %d, sent after epoch %d had begun: %s; %s"
                    .formatted(latest.epoch(), change.epoch(), latest.words(), change.words())
                : "the second ended before the first began, but is behind it in the log: %s; %s"
                    .formatted(latest.words(), change.words()));
      }
      if (change.from() > latest.from()) {
        latest = change;
      }
    }
  }

  private Optional<Answer> answer(Operation operation) {
    return switch (operation) {
      case ReadHead read -> head(read);
      case ListAll list -> list(list);
      case Pin pin -> pin(pin);
      case Acquire acquire ->
          acquire.result() instanceof Result.Failed<Acquired>(Result.Why why)
                  && why == Result.Why.STALE_EPOCH
                  && acquire.seenEpoch().isPresent()
              ? refused(acquire, acquire.seenEpoch().getAsLong())
              : Optional.empty();
      case Commit commit ->
          commit.result() instanceof Result.Failed<Committed>(Result.Why why)
                  && why == Result.Why.STALE_EPOCH
              ? refused(commit, commit.epoch())
              : Optional.empty();
      case Restore _ -> Optional.empty();
    };
  }

  private Optional<Answer> refused(Operation operation, long epoch) {
    int first = order.firstAbove(epoch);
    // A take-over that nobody was told of may be behind the refusal, and is in no order.
    return first > order.last()
        ? Optional.empty()
        : Optional.of(new Answer(operation, first, order.last()));
  }

  private Optional<Answer> head(ReadHead read) {
    if (!(read.result() instanceof Result.Ok<Head>(Head head))) {
      return Optional.empty();
    }
    int position = order.position(head.epoch(), head.id());
    if (position < 0) {
      findings.add(
          Demand.ONE_HEAD,
          "the head was never %d under epoch %d: %s"
              .formatted(head.id(), head.epoch(), Words.of(read)));
      return Optional.empty();
    }
    indexFits(read, head, position);
    return Optional.of(new Answer(read, position, position));
  }

  /** The image is at least as new as the index that goes with it. */
  private void indexFits(ReadHead read, Head head, int position) {
    if (position < order.last()) {
      Change next = order.changes().get(position + 1);
      if (next.index().isPresent() && next.index().getAsLong() <= head.index()) {
        findings.add(
            Demand.ONE_HEAD,
            "the state of index %d lacks what was committed at index %d: %s; %s"
                .formatted(head.index(), next.index().getAsLong(), Words.of(read), next.words()));
      }
    }
  }

  private Optional<Answer> list(ListAll list) {
    if (!(list.result() instanceof Result.Ok<List<Listed>>(List<Listed> rows))) {
      return Optional.empty();
    }
    long newest = rows.stream().mapToLong(Listed::id).max().orElse(0);
    int first = newest == 0 ? 0 : order.commitPosition(newest);
    return first < 0
        ? Optional.empty()
        : Optional.of(new Answer(list, first, order.lastBeforeNextCommit(first)));
  }

  private Optional<Answer> pin(Pin pin) {
    if (!(pin.result() instanceof Result.Ok<Long>(Long id))) {
      return Optional.empty();
    }
    int first = order.commitPosition(id);
    if (first < 0) {
      return Optional.empty();
    }
    if (pin.checkpoint().isPresent()) {
      if (pin.checkpoint().getAsLong() != id) {
        findings.add(
            Demand.EXACT_RESTORE, "another checkpoint was pinned: %s".formatted(Words.of(pin)));
      }
      return Optional.of(new Answer(pin, first, order.last()));
    }
    return Optional.of(new Answer(pin, first, order.lastBeforeNextCommit(first)));
  }

  private void answers(List<Answer> answers) {
    PriorityQueue<Over> running = new PriorityQueue<>(Comparator.comparingLong(Over::returned));
    for (int position = 1; position <= order.last(); position++) {
      Change change = order.changes().get(position);
      if (change.isTold()) {
        running.add(new Over(change.until(), position, change.words(), true));
      }
    }
    NotYet notYet = new NotYet(order.changes());
    Over proven = new Over(Long.MIN_VALUE, 0, "creation", true);
    for (Answer answer : answers) { // by invocation
      while (!running.isEmpty()
          && running.peek().returned() < answer.operation().during().invoked()) {
        Over over = running.remove();
        proven = over.position() > proven.position() ? over : proven;
      }
      int position = Math.max(answer.first(), proven.position());
      if (position > answer.last()) {
        tooOld(answer, proven);
        continue;
      }
      int bound = notYet.firstInvokedAfter(answer.operation().during().returned());
      if (position >= bound) {
        findings.add(
            Demand.REAL_TIME_ORDER,
            "the answer knows of what was sent only after it: %s; %s"
                .formatted(Words.of(answer.operation()), order.changes().get(bound).words()));
        continue;
      }
      running.add(
          new Over(
              answer.operation().during().returned(),
              position,
              Words.of(answer.operation()),
              false));
    }
  }

  private void tooOld(Answer answer, Over proven) {
    boolean lost = proven.acknowledgement() && !(answer.operation() instanceof Commit);
    findings.add(
        lost ? Demand.NOTHING_LOST : Demand.REAL_TIME_ORDER,
        "%s: %s; %s"
            .formatted(
                lost
                    ? "an answer does not know of what was acknowledged before it"
                    : "an answer is older than one that ended before it began",
                Words.of(answer.operation()),
                proven.words()));
  }

  /** Changes by the time of their invocation: the first in the log of those invoked later. */
  private static final class NotYet {
    private final long[] from;
    private final int[] least;

    NotYet(List<Change> changes) {
      List<Integer> positions = new ArrayList<>();
      for (int position = 1; position < changes.size(); position++) {
        positions.add(position);
      }
      positions.sort(Comparator.comparingLong(position -> changes.get(position).from()));
      from = positions.stream().mapToLong(position -> changes.get(position).from()).toArray();
      least = new int[positions.size() + 1];
      least[positions.size()] = Integer.MAX_VALUE;
      for (int row = positions.size() - 1; row >= 0; row--) {
        least[row] = Math.min(least[row + 1], positions.get(row));
      }
    }

    int firstInvokedAfter(long time) {
      int low = 0;
      int high = from.length;
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (from[middle] > time) {
          high = middle;
        } else {
          low = middle + 1;
        }
      }
      return least[low];
    }
  }
}
