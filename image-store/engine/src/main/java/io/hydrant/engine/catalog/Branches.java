package io.hydrant.engine.catalog;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.Line;
import java.util.Arrays;
import java.util.Optional;
import java.util.SortedMap;

/**
 * Where the lines of an image begin and part: immutable. Commits come in ascending order of ids, so
 * the committed ids from one branch start up to the next are a chain of bases; only the starts need
 * keeping.
 *
 * <pre>
 *   ids committed:  1 full   2   3   4   |  take-over from 2:   6   7
 *   branches:       (1, none)               (6, base 2)
 *   line of 7:      [6, 7] [1, 2]           line of 4: [1, 4]
 * </pre>
 */
final class Branches {
  static final Branches NONE = new Branches(new long[0], new long[0]);

  /** Stands for "no base": no checkpoint has this id. */
  static final long FULL = 0;

  private final long[] starts;
  private final long[] bases;

  private Branches(long[] starts, long[] bases) {
    this.starts = starts;
    this.bases = bases;
  }

  /**
   * @param starts first id of each branch, ascending
   * @param bases on what it builds: an id below the start that lies in an earlier branch, or {@link
   *     #FULL}
   */
  static Branches of(long[] starts, long[] bases) {
    return new Branches(starts.clone(), bases.clone());
  }

  int size() {
    return starts.length;
  }

  long start(int branch) {
    return starts[branch];
  }

  long base(int branch) {
    return bases[branch];
  }

  /** The branch in which an id lies, or -1 if it is below all. */
  int branchOf(long id) {
    int found = Arrays.binarySearch(starts, id);
    return found >= 0 ? found : -found - 2;
  }

  /**
   * With one more checkpoint, above all others.
   *
   * @param last the one before it in the order of commits
   */
  Branches extendedBy(CheckpointInfo checkpoint, Optional<CheckpointId> last) {
    if (checkpoint.base().isPresent() && checkpoint.base().equals(last)) {
      return this;
    }
    int count = starts.length;
    long[] newStarts = Arrays.copyOf(starts, count + 1);
    long[] newBases = Arrays.copyOf(bases, count + 1);
    newStarts[count] = checkpoint.id().value();
    newBases[count] = checkpoint.base().map(CheckpointId::value).orElse(FULL);
    return new Branches(newStarts, newBases);
  }

  /** The line of an id that lies in a branch: one run a branch, newest first. */
  Line lineOf(long id) {
    long[] runs = new long[2 * runsOf(id)];
    long newest = id;
    for (int run = 0; run < runs.length; run += 2) {
      int branch = branchOf(newest);
      runs[run] = starts[branch];
      runs[run + 1] = newest;
      newest = bases[branch];
    }
    return Line.of(runs);
  }

  /** Number of runs in the line of an id. */
  int runsOf(long id) {
    int runs = 0;
    for (long newest = id; newest != FULL; newest = bases[branchOf(newest)]) {
      runs++;
    }
    return runs;
  }

  /** Without the branches that no line of these checkpoints passes through. */
  Branches neededBy(SortedMap<CheckpointId, CheckpointInfo> checkpoints) {
    int count = starts.length;
    if (count == 1) {
      return this;
    }
    boolean[] needed = new boolean[count];
    int left = 0;
    // A base lies in an earlier branch, so that one pass from the newest to the oldest sees all.
    for (int branch = count - 1; branch >= 0; branch--) {
      needed[branch] = needed[branch] || !within(branch, checkpoints).isEmpty();
      if (needed[branch]) {
        left++;
        if (bases[branch] != FULL) {
          needed[branchOf(bases[branch])] = true;
        }
      }
    }
    return left == count ? this : only(needed, left);
  }

  private SortedMap<CheckpointId, CheckpointInfo> within(
      int branch, SortedMap<CheckpointId, CheckpointInfo> checkpoints) {
    SortedMap<CheckpointId, CheckpointInfo> from =
        checkpoints.tailMap(new CheckpointId(starts[branch]));
    return branch == starts.length - 1 ? from : from.headMap(new CheckpointId(starts[branch + 1]));
  }

  private Branches only(boolean[] needed, int left) {
    long[] keptStarts = new long[left];
    long[] keptBases = new long[left];
    int at = 0;
    for (int branch = 0; branch < starts.length; branch++) {
      if (needed[branch]) {
        keptStarts[at] = starts[branch];
        keptBases[at++] = bases[branch];
      }
    }
    return new Branches(keptStarts, keptBases);
  }
}
