package io.hydrant.engine.index;

import static io.hydrant.engine.index.TractMap.CHECKPOINT_MASK;
import static io.hydrant.engine.index.TractMap.ROW_WORDS;

import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.TractRows;
import java.util.Arrays;
import java.util.function.LongPredicate;

/**
 * Merges a tract as of a checkpoint, as another replica has it, into this replica's map. Used once.
 *
 * <pre>
 * row of the other                     here
 * ─────────────────────────────────    ───────────────────────────────────────────
 * the same, and its bytes are good     stays as it is
 * the same, and its bytes are bad      replaced, if the other's bytes came
 * another, or none                     put in, if the other's bytes came or it has none
 * ─────────────────────────────────
 * none newer                           a newer one on the line is none of the checkpoint's: dropped
 * </pre>
 *
 * What is off the line, or behind the tract's end as of the checkpoint, stays. Versions that no
 * retained line needs go, as with every merge.
 */
final class RepairMerge {
  private final long[] old;
  private final int oldEnd;
  private final TractMap before;
  private final Line line;
  private final int pages;
  private final TractRows rows;
  private final long[] addresses;
  private final LongPredicate bad;
  private final ImageUsage usage;

  private final long[] out;
  private int end;

  /**
   * @param pages that the tract has as of the checkpoint
   * @param addresses packed, by row; 0 where no bytes came
   * @param bad of the address of a row that is here, whether its bytes are bad
   */
  RepairMerge(
      TractMap before,
      Line line,
      int pages,
      TractRows rows,
      long[] addresses,
      LongPredicate bad,
      ImageUsage usage) {
    this.before = before;
    this.old = before.words();
    this.oldEnd = before.size() * ROW_WORDS;
    this.line = line;
    this.pages = pages;
    this.rows = rows;
    this.addresses = addresses;
    this.bad = bad;
    this.usage = usage;
    this.out = new long[oldEnd + rows.size() * ROW_WORDS];
  }

  TractMap run(Retained retained) {
    int at = 0;
    for (int row = 0; row < rows.size(); row++) {
      long first = TractMap.firstWord(rows.table().pageInTract(row), rows.version(row));
      at = copyWithoutRow(at, first & ~CHECKPOINT_MASK);
      while (at < oldEnd && old[at] < first) {
        at = copyUnlessOnLine(at, rows.version(row));
      }
      boolean here = at < oldEnd && old[at] == first;
      if (here && (isGood(at, row) || !hasCome(row))) {
        copy(at);
      } else if (hasCome(row)) {
        put(first, row);
        if (here) {
          drop(at);
        }
      }
      at = here ? at + ROW_WORDS : at;
      while (at < oldEnd && old[at] <= (first | CHECKPOINT_MASK)) {
        copy(at);
        at += ROW_WORDS;
      }
    }
    copyWithoutRow(at, Long.MAX_VALUE);
    long[] words = end == out.length ? out : Arrays.copyOf(out, end);
    TractMap merged = new TractMap(words, end / ROW_WORDS, zeros());
    TractMap pruned = merged.prune(retained, usage);
    return pruned.equals(before) ? before : pruned;
  }

  /** Rows of pages before {@code bound} of which the other has none: zero, by a declaration. */
  private int copyWithoutRow(int at, long bound) {
    while (at < oldEnd && old[at] < bound) {
      if (TractMap.pageOf(old[at]) < pages) {
        at = copyUnlessOnLine(at, rows.zeroVersion());
      } else {
        copy(at);
        at += ROW_WORDS;
      }
    }
    return at;
  }

  /** Takes a row over unless it is on the line and newer than the version that counts there. */
  private int copyUnlessOnLine(int at, long version) {
    long checkpoint = TractMap.checkpointOf(old[at]);
    if (checkpoint > version && line.contains(checkpoint)) {
      drop(at);
    } else {
      copy(at);
    }
    return at + ROW_WORDS;
  }

  private boolean hasCome(int row) {
    return rows.table().length(row) == 0 || addresses[row] != 0;
  }

  /** Whether what is here says the same as the other's row, and its bytes are not known as bad. */
  private boolean isGood(int at, int row) {
    PageTable table = rows.table();
    int length = TractMap.lengthOf(old[at + 2]);
    boolean content = length > 0;
    boolean same =
        content == table.length(row) > 0
            && (content
                ? TractMap.checksumOf(old[at + 2]) == table.checksum(row)
                : TractMap.encodingOf(old[at + 2]) == table.encodingCode(row));
    return same && !(content && bad.test(old[at + 1]));
  }

  private void put(long first, int row) {
    PageTable table = rows.table();
    int length = table.length(row);
    boolean content = length > 0;
    out[end] = first;
    out[end + 1] = content ? addresses[row] : 0;
    out[end + 2] =
        TractMap.thirdWord(content ? table.checksum(row) : 0, table.encodingCode(row), length);
    end += ROW_WORDS;
    if (content) {
      usage.add((int) (addresses[row] >>> 32), length);
    }
  }

  private void copy(int at) {
    System.arraycopy(old, at, out, end, ROW_WORDS);
    end += ROW_WORDS;
  }

  private void drop(int at) {
    int length = TractMap.lengthOf(old[at + 2]);
    if (length > 0) {
      usage.add((int) (old[at + 1] >>> 32), -length);
    }
  }

  /** Those that are here but for what cannot be, and the other's. */
  private long[] zeros() {
    long oldest = rows.zeroVersion();
    if (oldest == 0) {
      oldest = Long.MAX_VALUE;
      for (int row = 0; row < rows.size(); row++) {
        oldest = Math.min(oldest, rows.version(row)); // every page has one: it hides what is older
      }
    }
    long newest = oldest;
    long[] kept =
        Arrays.stream(before.zeros())
            .filter(zero -> zero <= newest || !line.contains(zero))
            .toArray();
    return rows.zeroVersion() == 0 ? kept : TractMap.with(kept, rows.zeroVersion());
  }
}
