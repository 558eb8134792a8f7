package io.hydrant.testkit.history;

import io.hydrant.testkit.history.HistoryChecker.Findings;
import io.hydrant.testkit.history.ImageFacts.Fate;
import io.hydrant.testkit.history.Operation.Acquire;
import io.hydrant.testkit.history.Operation.Acquired;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * The changes of one image, in the one order that their epochs and ids leave. Position 0 is the
 * image as it was created; the change at position p leads from state p-1 to state p.
 */
final class ImageOrder {
  private final Findings findings;
  private final List<Change> changes = new ArrayList<>();
  private final Map<List<Long>, Integer> positions = new HashMap<>();
  private final TreeMap<Long, Integer> commits = new TreeMap<>();

  private ImageOrder(Findings findings) {
    this.findings = findings;
    changes.add(
        new Change(0, 0, 0, OptionalLong.empty(), Long.MIN_VALUE, Long.MIN_VALUE, "creation"));
    positions.put(List.of(0L, 0L), 0);
  }

  /**
   * A change and the state behind it.
   *
   * @param newest committed id
   * @param from invoked then
   * @param until returned then; {@link Long#MAX_VALUE}: nobody was told
   */
  record Change(
      long epoch, long head, long newest, OptionalLong index, long from, long until, String words) {
    boolean isTold() {
      return until != Long.MAX_VALUE;
    }
  }

  static ImageOrder of(ImageFacts facts, Findings findings) {
    ImageOrder order = new ImageOrder(findings);
    TreeMap<Long, Epoch> epochs = order.epochs(facts);
    order.commitsByEpoch(facts, epochs);
    epochs.forEach(order::append);
    return order;
  }

  List<Change> changes() {
    return changes;
  }

  int last() {
    return changes.size() - 1;
  }

  /** The state of an epoch with this head, or -1: it never was. */
  int position(long epoch, long head) {
    return positions.getOrDefault(List.of(epoch, head), -1);
  }

  /** Where a checkpoint commits; -1: it does not. */
  int commitPosition(long id) {
    return commits.getOrDefault(id, -1);
  }

  /** First state of an epoch above this one; beyond {@link #last} if there is none. */
  int firstAbove(long epoch) {
    int low = 0;
    int high = changes.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (changes.get(middle).epoch() > epoch) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  /** Last state before the next commit behind this one. */
  int lastBeforeNextCommit(int position) {
    Map.Entry<Long, Integer> next = commits.higherEntry(changes.get(position).newest());
    return next == null ? last() : next.getValue() - 1;
  }

  /** An epoch: who got it, if that was told, and what was committed under it, by id. */
  private static final class Epoch {
    private final List<Acquire> owners = new ArrayList<>();
    private final List<Fate> commits = new ArrayList<>();
    private long from = Long.MAX_VALUE;
  }

  private TreeMap<Long, Epoch> epochs(ImageFacts facts) {
    TreeMap<Long, Epoch> epochs = new TreeMap<>();
    long unknownFrom = Long.MAX_VALUE;
    for (Operation operation : facts.operations()) {
      if (operation instanceof Acquire acquire) {
        if (acquire.result() instanceof Result.Ok<Acquired>(Acquired ok)) {
          Epoch epoch = epochs.computeIfAbsent(ok.epoch(), _ -> new Epoch());
          epoch.owners.add(acquire);
          if (epoch.owners.size() > 1) {
            findings.add(
                Demand.ONE_HEAD,
                "epoch %d was given twice: %s; %s"
                    .formatted(ok.epoch(), Words.of(epoch.owners.getFirst()), Words.of(acquire)));
          }
        } else if (acquire.result() instanceof Result.Unknown<Acquired>) {
          unknownFrom = Math.min(unknownFrom, acquire.during().invoked());
        }
      }
    }
    // An epoch that is seen but was given to nobody we know belongs to a take-over without answer.
    long from = unknownFrom;
    for (Operation operation : facts.operations()) {
      if (operation instanceof Operation.ReadHead read
          && read.result() instanceof Result.Ok<Operation.Head>(Operation.Head head)
          && head.epoch() != 0) {
        epochs.computeIfAbsent(head.epoch(), each -> unowned(each, from, Words.of(read)));
      }
    }
    facts
        .committed()
        .values()
        .forEach(fate ->
            fate.epoch()
                .ifPresent(each ->
                    epochs.computeIfAbsent(each, epoch -> unowned(epoch, from, fate.where()))));
    return epochs;
  }

  private Epoch unowned(long epoch, long from, String where) {
    if (from == Long.MAX_VALUE) {
      findings.add(
          Demand.ONE_HEAD, "epoch %d was given to nobody; seen by %s".formatted(epoch, where));
    }
    Epoch unowned = new Epoch();
    unowned.from = from == Long.MAX_VALUE ? Long.MIN_VALUE : from;
    return unowned;
  }

  private void commitsByEpoch(ImageFacts facts, TreeMap<Long, Epoch> epochs) {
    long newestEpoch = 0;
    Fate newest = null;
    for (Fate fate : facts.committed().values()) {
      long epoch = fate.epoch().orElse(newestEpoch);
      if (newest != null && epoch < newestEpoch) {
        findings.add(
            Demand.NO_STALE_EPOCH,
            "checkpoint %d was committed under epoch %d after checkpoint %d under epoch %d: %s; %s"
                .formatted(fate.id(), epoch, newest.id(), newestEpoch, words(fate), words(newest)));
      } else {
        newestEpoch = epoch;
        newest = fate;
      }
      epochs.computeIfAbsent(epoch, _ -> new Epoch()).commits.add(fate);
    }
  }

  private static String words(Fate fate) {
    return fate.commit().map(Words::of).orElse(fate.where());
  }

  private void append(long number, Epoch epoch) {
    if (number != 0) {
      acquire(number, epoch);
    }
    epoch.commits.forEach(fate -> commit(number, fate));
  }

  private void acquire(long number, Epoch epoch) {
    Change before = changes.getLast();
    long head = before.head();
    long from = epoch.from;
    long until = Long.MAX_VALUE;
    String words = "take-over without answer";
    if (!epoch.owners.isEmpty()) {
      Acquire owner = epoch.owners.getFirst();
      words = Words.of(owner);
      from = owner.during().invoked();
      until = owner.during().returned();
      if (owner.result() instanceof Result.Ok<Acquired>(Acquired ok) && ok.head() != head) {
        findings.add(
            Demand.ONE_HEAD,
            "epoch %d began at head %d, but the head was %d: %s; %s"
                .formatted(number, ok.head(), head, words, before.words()));
        head = ok.head();
      }
    }
    add(new Change(number, head, before.newest(), OptionalLong.empty(), from, until, words));
  }

  private void commit(long epoch, Fate fate) {
    Change before = changes.getLast();
    long base = fate.base().orElse(before.head());
    if (base != 0 && base != before.head()) {
      findings.add(
          Demand.ONE_HEAD,
          "checkpoint %d builds on %d, but the head was %d: two heads: %s; %s"
              .formatted(fate.id(), base, before.head(), words(fate), before.words()));
    }
    add(
        new Change(
            epoch,
            fate.id(),
            Math.max(fate.id(), before.newest()),
            fate.index(),
            fate.sent(),
            fate.acknowledged(),
            words(fate)));
    commits.put(fate.id(), last());
  }

  private void add(Change change) {
    changes.add(change);
    positions.putIfAbsent(List.of(change.epoch(), change.head()), last());
  }
}
