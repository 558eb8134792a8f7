package io.hydrant.engine.index;

import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.TractRows;
import java.io.IOException;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.LongPredicate;

/**
 * Where the pages of one tract lie: the newest version of each page, and the older ones that
 * retained checkpoints still need. Immutable, so that readers go on while the next one is made.
 *
 * <p>A row is three longs; rows ascend by page and, within a page, descend by checkpoint, so that
 * one binary search over the first words finds a page's newest version:
 *
 * <pre>
 * word 0   page u16 | 2^48 - 1 - checkpoint u48
 * word 1   packed {@link Address}, 0 where the encoding has no content
 * word 2   checksum u32 | encoding u8 | length u24
 * </pre>
 *
 * <p>Beside the rows stand the checkpoints that declared the whole tract zero, newest first. Such a
 * declaration hides every older version on its lines. One checkpoint never has both a declaration
 * and a row (staging forbids it); if it had, the row would count.
 *
 * <p>Which rows stay is a pure function of the retained lines (PROTOCOL R6: the newest version on
 * the line, not the one with the highest number), whatever the order of merges.
 */
public final class TractMap {
  /** {@link #find} found no record of the page on the line: an error to the reader, never zeros. */
  public static final int NONE = -1;

  /** {@link #find} found that the whole tract was declared zero. */
  public static final int ZERO_TRACT = -2;

  /** Pages of a tract at most: 8 MiB of the smallest pages. */
  public static final int PAGES_MAX = RegionSpec.TRACT_BYTES / RegionSpec.PAGE_BYTES_MIN;

  static final int ROW_WORDS = 3;
  static final long CHECKPOINT_MASK = (1L << 48) - 1;

  private static final int LENGTH_MASK = (1 << 24) - 1;
  private static final long[] NO_WORDS = {};

  /** This object, two array headers, and what the collector rounds up. */
  private static final long HEAP_BYTES_FIXED = 80;

  private static final TractMap EMPTY = new TractMap(NO_WORDS, 0, NO_WORDS);

  /** Rows, possibly with a little room behind the last. */
  private final long[] words;

  private final int size;

  /** Checkpoints that declared the tract zero, descending. */
  private final long[] zeros;

  TractMap(long[] words, int size, long[] zeros) {
    this.words = words;
    this.size = size;
    this.zeros = zeros;
  }

  public static TractMap empty() {
    return EMPTY;
  }

  /**
   * The map with a patch of a checkpoint merged in, without the versions that no retained line
   * needs. Rows of the same page and checkpoint are replaced, so replay is idempotent.
   *
   * @param payload where the first page's bytes lie
   * @param retained lines of all retained checkpoints, this one among them
   * @param usage of the image; receives what was added and what was dropped
   */
  public TractMap merge(
      long checkpoint, PageTable table, Address payload, Retained retained, ImageUsage usage) {
    requireCheckpoint(checkpoint);
    int count = table.size();
    if (count > 0 && table.pageInTract(count - 1) >= PAGES_MAX) {
      throw new IllegalArgumentException(
          "page %d is beyond a tract of %d pages"
              .formatted(table.pageInTract(count - 1), PAGES_MAX));
    }
    return new TractMerge(this, zeros, retained, usage).patch(checkpoint, table, payload);
  }

  /** The map with the whole tract zero as of a checkpoint. */
  public TractMap mergeZero(long checkpoint, Retained retained, ImageUsage usage) {
    requireCheckpoint(checkpoint);
    return new TractMerge(this, with(zeros, checkpoint), retained, usage).prune();
  }

  /**
   * The map with a tract as another replica has it as of a checkpoint merged in: afterwards {@link
   * #rowsAt} of that checkpoint says the same, if the bytes of all rows that are not here came.
   *
   * @param line of the checkpoint
   * @param pages that the tract has as of it
   * @param rows of all of them
   * @param addresses packed, by row; 0 where no bytes came
   * @param bad of the address of a row that is here, whether its bytes are bad: it is replaced
   * @param retained lines of all retained checkpoints, this one among them
   * @param usage of the image; receives what was added and what was dropped
   * @return {@code this} if there is nothing to change
   */
  public TractMap mergeRepaired(
      Line line,
      int pages,
      TractRows rows,
      long[] addresses,
      LongPredicate bad,
      Retained retained,
      ImageUsage usage) {
    return new RepairMerge(this, line, pages, rows, addresses, bad, usage).run(retained);
  }

