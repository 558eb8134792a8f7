package io.hydrant.testkit.history;

import io.hydrant.testkit.history.HistoryChecker.Findings;
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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One image's operations, and which checkpoints are committed by the word of anybody: acknowledged,
 * listed, pinned, found as head, or built upon by another one that is. An unknown outcome that was
 * seen is fixed by that; one that was never seen is no part of the order.
 */
final class ImageFacts {
  /** Attempts that may be behind an id which nobody was told. */
  private static final int CANDIDATES_MAX = 8;

  private final Findings findings;
  private final List<Operation> operations;
  private final Map<Long, Commit> byAttempt = new HashMap<>();
  private final Map<Long, Commit> byId = new HashMap<>();
  private final Map<Long, Pin> sessions = new HashMap<>();
  private final Map<Long, Listed> listed = new HashMap<>();
  private final Map<Long, String> restored = new HashMap<>();
  private final TreeMap<Long, Fate> committed = new TreeMap<>();
  private final Deque<Seen> seen = new ArrayDeque<>();
  private final Set<Long> heard = new HashSet<>();

  private ImageFacts(List<Operation> operations, Findings findings) {
    this.operations =
        operations.stream()
            .sorted(Comparator.comparingLong(operation -> operation.during().invoked()))
            .toList();
    this.findings = findings;
  }

  private record Seen(long id, String where) {}

  /**
   * A checkpoint that is committed.
   *
   * @param epoch under which; empty: nobody told
   * @param base 0: full; empty: nobody told
   * @param sent when it was sent at the earliest
   * @param acknowledged {@link Long#MAX_VALUE} if it never was
   * @param where it was seen first
   */
  record Fate(
      long id,
      Optional<Commit> commit,
      OptionalLong epoch,
      OptionalLong base,
      OptionalLong index,
      long sent,
      long acknowledged,
      String where) {
    boolean isAcknowledged() {
      return acknowledged != Long.MAX_VALUE;
    }
  }

  static ImageFacts gather(List<Operation> operations, Findings findings) {
    ImageFacts facts = new ImageFacts(operations, findings);
    facts.operations.forEach(facts::index);
    facts.operations.forEach(facts::evidence);
    facts.close();
    return facts;
  }

  /** By invocation. */
  List<Operation> operations() {
    return operations;
  }

  /** Committed checkpoints by id, which is the order of their commits. */
  TreeMap<Long, Fate> committed() {
    return committed;
  }

  Optional<Pin> session(long number) {
    return Optional.ofNullable(sessions.get(number));
  }

  private void index(Operation operation) {
    switch (operation) {
      case Commit commit -> {
        byAttempt.put(commit.attempt(), commit);
        id(commit)
            .ifPresent(id -> {
              Commit other = byId.put(id, commit);
              if (other != null) {
                findings.add(
                    Demand.ONE_HEAD,
                    "checkpoint id %d was used twice: %s; %s"
                        .formatted(id, Words.of(other), Words.of(commit)));
              }
            });
      }
      case Pin pin -> sessions.put(pin.session(), pin);
      case ListAll list -> {
        if (list.result() instanceof Result.Ok<List<Listed>>(List<Listed> rows)) {
          rows.forEach(row -> told(row, list));
        }
      }
      case Acquire _, ReadHead _, Restore _ -> {}
    }
  }

  private void told(Listed row, ListAll list) {
    Listed before = listed.put(row.id(), row);
    if (before != null && !before.equals(row)) {
      findings.add(
          Demand.FATE_FIXED,
          "checkpoint %d was listed as %s and is listed as %s by %s"
              .formatted(row.id(), before, row, Words.of(list)));
    }
  }

  /** Empty: nobody heard it. */
  static OptionalLong id(Commit commit) {
    return commit.result() instanceof Result.Ok<Committed>(Committed ok)
        ? OptionalLong.of(ok.id())
        : commit.id();
  }

  private void evidence(Operation operation) {
    switch (operation) {
      case Commit commit -> {
        if (commit.result() instanceof Result.Ok<Committed>(Committed ok)) {
          see(ok.id(), commit);
        }
      }
      case Acquire acquire -> {
        if (acquire.result() instanceof Result.Ok<Acquired>(Acquired ok)) {
          see(ok.head(), acquire);
        }
      }
      case ReadHead read -> {
        if (read.result() instanceof Result.Ok<Head>(Head ok)) {
          see(ok.id(), read);
        }
      }
      case ListAll list -> {
        if (list.result() instanceof Result.Ok<List<Listed>>(List<Listed> rows)) {
          rows.forEach(row -> see(row.id(), list));
        }
      }
      case Pin pin -> {
        if (pin.result() instanceof Result.Ok<Long>(Long id)) {
          see(id, pin);
        }
      }
      case Restore restore -> {
        Pin pin = sessions.get(restore.session());
        if (restore.result() instanceof Result.Ok<String>(String content)
            && pin != null
            && pin.result() instanceof Result.Ok<Long>(Long id)) {
          restored.putIfAbsent(id, content);
        }
      }
    }
  }

