package io.hydrant.engine.catalog;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class IdRangesTest {
  @Test
  void mergesNeighbours() {
    IdRanges ranges = IdRanges.NONE.plus(5).plus(7).plus(3);
    assertArrayEquals(new long[] {3, 3, 5, 5, 7, 7}, ranges.toPairs());
    assertArrayEquals(new long[] {3, 5, 7, 7}, ranges.plus(4).toPairs());
    assertArrayEquals(new long[] {3, 7}, ranges.plus(4).plus(6).toPairs());
    assertSame(ranges, ranges.plus(5));
    assertFalse(IdRanges.NONE.contains(1));
  }

  @Test
  void equalsASetWhateverTheOrder() {
    for (long seed = 1; seed <= 30; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      TreeSet<Long> expected = new TreeSet<>();
      IdRanges ranges = IdRanges.NONE;
      boolean mostlyAscending = random.nextBoolean();
      for (int i = 0; i < 3_000; i++) {
        long id =
            mostlyAscending
                ? Math.max(1, 2L * i + random.nextLong(-8, 8))
                : random.nextLong(1, 6_000);
        ranges = ranges.plus(id);
        expected.add(id);
      }
      for (long id = 0; id <= 6_010; id++) {
        assertEquals(expected.contains(id), ranges.contains(id), "seed " + seed + " id " + id);
      }
      assertArrayEquals(pairs(expected), ranges.toPairs(), "seed " + seed);
      assertEquals(IdRanges.of(pairs(expected)), ranges, "seed " + seed);
    }
  }

  @Test
  void partsOfIt() {
    IdRanges ranges = IdRanges.of(new long[] {1, 2, 5, 9, 12, 12});
    assertArrayEquals(new long[] {2, 2, 5, 9}, ranges.within(2, 11));
    assertArrayEquals(new long[] {6, 7}, ranges.within(6, 7));
    assertArrayEquals(new long[0], ranges.within(3, 4));
    assertEquals(0, ranges.lastOutside(2));
    assertEquals(4, ranges.lastOutside(9));
    assertEquals(11, ranges.lastOutside(11));
    assertEquals(13, ranges.lastOutside(13));
    IdRanges split = IdRanges.NONE;
    for (long id = 1; id <= 1_200; id += 2) {
      split = split.plus(id); // several chunks
    }
    for (long id = 2; id <= 1_200; id += 2) {
      split = split.plus(id);
    }
    assertEquals(0, split.lastOutside(1_199), "ranges that touch over a chunk's end");
  }

  @Test
  void aLongHistoryStaysCheap() {
    IdRanges ranges = IdRanges.NONE;
    for (long id = 1; id <= 200_000; id += 2) {
      ranges = ranges.plus(id);
    }
    assertEquals(200_000, ranges.toPairs().length);
  }

  private static long[] pairs(TreeSet<Long> ids) {
    List<Long> pairs = new ArrayList<>();
    for (long id : ids) {
      if (!pairs.isEmpty() && pairs.getLast() == id - 1) {
        pairs.set(pairs.size() - 1, id);
      } else {
        pairs.add(id);
        pairs.add(id);
      }
    }
    return pairs.stream().mapToLong(Long::longValue).toArray();
  }
}