  /**
   * The map with rows that point to copies of their bytes; a row that does not point any more to
   * where the copy was made from stays as it is.
   *
   * @param usage of the image; loses what pointed to the old places and receives the new ones
   * @return {@code this} if there is no such row
   */
  public TractMap relocate(Relocation copies, ImageUsage usage) {
    long[] changed = NO_WORDS;
    for (int copy = 0; copy < copies.size(); copy++) {
      long first = firstWord(copies.page(copy), copies.version(copy));
      int at = firstFrom(first) * ROW_WORDS;
      if (at >= size * ROW_WORDS || words[at] != first || words[at + 1] != copies.from(copy)) {
        continue;
      }
      if (changed.length == 0) {
        changed = Arrays.copyOf(words, size * ROW_WORDS);
      }
      changed[at + 1] = copies.to(copy);
      changed[at + 2] =
          thirdWord(checksumOf(words[at + 2]), copies.encodingCode(copy), copies.length(copy));
      usage.add((int) (copies.to(copy) >>> 32), copies.length(copy));
      usage.add((int) (copies.from(copy) >>> 32), -lengthOf(words[at + 2]));
    }
    return changed.length == 0 ? this : new TractMap(changed, size, zeros);
  }

  /** Without the versions that no retained line needs; {@code this} if there are none. */
  public TractMap prune(Retained retained, ImageUsage usage) {
    return new TractMerge(this, zeros, retained, usage).prune();
  }

  /**
   * Row of the newest version of a page on a line, or {@link #NONE} or {@link #ZERO_TRACT}.
   * Allocates nothing.
   *
   * @throws IndexOutOfBoundsException if there can be no such page
   */
  public int find(int pageInTract, Line line) {
    Objects.checkIndex(pageInTract, PAGES_MAX);
    long zero = newestZero(line);
    for (int row = firstFrom(firstWord(pageInTract, line.newest())); row < size; row++) {
      long word = words[row * ROW_WORDS];
      long checkpoint = checkpointOf(word);
      if (pageOf(word) != pageInTract || checkpoint < line.oldest()) {
        break;
      }
      if (line.contains(checkpoint)) {
        return checkpoint < zero ? ZERO_TRACT : row;
      }
    }
    return zero > 0 ? ZERO_TRACT : NONE;
  }

  /** Row of the version of a page that a checkpoint wrote, or {@link #NONE}. */
  public int rowOf(int pageInTract, long checkpoint) {
    Objects.checkIndex(pageInTract, PAGES_MAX);
    long first = firstWord(pageInTract, checkpoint);
    int row = firstFrom(first);
    return row < size && words[row * ROW_WORDS] == first ? row : NONE;
  }

  /**
   * The pages as of the newest checkpoint of a line.
   *
   * @param pages pages that the tract has there
   */
  public RowsAt rowsAt(Line line, int pages) {
    return RowsAt.of(this, line, pages);
  }

  public int size() {
    return size;
  }

  /** Whether the map says nothing about any page. */
  public boolean isEmpty() {
    return size == 0 && zeros.length == 0;
  }

  public int pageInTract(int row) {
    return pageOf(words[index(row)]);
  }

  public long checkpoint(int row) {
    return checkpointOf(words[index(row)]);
  }

  public int encodingCode(int row) {
    return encodingOf(words[index(row) + 2]);
  }

  /** Packed {@link Address}. */
  public long address(int row) {
    return words[index(row) + 1];
  }

  public int length(int row) {
    return lengthOf(words[index(row) + 2]);
  }

  public int checksum(int row) {
    return checksumOf(words[index(row) + 2]);
  }

  /** The row as a value, for tools and tests. */
  public PageVersion version(int row) {
    return new PageVersion(
        checkpoint(row),
        PageEncoding.ofCode(encodingCode(row)),
        Address.ofPacked(address(row)),
        length(row),
        checksum(row));
  }