  private void see(long id, Operation where) {
    if (id != 0 && heard.add(id)) {
      seen.add(new Seen(id, Words.of(where)));
    }
  }

  /** Follows bases until nothing new is committed. */
  private void close() {
    Set<Commit> taken = new HashSet<>(byId.values());
    while (!seen.isEmpty()) {
      Seen next = seen.remove();
      if (!committed.containsKey(next.id())) {
        Fate fate = fate(next, taken);
        committed.put(next.id(), fate);
        fate.base()
            .ifPresent(base -> {
              if (base != 0) {
                seen.add(new Seen(base, "checkpoint " + next.id() + " builds on it"));
              }
            });
      }
    }
  }

  private Fate fate(Seen seen, Set<Commit> taken) {
    Commit commit = byId.get(seen.id());
    if (commit != null) {
      if (commit.result() instanceof Result.Failed<Committed>) {
        findings.add(
            Demand.FAILED_INVISIBLE,
            "checkpoint %d failed and is visible: %s; seen by %s"
                .formatted(seen.id(), Words.of(commit), seen.where()));
      }
      return known(seen, commit);
    }
    List<Commit> candidates = candidates(seen.id(), taken);
    if (candidates.isEmpty()) {
      findings.add(
          Demand.FAILED_INVISIBLE,
          "checkpoint %d was sent by nobody whose commit is open; seen by %s"
              .formatted(seen.id(), seen.where()));
    } else if (candidates.size() == 1) {
      taken.add(candidates.getFirst());
      return known(seen, candidates.getFirst());
    }
    Optional<Listed> row = Optional.ofNullable(listed.get(seen.id()));
    return new Fate(
        seen.id(),
        Optional.empty(),
        row.map(each -> OptionalLong.of(each.epoch())).orElseGet(() -> commonEpoch(candidates)),
        row.map(each -> OptionalLong.of(each.base())).orElse(OptionalLong.empty()),
        OptionalLong.empty(),
        candidates.stream().mapToLong(each -> each.during().invoked()).min().orElse(Long.MIN_VALUE),
        Long.MAX_VALUE,
        seen.where());
  }

  /** Whichever of them it was, it was under this epoch; empty: they differ. */
  private static OptionalLong commonEpoch(List<Commit> candidates) {
    long[] epochs = candidates.stream().mapToLong(Commit::epoch).distinct().toArray();
    return epochs.length == 1 ? OptionalLong.of(epochs[0]) : OptionalLong.empty();
  }

  /** Attempts without an id, or whose content was restored under this one, that may have landed. */
  private List<Commit> candidates(long id, Set<Commit> taken) {
    String content = restored.get(id);
    Listed row = listed.get(id);
    List<Commit> found = new ArrayList<>();
    for (Commit commit : byAttempt.values()) {
      boolean open = commit.result() instanceof Result.Unknown<Committed>;
      boolean fits =
          (content == null || content.equals(commit.content()))
              && (row == null || row.epoch() == commit.epoch());
      if (open && fits && !taken.contains(commit) && found.size() < CANDIDATES_MAX) {
        found.add(commit);
      }
    }
    return found;
  }

  private Fate known(Seen seen, Commit commit) {
    Listed row = listed.get(seen.id());
    OptionalLong base = base(commit, row);
    if (row != null
        && (row.epoch() != commit.epoch()
            || (base.isPresent() && row.base() != base.getAsLong()))) {
      findings.add(
          Demand.FATE_FIXED,
          "checkpoint %d is listed as %s, but %s".formatted(seen.id(), row, Words.of(commit)));
    }
    boolean acknowledged = commit.result() instanceof Result.Ok<Committed>;
    OptionalLong index =
        commit.result() instanceof Result.Ok<Committed>(Committed ok)
            ? OptionalLong.of(ok.index())
            : OptionalLong.empty();
    return new Fate(
        seen.id(),
        Optional.of(commit),
        OptionalLong.of(commit.epoch()),
        base,
        index,
        commit.during().invoked(),
        acknowledged ? commit.during().returned() : Long.MAX_VALUE,
        seen.where());
  }

  private OptionalLong base(Commit commit, @Nullable Listed row) {
    return switch (commit.base()) {
      case Base.Nothing nothing -> OptionalLong.of(0);
      case Base.Checkpoint(long id) -> OptionalLong.of(id);
      case Base.Attempt(long number) -> {
        Commit other = byAttempt.get(number);
        OptionalLong id = other == null ? OptionalLong.empty() : id(other);
        if (id.isEmpty() && row != null) {
          yield OptionalLong.of(row.base());
        }
        yield id;
      }
    };
  }
}
