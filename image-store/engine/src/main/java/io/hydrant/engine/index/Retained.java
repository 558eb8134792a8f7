package io.hydrant.engine.index;

import io.hydrant.engine.model.Line;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;

/**
 * The lines of all retained checkpoints of an image, prepared for one question: which versions of a
 * page does any of them still need? Made once per publish, used for all its tracts. Immutable.
 *
 * <p>There may be ten thousand lines, but they are nested: the line of an ancestor is the end of
 * its descendant's line. So lines are gathered into chains: a <em>trunk</em> (the line of the
 * newest one) and the ids of the checkpoints on it (its <em>heads</em>). A linear history is one
 * chain; a full checkpoint begins a new one, and so does a fork of which both sides are retained.
 *
 * <p>A version is the newest on some line of a chain if and only if it is on the trunk and is the
 * newest on the line of the first head at or behind it: what hides it there hides it on all later
 * ones. That is one binary search instead of a walk over the lines.
 */
public final class Retained {
  /** By newest id, descending. */
  private final Chain[] chains;

  /** Whether no two chains have an id between their ends in common: then one of them can matter. */
  private final boolean disjoint;

  private Retained(Chain[] chains) {
    this.chains = chains;
    boolean apart = true;
    for (int i = 1; i < chains.length; i++) {
      apart &= chains[i].newest() < chains[i - 1].oldest();
    }
    this.disjoint = apart;
  }

  /**
   * @param lines in any order; none at all means that nothing is needed
   */
  public static Retained of(List<Line> lines) {
    List<Line> descending = new ArrayList<>(lines);
    descending.sort(Comparator.comparingLong(Line::newest).reversed());
    List<Trunk> all = new ArrayList<>();
    List<Trunk> open = new ArrayList<>();
    for (Line line : descending) {
      if (!extendsOne(open, line)) {
        Trunk trunk = new Trunk(line.toRuns());
        open.add(trunk);
        all.add(trunk);
      }
    }
    return new Retained(all.stream().map(Trunk::chain).toArray(Chain[]::new));
  }

  private static boolean extendsOne(List<Trunk> open, Line line) {
    for (Iterator<Trunk> trunks = open.iterator(); trunks.hasNext(); ) {
      Trunk trunk = trunks.next();
      if (trunk.oldest() > line.newest()) {
        trunks.remove(); // lines come newest first: nothing will end on it any more
      } else if (trunk.endsWith(line)) {
        trunk.heads.add(line.newest());
        return true;
      }
    }
    return false;
  }

  /**
   * Whether an id is on the line of the newest retained checkpoint: a version of it is needed
   * unless something newer hides it.
   */
  boolean isOnNewestLine(long id) {
    return chains.length > 0 && chains[0].contains(id);
  }

  /**
   * Whether a version is the newest on any retained line. With no rows: whether a declaration of
   * zero is the newest one.
   *
   * @param rows of one map: those from word {@code from} to {@code end} are newer versions of the
   *     same page
   * @param zeros checkpoints that declared the tract zero, descending
   */
  boolean needs(long id, long[] rows, int from, int end, long[] zeros) {
    for (int i = disjoint ? lastFrom(id) : 0; i >= 0 && i < chains.length; i++) {
      Chain chain = chains[i];
      if (chain.newest() < id) {
        return false;
      }
      if (chain.contains(id)) {
        long head = chain.firstHeadFrom(id);
        if (!hidden(chain, id, head, rows, from, end) && !hidden(chain, id, head, zeros)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean hidden(Chain chain, long id, long head, long[] rows, int from, int end) {
    for (int at = end - TractMap.ROW_WORDS; at >= from; at -= TractMap.ROW_WORDS) {
      long newer = TractMap.checkpointOf(rows[at]);
      if (newer > head) {
        return false;
      }
      if (newer > id && chain.contains(newer)) {
        return true;
      }
    }
    return false;
  }

  private static boolean hidden(Chain chain, long id, long head, long[] zeros) {
    for (int i = 0; i < zeros.length && zeros[i] > id; i++) {
      if (zeros[i] <= head && chain.contains(zeros[i])) {
        return true;
      }
    }
    return false;
  }

  /** Index of the oldest chain whose newest id is at or behind {@code id}, or -1. */
  private int lastFrom(long id) {
    int low = 0;
    int high = chains.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (chains[middle].newest() >= id) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }

  /** A chain that is being gathered, newest head first. */
  private static final class Trunk {
    private final long[] runs;
    private final List<Long> heads = new ArrayList<>();

    Trunk(long[] runs) {
      this.runs = runs;
      heads.add(runs[1]);
    }

    long oldest() {
      return runs[runs.length - 2];
    }

    /** Whether the line is this trunk from the line's newest id down. */
    boolean endsWith(Line line) {
      long newest = line.newest();
      int run = 0;
      while (run < runs.length && runs[run] > newest) {
        run += 2;
      }
      if (run == runs.length || runs[run + 1] < newest) {
        return false;
      }
      long[] own = line.toRuns();
      own[1] = runs[run + 1];
      return Arrays.equals(own, 0, own.length, runs, run, runs.length);
    }

    Chain chain() {
      return new Chain(runs, heads.reversed().stream().mapToLong(Long::longValue).toArray());
    }
  }

  /**
   * @param runs pairs (low, high) of the trunk, newest first
   * @param heads ascending; the last is the trunk's newest id
   */
  private record Chain(long[] runs, long[] heads) {
    long newest() {
      return runs[1];
    }

    long oldest() {
      return runs[runs.length - 2];
    }

    boolean contains(long id) {
      for (int i = 0; i < runs.length; i += 2) {
        if (id >= runs[i]) {
          return id <= runs[i + 1];
        }
      }
      return false;
    }

    /** The first head at or behind an id of the trunk. */
    long firstHeadFrom(long id) {
      int at = Arrays.binarySearch(heads, id);
      return heads[at >= 0 ? at : -at - 1];
    }
  }
}