  /** Number of declarations that the whole tract is zero. */
  public int zeroSize() {
    return zeros.length;
  }

  /** Checkpoint of a declaration that the whole tract is zero; descending. */
  public long zeroCheckpoint(int index) {
    return zeros[index];
  }

  /** Adds every row to the usage: for rebuilding and checking it. */
  public void countInto(ImageUsage usage) {
    for (int row = 0; row < size; row++) {
      if (length(row) > 0) {
        usage.add((int) (address(row) >>> 32), length(row));
      }
    }
  }

  /** Heap bytes, for the cache's bound. */
  public long heapBytes() {
    return HEAP_BYTES_FIXED + 8L * (words.length + zeros.length);
  }

  /** The stored form (docs/formats/index.md); canonical. */
  public byte[] encode() {
    return TractMapFormat.encode(this);
  }

  /**
   * @param source names the row in messages
   * @throws io.hydrant.engine.files.CorruptionException if the bytes are not a tract map
   * @throws io.hydrant.engine.files.UnsupportedFormatException if they are one of another version
   */
  public static TractMap decode(String source, byte[] bytes) throws IOException {
    return TractMapFormat.decode(source, bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TractMap map
        && Arrays.equals(zeros, map.zeros)
        && Arrays.equals(words, 0, size * ROW_WORDS, map.words, 0, map.size * ROW_WORDS);
  }

  @Override
  public int hashCode() {
    int hash = Arrays.hashCode(zeros);
    for (int i = 0; i < size * ROW_WORDS; i++) {
      hash = 31 * hash + Long.hashCode(words[i]);
    }
    return hash;
  }

  /** One line a row: what a person wants to see of a map. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("zero at " + Arrays.toString(zeros) + "\n");
    for (int row = 0; row < size; row++) {
      text.append("page %d %s%n".formatted(pageInTract(row), version(row)));
    }
    return text.toString();
  }

  long[] words() {
    return words;
  }

  long[] zeros() {
    return zeros;
  }

  static long firstWord(int page, long checkpoint) {
    return ((long) page << 48) | (CHECKPOINT_MASK - checkpoint);
  }

  static long thirdWord(int checksum, int encodingCode, int length) {
    return ((long) checksum << 32) | ((long) encodingCode << 24) | length;
  }

  static int pageOf(long firstWord) {
    return (int) (firstWord >>> 48);
  }

  static long checkpointOf(long firstWord) {
    return CHECKPOINT_MASK - (firstWord & CHECKPOINT_MASK);
  }

  static int encodingOf(long thirdWord) {
    return (int) (thirdWord >>> 24) & 0xff;
  }

  static int lengthOf(long thirdWord) {
    return (int) thirdWord & LENGTH_MASK;
  }

  static int checksumOf(long thirdWord) {
    return (int) (thirdWord >>> 32);
  }

  private int index(int row) {
    return Objects.checkIndex(row, size) * ROW_WORDS;
  }

  /**
   * The first row whose first word is at or behind {@code word}; {@link #size} if there is none.
   */
  private int firstFrom(long word) {
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (words[middle * ROW_WORDS] < word) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** The newest declaration on a line that the whole tract is zero; 0 if there is none. */
  long newestZero(Line line) {
    for (long zero : zeros) {
      if (line.contains(zero)) {
        return zero;
      }
    }
    return 0;
  }

  static long[] with(long[] descending, long id) {
    int at = 0;
    while (at < descending.length && descending[at] > id) {
      at++;
    }
    if (at < descending.length && descending[at] == id) {
      return descending;
    }
    long[] more = new long[descending.length + 1];
    System.arraycopy(descending, 0, more, 0, at);
    more[at] = id;
    System.arraycopy(descending, at, more, at + 1, descending.length - at);
    return more;
  }

  private static void requireCheckpoint(long checkpoint) {
    if (checkpoint <= 0 || checkpoint > CheckpointId.MAX) {
      throw new IllegalArgumentException("checkpoint id out of range: " + checkpoint);
    }
  }
}
