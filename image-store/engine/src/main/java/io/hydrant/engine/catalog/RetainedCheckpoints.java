package io.hydrant.engine.catalog;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.DamagedPages;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.RegionTable;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;

/**
 * What is committed and not retired, with the line of each, and what is damaged on these:
 * immutable. A line never changes once its checkpoint is committed, so it is made once, and asking
 * for all of them costs nothing.
 */
final class RetainedCheckpoints {
  static final RetainedCheckpoints NONE =
      new RetainedCheckpoints(
          SortedArrayMap.empty(), new Line[0], Branches.NONE, DamagedPages.NONE);

  private final SortedArrayMap<CheckpointId, CheckpointInfo> committed;
  private final Line[] lines;
  private final Branches branches;
  private final DamagedPages damaged;

  private RetainedCheckpoints(
      SortedArrayMap<CheckpointId, CheckpointInfo> committed,
      Line[] lines,
      Branches branches,
      DamagedPages damaged) {
    this.committed = committed;
    this.lines = lines;
    this.branches = branches;
    this.damaged = damaged;
  }

  /** From checkpoints that all lie in the branches. */
  static RetainedCheckpoints of(
      SortedArrayMap<CheckpointId, CheckpointInfo> committed,
      Branches branches,
      DamagedPages damaged) {
    Line[] lines = new Line[committed.size()];
    for (int i = 0; i < lines.length; i++) {
      lines[i] = branches.lineOf(committed.valueAt(i).id().value());
    }
    return new RetainedCheckpoints(committed, lines, branches, damaged);
  }

  SortedArrayMap<CheckpointId, CheckpointInfo> committed() {
    return committed;
  }

  Branches branches() {
    return branches;
  }

  /** The newest id: never retired, because at least one is always kept. */
  Optional<CheckpointId> last() {
    return committed.isEmpty() ? Optional.empty() : Optional.of(committed.lastKey());
  }

  /** Oldest checkpoint first. */
  List<Line> lines() {
    return Collections.unmodifiableList(Arrays.asList(lines));
  }

  /** The line of a retained checkpoint. */
  Optional<Line> line(CheckpointId id) {
    int index = committed.indexOf(id);
    return index < 0 ? Optional.empty() : Optional.of(lines[index]);
  }

  /** With a checkpoint above all others. */
  RetainedCheckpoints plus(CheckpointInfo checkpoint) {
    Branches extended = branches.extendedBy(checkpoint, last());
    Line[] more = Arrays.copyOf(lines, lines.length + 1);
    more[lines.length] = extended.lineOf(checkpoint.id().value());
    return new RetainedCheckpoints(
        committed.plus(checkpoint.id(), checkpoint), more, extended, damaged);
  }

  RetainedCheckpoints without(SortedSet<CheckpointId> retired) {
    SortedArrayMap<CheckpointId, CheckpointInfo> left = committed.without(retired);
    Line[] leftLines = SortedArrayMap.without(lines, committed.indexesOf(retired));
    return new RetainedCheckpoints(
        left, leftLines, branches.neededBy(left), damaged.neededBy(id -> isOn(leftLines, id)));
  }

  RetainedCheckpoints with(DamagedPages marked) {
    return new RetainedCheckpoints(committed, lines, branches, marked);
  }

  /** Pages on these lines that nobody has any more. */
  DamagedPages damaged() {
    return damaged;
  }

  /** The regions of a checkpoint, itself retained or not, that a retained one builds on. */
  Optional<RegionTable> regionsOn(long checkpoint) {
    for (int i = 0; i < lines.length; i++) {
      if (lines[i].contains(checkpoint)) {
        return Optional.of(committed.valueAt(i).regions());
      }
    }
    return Optional.empty();
  }

  private static boolean isOn(Line[] lines, long checkpoint) {
    for (Line line : lines) {
      if (line.contains(checkpoint)) {
        return true;
      }
    }
    return false;
  }
}
