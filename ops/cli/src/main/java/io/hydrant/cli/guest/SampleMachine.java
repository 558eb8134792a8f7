package io.hydrant.cli.guest;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.BitSet;

/**
 * A machine that does nothing but write its memory. Step n verifies one page and writes it anew;
 * which one follows from n, and what it then holds from how often it was chosen. So the number of
 * steps, its whole slim state, says what each page must hold: a page of another checkpoint, of
 * another place, or of nobody is found out.
 *
 * <p>For one thread.
 */
final class SampleMachine {
  static final int PAGE_BYTES = 4_096;
  static final int SLIM_BYTES = 2 * Long.BYTES;
  private static final long MAGIC = 0x4879_6472_616e_7431L;
  private static final long GOLDEN_RATIO = 0x9e37_79b9_7f4a_7c15L;
  private static final int WORDS = PAGE_BYTES / Long.BYTES;

  private final MemorySegment memory;
  private final int pages;
  private final int[] writes;
  private final BitSet dirty = new BitSet();
  private long steps;

  /**
   * One that has just been switched on.
   *
   * @param memory of whole pages, all zero
   */
  SampleMachine(MemorySegment memory) {
    this.memory = memory;
    this.pages = Math.toIntExact(memory.byteSize() / PAGE_BYTES);
    this.writes = new int[pages];
  }

  /**
   * One that goes on; touches no page of its memory.
   *
   * @throws IllegalArgumentException if that is no slim state of such a machine
   */
  static SampleMachine resumed(MemorySegment memory, byte[] slim) {
    ByteBuffer state = ByteBuffer.wrap(slim);
    if (slim.length != SLIM_BYTES || state.getLong() != MAGIC) {
      throw new IllegalArgumentException("this is not the slim state of a sample machine");
    }
    SampleMachine machine = new SampleMachine(memory);
    for (long left = state.getLong(); left > 0; left--) {
      machine.writes[machine.chosen()]++;
      machine.steps++;
    }
    return machine;
  }

  byte[] slim() {
    return ByteBuffer.allocate(SLIM_BYTES).putLong(MAGIC).putLong(steps).array();
  }

  long steps() {
    return steps;
  }

  int pages() {
    return pages;
  }

  /** Returns whether the page that it chose was what it must be; it is written in any case. */
  boolean step() {
    int page = chosen();
    boolean right = isRight(page);
    writes[page]++;
    long at = (long) page * PAGE_BYTES;
    for (int word = 0; word < WORDS; word++) {
      memory.set(JAVA_LONG_UNALIGNED, at + (long) word * Long.BYTES, word(page, word));
    }
    dirty.set(page);
    steps++;
    return right;
  }

  private int chosen() {
    return (int) Long.remainderUnsigned(mixed(steps), pages);
  }

  /** Whether all words of a page are what they must be. */
  boolean isRight(int page) {
    long at = (long) page * PAGE_BYTES;
    for (int word = 0; word < WORDS; word++) {
      if (memory.get(JAVA_LONG_UNALIGNED, at + (long) word * Long.BYTES) != word(page, word)) {
        return false;
      }
    }
    return true;
  }

  private long word(int page, int word) {
    return writes[page] == 0 ? 0 : mixed(((long) page << 40 | (long) writes[page] << 10) + word);
  }

  /**
   * The finaliser of SplittableRandom (Steele, Lea, Flood: Fast Splittable Pseudorandom Number
   * Generators).
   */
  private static long mixed(long number) {
    long z = number * GOLDEN_RATIO + GOLDEN_RATIO;
    z = (z ^ z >>> 30) * 0xbf58_476d_1ce4_e5b9L;
    z = (z ^ z >>> 27) * 0x94d0_49bb_1331_11ebL;
    return z ^ z >>> 31;
  }

  /** Pages written since it was asked last. */
  BitSet takeDirty() {
    BitSet taken = (BitSet) dirty.clone();
    dirty.clear();
    return taken;
  }

  /** The present content of a page. */
  byte[] page(int page) {
    byte[] content = new byte[PAGE_BYTES];
    MemorySegment.copy(
        memory,
        java.lang.foreign.ValueLayout.JAVA_BYTE,
        (long) page * PAGE_BYTES,
        content,
        0,
        PAGE_BYTES);
    return content;
  }
}
