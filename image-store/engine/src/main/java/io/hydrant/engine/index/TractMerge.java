package io.hydrant.engine.index;

import static io.hydrant.engine.index.TractMap.CHECKPOINT_MASK;
import static io.hydrant.engine.index.TractMap.ROW_WORDS;

import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.PageTable;
import java.util.Arrays;

/**
 * Makes the next map of a tract in one pass over the old one: rows arrive in order and are kept if
 * a retained line needs them. Used once.
 *
 * <p>Most pages have one version, on the newest line, and are not in the patch: they are copied in
 * spans after a few comparisons each.
 */
final class TractMerge {
  /** More unused room than one part in this many is given back by copying once more. */
  private static final int SLACK_PART = 8;

  private final TractMap before;
  private final long[] old;
  private final int oldEnd;
  private final long[] zeros;
  private final Retained retained;
  private final ImageUsage usage;

  private final long newestZero;

  private long[] rows = {};
  private int end;
  private int dropped;

  TractMerge(TractMap before, long[] zeros, Retained retained, ImageUsage usage) {
    this.before = before;
    this.old = before.words();
    this.oldEnd = before.size() * ROW_WORDS;
    this.retained = retained;
    this.usage = usage;
    this.zeros = neededZeros(zeros);
    this.newestZero = this.zeros.length == 0 ? 0 : this.zeros[0];
  }

  TractMap prune() {
    rows = new long[oldEnd];
    copyUntil(0, Long.MAX_VALUE);
    if (dropped == 0 && Arrays.equals(zeros, before.zeros())) {
      return before;
    }
    return result();
  }

  TractMap patch(long checkpoint, PageTable table, Address payload) {
    int count = table.size();
    rows = new long[oldEnd + count * ROW_WORDS];
    long payloadStart = payload.packed();
    if ((payloadStart & 0xffff_ffffL) + table.payloadBytes() > 0xffff_ffffL) {
      throw new IllegalArgumentException("payload at %s leaves its segment".formatted(payload));
    }
    long added = 0;
    int at = 0;
    for (int row = 0; row < count; row++) {
      long word = TractMap.firstWord(table.pageInTract(row), checkpoint);
      at = copyUntil(at, word & ~CHECKPOINT_MASK);
      int group = end;
      at = copyGroup(at, group, word);
      if (at < oldEnd && old[at] == word) {
        drop(old[at + 1], old[at + 2]);
        at += ROW_WORDS;
      }
      if (isNeeded(checkpoint, group)) {
        int length = table.length(row);
        boolean content = length > 0;
        append(
            word,
            content ? payloadStart + table.offset(row) : 0,
            TractMap.thirdWord(content ? table.checksum(row) : 0, table.encodingCode(row), length));
        added += length;
      }
      at = copyGroup(at, group, word | CHECKPOINT_MASK);
    }
    copyUntil(at, Long.MAX_VALUE);
    if (added > 0) {
      usage.add(payload.segment(), added);
    }
    return result();
  }

  private TractMap result() {
    int size = end / ROW_WORDS;
    if (size == 0 && zeros.length == 0) {
      return TractMap.empty();
    }
    boolean loose = rows.length - end > rows.length / SLACK_PART;
    return new TractMap(loose ? Arrays.copyOf(rows, end) : rows, size, zeros);
  }

  /** Takes over whole pages from {@code at} on, up to the first row at or behind {@code bound}. */
  private int copyUntil(int at, long bound) {
    int spanStart = at;
    while (at < oldEnd && old[at] < bound) {
      long word = old[at];
      int next = at + ROW_WORDS;
      boolean single = next >= oldEnd || (old[next] ^ word) > CHECKPOINT_MASK;
      if (single && isSure(TractMap.checkpointOf(word))) {
        at = next;
        continue;
      }
      copySpan(spanStart, at);
      at = copyGroup(at, end, word | CHECKPOINT_MASK);
      spanStart = at;
    }
    copySpan(spanStart, at);
    return at;
  }

  /**
   * Takes over the rows of one page before {@code bound} that are needed; the page's rows begin at
   * {@code group}.
   */
  private int copyGroup(int at, int group, long bound) {
    while (at < oldEnd && old[at] < bound) {
      if (isNeeded(TractMap.checkpointOf(old[at]), group)) {
        append(old[at], old[at + 1], old[at + 2]);
      } else {
        drop(old[at + 1], old[at + 2]);
      }
      at += ROW_WORDS;
    }
    return at;
  }

  private void copySpan(int from, int to) {
    System.arraycopy(old, from, rows, end, to - from);
    end += to - from;
  }

  private void append(long first, long second, long third) {
    rows[end] = first;
    rows[end + 1] = second;
    rows[end + 2] = third;
    end += ROW_WORDS;
  }

  private void drop(long address, long third) {
    dropped++;
    int length = TractMap.lengthOf(third);
    if (length > 0) {
      usage.add((int) (address >>> 32), -length);
    }
  }

  /** Whether a version is needed if no newer one of its page is. */
  private boolean isSure(long checkpoint) {
    return checkpoint > newestZero && retained.isOnNewestLine(checkpoint);
  }

  private boolean isNeeded(long checkpoint, int group) {
    return group == end && isSure(checkpoint)
        || retained.needs(checkpoint, rows, group, end, zeros);
  }

  private long[] neededZeros(long[] all) {
    if (all.length == 0) {
      return all;
    }
    long[] needed = new long[all.length];
    int count = 0;
    for (int i = 0; i < all.length; i++) {
      if (retained.needs(all[i], rows, 0, 0, all)) {
        needed[count++] = all[i];
      }
    }
    return count == all.length ? all : Arrays.copyOf(needed, count);
  }
}
