package io.hydrant.engine.catalog;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.DamagedPages;
import io.hydrant.engine.model.Line;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The checkpoints of one image and what became of every id (PROTOCOL R2): immutable.
 *
 * <pre>
 *                  opened          committed             retired
 *   UNKNOWN  ───────────►  OPEN  ────────────►  COMMITTED  ───────►  RETIRED
 *   id ≥ next                │ aborted
 *                            └────────►  ABORTED
 * </pre>
 *
 * Invariants, on which the rest of the package builds:
 *
 * <ul>
 *   <li>Open checkpoints are a chain: the first builds on the head or is full, the second on the
 *       first.
 *   <li>So commits come in ascending order of ids.
 *   <li>There is a head as soon as one is committed, it is never retired, and neither is the newest
 *       id.
 *   <li>An id below {@code next} that is neither open, retained nor aborted is retired: no list is
 *       needed.
 * </ul>
 *
 * @param next the id that the next Open gets
 * @param head on what the next checkpoint must build
 * @param open what is open, at most {@link CatalogLimits#OPEN_CHECKPOINTS_MAX}
 * @param retained what is committed and not retired
 * @param aborted every id that was ever aborted
 * @param remembered the newest retired ones, ascending
 */
record CheckpointHistory(
    long next,
    Optional<CheckpointId> head,
    SortedArrayMap<CheckpointId, CheckpointInfo> open,
    RetainedCheckpoints retained,
    IdRanges aborted,
    List<RetiredCheckpoint> remembered) {

  static final CheckpointHistory EMPTY =
      new CheckpointHistory(
          1,
          Optional.empty(),
          SortedArrayMap.empty(),
          RetainedCheckpoints.NONE,
          IdRanges.NONE,
          List.of());

  SortedArrayMap<CheckpointId, CheckpointInfo> committed() {
    return retained.committed();
  }

  ImageState.Fate fate(CheckpointId id) {
    if (id.value() >= next) {
      return ImageState.Fate.UNKNOWN;
    }
    if (open.containsKey(id)) {
      return ImageState.Fate.OPEN;
    }
    if (committed().containsKey(id)) {
      return ImageState.Fate.COMMITTED;
    }
    return aborted.contains(id.value()) ? ImageState.Fate.ABORTED : ImageState.Fate.RETIRED;
  }

  long firstUndecided() {
    return open.isEmpty() ? next : open.firstKey().value();
  }

  Optional<ImageState.CommittedAs> committedAs(CheckpointId id) {
    CheckpointInfo info = committed().get(id);
    if (info != null) {
      CheckpointInfo.CommitInfo commit = info.commit().orElseThrow();
      return Optional.of(new ImageState.CommittedAs(commit.content().digest(), commit.index()));
    }
    return remembered.stream()
        .filter(retired -> retired.id().equals(id))
        .findFirst()
        .map(retired -> new ImageState.CommittedAs(retired.digest(), retired.index()));
  }

  /** As {@link ImageState#continues}. */
  boolean continues(CheckpointHistory before) {
    long undecided = before.firstUndecided();
    return next >= before.next
        && firstUndecided() >= undecided
        && Arrays.equals(aborted.within(1, undecided - 1), before.aborted.within(1, undecided - 1))
        && committed().headMap(new CheckpointId(undecided)).keySet().stream()
            .allMatch(before.committed()::containsKey)
        && before.committed().keySet().stream().allMatch(id -> isSame(id, before))
        && before.remembered.stream().allMatch(retired -> isSame(retired.id(), before))
        && retained.lines().stream().allMatch(line -> before.hasStemOf(line, undecided));
  }

  private boolean isSame(CheckpointId id, CheckpointHistory before) {
    Optional<ImageState.CommittedAs> now = committedAs(id);
    return now.isPresent()
        ? now.equals(before.committedAs(id))
        : fate(id) == ImageState.Fate.RETIRED;
  }

  /** Whether a later line goes on from a checkpoint that is retained here, and on its line. */
  private boolean hasStemOf(Line later, long undecided) {
    long stem = later.newestWithin(1, undecided - 1);
    while (stem > 0 && aborted.contains(stem)) { // in a run of the line, but no checkpoint of it
      stem = later.newestWithin(1, aborted.lastOutside(stem));
    }
    return stem == 0
        || retained
            .line(new CheckpointId(stem))
            .map(line -> Arrays.equals(line.toRuns(), later.within(1, line.newest())))
            .orElse(false);
  }

  /** As {@link ImageState#notAborted}. */
  long[] notAborted(long first, long last) {
    long[] gone = aborted.within(first, last);
    long[] runs = new long[gone.length + 2];
    int size = 0;
    long low = first;
    for (int i = 0; i < gone.length; i += 2) {
      if (low < gone[i]) {
        runs[size++] = low;
        runs[size++] = gone[i] - 1;
      }
      low = gone[i + 1] + 1;
    }
    if (low <= last) {
      runs[size++] = low;
      runs[size++] = last;
    }
    return Arrays.copyOf(runs, size);
  }

  /**
   * @throws IllegalArgumentException if it is neither committed nor open
   */
  Line line(CheckpointId id) {
    return retained
        .line(id)
        .orElseGet(() -> {
          if (!open.containsKey(id)) {
            throw new IllegalArgumentException(id + " is neither committed nor open");
          }
          return branchesWithOpen(id).lineOf(id.value());
        });
  }

  /** Runs in the line of a checkpoint that would be opened next on the head. */
  int runsOnHead() {
    return head.map(
            id -> retained.branches().runsOf(id.value()) + (head.equals(retained.last()) ? 0 : 1))
        .orElse(1);
  }

  /** Open checkpoints that a new one on this base would not build on (PROTOCOL R3). */
  SortedSet<CheckpointId> openBeside(Optional<CheckpointId> base) {
    SortedSet<CheckpointId> beside = new TreeSet<>(open.keySet());
    Optional<CheckpointId> ancestor = base;
    while (ancestor.isPresent() && beside.remove(ancestor.get())) {
      ancestor = Optional.ofNullable(open.get(ancestor.get())).flatMap(CheckpointInfo::base);
    }
    return beside;
  }

  /** An open checkpoint and the open ones that build on it. */
  SortedSet<CheckpointId> openFrom(CheckpointId id) {
    SortedSet<CheckpointId> family = new TreeSet<>();
    family.add(id);
    for (CheckpointInfo info : open.values()) {
      if (info.base().isPresent() && family.contains(info.base().get())) {
        family.add(info.id());
      }
    }
    return family;
  }

  /** With {@code next} opened. */
  CheckpointHistory opened(CheckpointInfo checkpoint) {
    return new CheckpointHistory(
        next + 1, head, open.plus(checkpoint.id(), checkpoint), retained, aborted, remembered);
  }

  CheckpointHistory aborted(SortedSet<CheckpointId> ids) {
    IdRanges more = aborted;
    for (CheckpointId id : ids) {
      more = more.plus(id.value());
    }
    return new CheckpointHistory(next, head, open.without(ids), retained, more, remembered);
  }

  /** With an open checkpoint committed, which becomes the head. */
  CheckpointHistory committed(CheckpointInfo checkpoint) {
    return new CheckpointHistory(
        next,
        Optional.of(checkpoint.id()),
        open.without(Collections.singleton(checkpoint.id())),
        retained.plus(checkpoint),
        aborted,
        remembered);
  }

  CheckpointHistory retired(SortedSet<CheckpointId> ids) {
    List<CheckpointInfo> gone = new ArrayList<>(ids.size());
    for (CheckpointId id : ids) {
      Optional.ofNullable(committed().get(id)).ifPresent(gone::add);
    }
    return new CheckpointHistory(
        next,
        head,
        open,
        retained.without(ids),
        aborted,
        RetiredCheckpoint.newest(remembered, gone));
  }

  CheckpointHistory damaged(DamagedPages damaged) {
    return new CheckpointHistory(next, head, open, retained.with(damaged), aborted, remembered);
  }

  /** With a retained checkpoint as the head; nothing may be open. */
  CheckpointHistory restoredTo(CheckpointId restorePoint) {
    return new CheckpointHistory(
        next, Optional.of(restorePoint), open, retained, aborted, remembered);
  }

  /** The branches as they will be when the open ones up to this have committed. */
  private Branches branchesWithOpen(CheckpointId upTo) {
    Branches branches = retained.branches();
    Optional<CheckpointId> last = retained.last();
    for (CheckpointInfo info : open.values()) {
      if (info.id().compareTo(upTo) <= 0) {
        branches = branches.extendedBy(info, last);
        last = Optional.of(info.id());
      }
    }
    return branches;
  }
}
