package io.hydrant.engine.repair;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.repair.RepairPlan.Task;
import io.hydrant.engine.repair.RepairPlan.Urgency;
import io.hydrant.engine.repair.RepairStep.Outcome;
import io.hydrant.engine.repair.RepairStep.Progress;
import io.hydrant.engine.store.ImageStore;
import io.hydrant.engine.store.MissingView;
import io.hydrant.engine.store.TractSet;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Who does what next: rounds over what is lacking, and in a round the tasks one after the other,
 * each at one source after the other. Gives a claim to whoever steps, and takes the result back.
 * Safe for use by many threads; asks nobody and reads no disk but for the account of what is
 * missing.
 */
final class RepairRounds {
  private final MissingView missing;
  private final Catalog catalog;
  private final RepairStep.Surroundings surroundings;
  private final Predicate<CheckpointKey> due;

  private final Deque<Task> tasks = new ArrayDeque<>();
  private final List<RepairWork> works = new ArrayList<>();

  /** Sources that were asked in vain in this round, by task. */
  private final Set<Asked> asked = new HashSet<>();

  private List<Task> stuck = List.of();
  private final List<Task> stuckNow = new ArrayList<>();
  private boolean progressed = true;
  private long tractsLacking;
  private long tractsDone;
  private long bytesDone;

  private record Asked(CheckpointKey asOf, boolean damaged, String node) {}

  RepairRounds(
      ImageStore store, RepairStep.Surroundings surroundings, Predicate<CheckpointKey> due) {
    this.missing = store.missing();
    this.catalog = store.catalog();
    this.surroundings = surroundings;
    // What came whole and is being published would be fetched, and written, a second time.
    this.due = key -> due.test(key) && !store.isCompleting(key);
  }

  /** A piece of work that nobody else does. */
  sealed interface Claim {
    /** There is none now. */
    record Nothing(Outcome outcome) implements Claim {}

    /**
     * @param wanted tracts, and the slim state if it is among them
     */
    record List(RepairWork work, TractSet wanted) implements Claim {}

    record Compare(RepairWork work, java.util.List<TractSummary> tracts) implements Claim {}

    record Fetch(RepairWork work, java.util.List<TractSummary> tracts) implements Claim {}

    record Slim(RepairWork work) implements Claim {}
  }

  synchronized Claim claim() {
    Claim open = claimOpen();
    if (open != null) {
      return open;
    }
    while (true) {
      if (tasks.isEmpty()) {
        if (!works.isEmpty()) {
          return new Claim.Nothing(Outcome.WAITS); // others are at the rest of the round
        }
        Outcome outcome = nextRound();
        if (outcome != Outcome.WORKED) {
          return new Claim.Nothing(outcome);
        }
      }
      Claim claim = begin(tasks.getFirst());
      if (claim != null) {
        return claim;
      }
      tasks.removeFirst();
    }
  }

  private @org.jspecify.annotations.Nullable Claim claimOpen() {
    for (RepairWork work : works) {
      if (work.hasWork()) {
        work.claimed();
        if (work.takeSlim()) {
          return new Claim.Slim(work);
        }
        List<TractSummary> fetch = work.takeFetch();
        return fetch.isEmpty()
            ? new Claim.Compare(work, work.takeCompare())
            : new Claim.Fetch(work, fetch);
      }
    }
    return null;
  }

  /** DONE if nothing is lacking, WAITS if nothing came of the last round, else WORKED. */
  private Outcome nextRound() {
    List<MissingView.Lack> lacks =
        missing.lacks().stream().filter(lack -> due.test(key(lack))).toList();
    List<MissingView.Lack> damages = missing.damages();
    stuck = List.copyOf(stuckNow);
    stuckNow.clear();
    asked.clear();
    tractsLacking = size(lacks) + size(damages);
    if (lacks.isEmpty() && damages.isEmpty()) {
      progressed = true;
      tractsDone = 0;
      bytesDone = 0;
      return Outcome.DONE;
    }
    if (!progressed) {
      progressed = true; // the next call tries again
      return Outcome.WAITS;
    }
    progressed = false;
    tasks.addAll(RepairPlan.order(lacks, damages, surroundings.others(), catalog::image));
    return Outcome.WORKED;
  }

  private static CheckpointKey key(MissingView.Lack lack) {
    return new CheckpointKey(lack.image(), lack.asOf());
  }

  private static long size(List<MissingView.Lack> lacks) {
    return lacks.stream().mapToLong(lack -> lack.tracts().size()).sum();
  }

  /** The next source for a task; null if there is nothing left to do of it, or to ask. */
  private @org.jspecify.annotations.Nullable Claim begin(Task task) {
    TractSet wanted = stillLacking(task);
    if (wanted.isEmpty()) {
      return null;
    }
    for (RepairSource source : surroundings.sources(task.asOf(), task.urgency())) {
      if (asked.add(new Asked(task.asOf(), isDamage(task), source.node()))) {
        RepairWork work = new RepairWork(task, source);
        work.claimed();
        works.add(work);
        tasks.removeFirst();
        return new Claim.List(work, wanted);
      }
    }
    stuckNow.add(new Task(task.asOf(), wanted, task.urgency()));
    return null;
  }

  static boolean isDamage(Task task) {
    return task.urgency() == Urgency.DAMAGED;
  }

  private TractSet stillLacking(Task task) {
    if (!isDamage(task)) {
      return missing.lacking(task.asOf());
    }
    return missing.damages().stream()
        .filter(lack -> key(lack).equals(task.asOf()))
        .map(MissingView.Lack::tracts)
        .findFirst()
        .orElse(TractSet.NONE);
  }

  /** What came of a claim. */
  synchronized void settle(Claim claim, TractFetch.Result result) {
    RepairWork work =
        switch (claim) {
          case Claim.Nothing _ -> null;
          case Claim.List list -> list.work();
          case Claim.Compare compare -> compare.work();
          case Claim.Fetch fetch -> fetch.work();
          case Claim.Slim slim -> slim.work();
        };
    if (work == null) {
      return;
    }
    work.settled();
    if (result.sourceFailed()) {
      work.giveUp();
    } else {
      work.toCompare(result.compare());
      work.toFetch(result.fetch());
      if (result.slim()) {
        work.toFetchSlim();
      }
    }
    if (result.done() > 0) {
      progressed = true;
    }
    tractsDone += result.done();
    tractsLacking = Math.max(0, tractsLacking - result.done());
    bytesDone += result.bytes();
    for (Iterator<RepairWork> all = works.iterator(); all.hasNext(); ) {
      RepairWork one = all.next();
      if (one.isEnded()) {
        all.remove();
        tasks.addFirst(one.task()); // what is left of it is asked of the next source
      }
    }
  }

  synchronized Progress progress(Claim claim, long fetchedBytes) {
    Outcome outcome = claim instanceof Claim.Nothing nothing ? nothing.outcome() : Outcome.WORKED;
    long pending = works.stream().mapToLong(RepairWork::fetchBytes).sum();
    return new Progress(
        outcome,
        fetchedBytes,
        tractsDone,
        tractsDone + tractsLacking,
        bytesDone,
        bytesDone + pending);
  }

  synchronized List<Task> stuck() {
    return stuck;
  }
}
