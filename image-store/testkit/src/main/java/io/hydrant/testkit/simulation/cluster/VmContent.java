package io.hydrant.testkit.simulation.cluster;

import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.testkit.simulation.PageContents;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * What a VM holds: a number for each page, as {@link PageContents} tells contents. Few pages, but
 * several tracts, and one region of two. Immutable.
 */
final class VmContent {
  static final RegionTable REGIONS =
      new RegionTable(
          List.of(
              new RegionSpec("pc.ram", RegionKind.MEMORY, 4 << 10, 6 * (4 << 10)),
              new RegionSpec("vga.vram", RegionKind.OTHER, 4 << 10, 3 * (4 << 10)),
              new RegionSpec("pc.high", RegionKind.OTHER, 1 << 20, 9L << 20)));

  private static final int SLIM_BYTES_MAX = 2_000;

  /** Of the first page of each region. */
  private static final int[] FIRST = {0, 6, 9};

  static final int PAGES = 18;
  static final VmContent BLANK = new VmContent(new long[PAGES], 0, 0);

  private final long[] seeds;
  private final long slimSeed;
  private final int slimBytes;

  private VmContent(long[] seeds, long slimSeed, int slimBytes) {
    this.seeds = seeds;
    this.slimSeed = slimSeed;
    this.slimBytes = slimBytes;
  }

  long seed(int region, long page) {
    return seeds[FIRST[region] + (int) page];
  }

  long slimSeed() {
    return slimSeed;
  }

  int slimBytes() {
    return slimBytes;
  }

  /** The VM has run on: some pages have changed, and its slim state is another. */
  VmContent later(RandomGenerator random) {
    long[] next = seeds.clone();
    int count = 1 + random.nextInt(4);
    for (int i = 0; i < count; i++) {
      boolean large = random.nextInt(6) == 0;
      int page = large ? FIRST[2] + random.nextInt(PAGES - FIRST[2]) : random.nextInt(FIRST[2]);
      next[page] = seed(large, random);
    }
    int bytes = random.nextInt(4) == 0 ? 0 : 8 * (1 + random.nextInt(SLIM_BYTES_MAX / 8));
    return new VmContent(next, bytes == 0 ? 0 : random.nextLong(1, Long.MAX_VALUE), bytes);
  }

  /** Large pages have no content, or generating them would take the time of the test. */
  private static long seed(boolean large, RandomGenerator random) {
    return switch (random.nextInt(large ? 2 : 8)) {
      case 0 -> PageContents.ZERO;
      case 1 -> PageContents.NOT_KEPT;
      default -> random.nextLong(1, Long.MAX_VALUE);
    };
  }

  /** This, but for pages that a checkpoint holds: those are as it says. */
  VmContent with(boolean[] held, VmContent checkpoint) {
    long[] next = seeds.clone();
    for (int page = 0; page < PAGES; page++) {
      if (held[page]) {
        next[page] = checkpoint.seeds[page];
      }
    }
    return new VmContent(next, checkpoint.slimSeed, checkpoint.slimBytes);
  }

  /** Which pages differ. */
  boolean[] changedSince(VmContent base) {
    boolean[] changed = new boolean[PAGES];
    for (int page = 0; page < PAGES; page++) {
      changed[page] = seeds[page] != base.seeds[page];
    }
    return changed;
  }

  static int pageIndex(int region, long page) {
    return FIRST[region] + (int) page;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof VmContent content
        && Arrays.equals(seeds, content.seeds)
        && slimSeed == content.slimSeed
        && slimBytes == content.slimBytes;
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(seeds);
  }

  @Override
  public String toString() {
    return Arrays.toString(seeds) + " slim " + slimSeed + "x" + slimBytes;
  }
}
