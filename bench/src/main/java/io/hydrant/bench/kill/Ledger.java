package io.hydrant.bench.kill;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The protector's books over many lives of a server: which checkpoints were acknowledged, which
 * ones may or may not be there, and which ones must never be seen again. Pure, so that it can be
 * tested with a server that lies.
 *
 * <p>Every attempt ends in one of three ways: acknowledged; refused (never visible); or unknown,
 * when the server died first. What was unknown is settled by the next server life: it is there,
 * wholly, or it is absent, and stays so.
 *
 * <p>Safe for use by several threads.
 */
final class Ledger {
  private final int keepLast;

  /** Committed by the server's word or found committed later: id to trace number. */
  private final TreeMap<Long, Integer> committed = new TreeMap<>();

  private final Set<Long> acknowledged = new HashSet<>();
  private final Set<Long> absent = new HashSet<>();
  private final List<Attempt> unknown = new ArrayList<>();
  private final Violations violations;

  /**
   * @param keepLast the image's retention
   */
  Ledger(int keepLast, Violations violations) {
    this.keepLast = keepLast;
    this.violations = violations;
  }

  /** Checkpoints that retention keeps. */
  int keepLast() {
    return keepLast;
  }

  /** A checkpoint that is being sent. Its outcome is unknown until told. */
  static final class Attempt {
    private final int number;
    private long id;
    private boolean refused;

    private Attempt(int number) {
      this.number = number;
    }

    /** The trace's number of the memory that it leads to. */
    int number() {
      return number;
    }
  }

  synchronized Attempt begin(int number) {
    Attempt attempt = new Attempt(number);
    unknown.add(attempt);
    return attempt;
  }

  /** The server told the id; it may become known after the outcome. */
  synchronized void opened(Attempt attempt, long id) {
    attempt.id = id;
    if (attempt.refused) {
      absent.add(id);
    }
  }

  synchronized void acknowledged(Attempt attempt, long id) {
    attempt.id = id;
    if (unknown.remove(attempt)) {
      if (absent.contains(id) || committed.containsKey(id)) {
        violations.add(
            "checkpoint %d was acknowledged as memory %d although its id was used before: %s"
                .formatted(id, attempt.number, fate(id)));
      }
      committed.put(id, attempt.number);
      acknowledged.add(id);
    } else {
      violations.add(
          "checkpoint %d, memory %d, was acknowledged after its outcome was settled: %s"
              .formatted(id, attempt.number, fate(id)));
    }
  }

  /** It certainly is not committed, and never will be. */
  synchronized void refused(Attempt attempt) {
    if (unknown.remove(attempt)) {
      attempt.refused = true;
      if (attempt.id != 0) {
        absent.add(attempt.id);
      }
    }
  }

  /**
   * Holds what a new server life lists against the books.
   *
   * @param listed ids of the committed checkpoints that can be restored
   * @return those of them whose commit was not acknowledged: to be restored, and settled by {@link
   *     #foundCommitted}
   */
  synchronized List<Long> compare(List<Long> listed) {
    NavigableSet<Long> there = new TreeSet<>(listed);
    for (long id : acknowledged) {
      if (!there.contains(id) && retained(id, there)) {
        violations.add(
            "acknowledged checkpoint %d is lost: expected memory %d of the trace under it, listed are %s; fewer than %d are newer"
                .formatted(id, committed.get(id), listed, keepLast));
      }
    }
    List<Long> surprising = new ArrayList<>();
    for (long id : there) {
      if (absent.contains(id)) {
        violations.add(
            "checkpoint %d is visible although it was refused or absent before; listed are %s"
                .formatted(id, listed));
      } else if (!committed.containsKey(id)) {
        surprising.add(id);
      }
    }
    return surprising;
  }

  private String fate(long id) {
    if (absent.contains(id)) {
      return "refused or absent";
    }
    Integer number = committed.get(id);
    return number == null ? "unknown" : "committed as memory " + number;
  }

  /** Whether retention must have kept it: fewer than keepLast committed ones are newer. */
  private boolean retained(long id, NavigableSet<Long> there) {
    Set<Long> newer = new HashSet<>(there.tailSet(id, false));
    newer.addAll(committed.tailMap(id, false).keySet());
    return newer.size() < keepLast;
  }

  /**
   * Trace numbers that a listed but unacknowledged checkpoint may have: by its id where the server
   * told it, else any attempt whose id is not known.
   */
  synchronized List<Integer> candidates(long id) {
    Optional<Attempt> named = unknown.stream().filter(attempt -> attempt.id == id).findFirst();
    return named
        .map(attempt -> List.of(attempt.number))
        .orElseGet(() ->
            unknown.stream().filter(attempt -> attempt.id == 0).map(Attempt::number).toList());
  }

  /** An unacknowledged checkpoint is wholly there: it restored to the memory of this number. */
  synchronized void foundCommitted(long id, int number) {
    for (Attempt attempt : unknown) {
      if (attempt.number == number && (attempt.id == id || attempt.id == 0)) {
        unknown.remove(attempt);
        committed.put(id, number);
        return;
      }
    }
    violations.add(
        "checkpoint %d is visible as memory %d although nobody sent it".formatted(id, number));
  }

  /** Ids that were told for attempts whose outcome is still unknown. */
  synchronized List<Long> unansweredIds() {
    return unknown.stream().filter(attempt -> attempt.id != 0).map(attempt -> attempt.id).toList();
  }

  /** Ids that must never be seen committed, ascending. */
  synchronized List<Long> absentIds() {
    return absent.stream().sorted().toList();
  }

  /** All that is still unknown is absent in this life, so it has to stay absent. */
  synchronized void settleAbsent() {
    for (Attempt attempt : unknown) {
      if (attempt.id != 0) {
        absent.add(attempt.id);
      }
    }
    unknown.clear();
  }

  /** The trace number behind a committed id. */
  synchronized OptionalInt number(long id) {
    Integer number = committed.get(id);
    return number == null ? OptionalInt.empty() : OptionalInt.of(number);
  }

  synchronized int acknowledgedCount() {
    return acknowledged.size();
  }

  /** Committed in the end, though the answer never came. */
  synchronized int foundCount() {
    return committed.size() - acknowledged.size();
  }

  synchronized int absentCount() {
    return absent.size();
  }

  /** Newest committed checkpoint, if there is one. */
  synchronized Optional<Map.Entry<Long, Integer>> newest() {
    return Optional.ofNullable(committed.lastEntry());
  }
}
