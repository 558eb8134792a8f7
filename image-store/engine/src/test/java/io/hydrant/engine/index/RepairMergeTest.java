package io.hydrant.engine.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.PageTable;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A tract as another replica has it, merged into whatever this one has. */
class RepairMergeTest {
  private static final int PAGES = 12;
  private static final Line LINE = Line.of(1, 9);
  private static final Retained RETAINED = Retained.of(List.of(Line.of(1, 4), Line.of(1, 9)));

  private final SegmentUsage usages = new SegmentUsage();
  private final ImageUsage theirs = usages.image(new ImageId(1));
  private final ImageUsage own = usages.image(new ImageId(2));

  private static PageTable table(long seed, int... pages) {
    short[] numbers = new short[pages.length];
    byte[] encodings = new byte[pages.length];
    int[] lengths = new int[pages.length];
    int[] checksums = new int[pages.length];
    for (int i = 0; i < pages.length; i++) {
      numbers[i] = (short) pages[i];
      lengths[i] = 100;
      checksums[i] = (int) (seed * 31 + pages[i]);
    }
    return new PageTable(numbers, encodings, lengths, checksums);
  }

  private static int[] all() {
    return java.util.stream.IntStream.range(0, PAGES).toArray();
  }

  private TractMap repaired(TractMap map, TractMap good, Line line, long bad) {
    RowsAt rows = good.rowsAt(line, PAGES);
    long[] addresses = new long[rows.rows().size()];
    for (int row = 0; row < addresses.length; row++) {
      addresses[row] = new Address(77, 1_000 * (row + 1)).packed();
    }
    return map.mergeRepaired(
        line, PAGES, rows.rows(), addresses, address -> address == bad, RETAINED, own);
  }

  private void assertUsage(TractMap map) {
    SegmentUsage counted = new SegmentUsage();
    map.countInto(counted.image(new ImageId(2)));
    for (int segment = 0; segment < 80; segment++) {
      assertEquals(
          counted.image(new ImageId(2)).live(segment), own.live(segment), "segment " + segment);
    }
  }

  @Test
  void aDamagedRowIsReplacedOnlyWhereItIsStillTheBadOne() {
    TractMap good = TractMap.empty().merge(1, table(1, all()), new Address(1, 0), RETAINED, theirs);
    TractMap map = TractMap.empty().merge(1, table(1, all()), new Address(5, 0), RETAINED, own);
    long bad = map.address(3);
    TractMap repaired = repaired(map, good, LINE, bad);
    for (int row = 0; row < PAGES; row++) {
      assertEquals(row == 3 ? 77 : 5, Address.ofPacked(repaired.address(row)).segment());
    }
    assertUsage(repaired);
    // Since it was noted, the row has been written anew: nothing is known to be bad about that.
    assertSame(repaired, repaired(repaired, good, LINE, bad));
  }

  @Test
  void whatTheOtherDoesNotHaveCannotBe() {
    TractMap good = TractMap.empty().merge(1, table(1, all()), new Address(1, 0), RETAINED, theirs);
    TractMap map = TractMap.empty().merge(1, table(1, all()), new Address(5, 0), RETAINED, own);
    TractMap wrong =
        map.merge(7, table(7, 2, 3), new Address(6, 0), RETAINED, own).mergeZero(8, RETAINED, own);
    TractMap repaired = repaired(wrong, good, LINE, 0);
    assertEquals(
        good.rowsAt(LINE, PAGES).rows().digest(), repaired.rowsAt(LINE, PAGES).rows().digest());
    assertEquals(0, repaired.zeroSize());
    assertUsage(repaired);
  }

  @Test
  void anyHolesAnyOrder() {
    for (int seed = 0; seed < 150; seed++) {
      history(new SplittableRandom(seed), "seed " + seed);
    }
  }

  /** Ids 1 to 4, then 5 to 7 abandoned, 8 and 9 on 4; 4, 7 and 9 are retained. */
  private static void history(SplittableRandom random, String seed) {
    List<Line> lines = List.of(Line.of(1, 4), Line.of(1, 7), Line.of(8, 9, 1, 4));
    Retained retained = Retained.of(lines);
    SegmentUsage usages = new SegmentUsage();
    ImageUsage theirs = usages.image(new ImageId(1));
    ImageUsage own = usages.image(new ImageId(2));
    TractMap good = TractMap.empty();
    TractMap map = TractMap.empty();
    for (int id = 1; id <= 9; id++) {
      boolean here = random.nextInt(3) > 0;
      if (id > 1 && random.nextInt(5) == 0) {
        good = good.mergeZero(id, retained, theirs);
        map = here ? map.mergeZero(id, retained, own) : map;
      } else {
        int first = id == 1 ? 0 : random.nextInt(PAGES);
        int end = id == 1 ? PAGES : first + 1 + random.nextInt(PAGES - first);
        int[] pages = java.util.stream.IntStream.range(first, end).toArray();
        PageTable table = table(id, pages);
        good = good.merge(id, table, new Address(id, 0), retained, theirs);
        map = here ? map.merge(id, table, new Address(id + 20, 0), retained, own) : map;
      }
    }
    for (int left = 2 * lines.size(); left > 0; left--) {
      map = repair(map, good, lines.get(random.nextInt(lines.size())), retained, own, left);
    }
    for (int i = 0; i < lines.size(); i++) {
      map = repair(map, good, lines.get(i), retained, own, 10 + i);
    }
    for (Line line : lines) {
      RowsAt expected = good.rowsAt(line, PAGES);
      RowsAt actual = map.rowsAt(line, PAGES);
      assertTrue(actual.whole(), seed);
      assertEquals(expected.rows().digest(), actual.rows().digest(), seed);
    }
    SegmentUsage counted = new SegmentUsage();
    map.countInto(counted.image(new ImageId(2)));
    for (int segment = 0; segment < 60; segment++) {
      assertEquals(counted.image(new ImageId(2)).live(segment), own.live(segment), seed);
    }
  }

  /** Bytes are sent of what is not the same here, as a repair asks for it. */
  private static TractMap repair(
      TractMap map, TractMap good, Line line, Retained retained, ImageUsage own, int segment) {
    RowsAt rows = good.rowsAt(line, PAGES);
    RowsAt here = map.rowsAt(line, PAGES);
    long[] addresses = new long[rows.rows().size()];
    for (int row = 0; row < addresses.length; row++) {
      int mine = here.rows().rowOf(rows.rows().table().pageInTract(row));
      if (mine < 0 || !here.rows().isSame(mine, rows.rows(), row)) {
        addresses[row] = new Address(40 + segment, 1_000 * (row + 1)).packed();
      }
    }
    TractMap repaired =
        map.mergeRepaired(line, PAGES, rows.rows(), addresses, _ -> false, retained, own);
    assertEquals(rows.rows().digest(), repaired.rowsAt(line, PAGES).rows().digest());
    return repaired;
  }
}
