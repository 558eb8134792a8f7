package io.hydrant.engine.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.model.PageTable;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TractMapTest {
  private final SegmentUsage usages = new SegmentUsage();
  private final ImageUsage usage = usages.image(new ImageId(1));

  @Test
  void newestVersionOnTheLineIsFoundNotTheHighestNumber() {
    // 1 - 2 - 3 and, after a take-over from 1, 1 - 4.
    Retained all =
        Retained.of(List.of(Line.of(1, 1), Line.of(1, 2), Line.of(1, 3), Line.of(4, 4, 1, 1)));
    TractMap map =
        TractMap.empty()
            .merge(1, Tables.raw(5), new Address(1, 0), all, usage)
            .merge(3, Tables.raw(5), new Address(1, 9000), all, usage);
    assertEquals(1, map.checkpoint(map.find(5, Line.of(1, 2))));
    assertEquals(3, map.checkpoint(map.find(5, Line.of(1, 3))));
    assertEquals(1, map.checkpoint(map.find(5, Line.of(4, 4, 1, 1))));
    assertEquals(TractMap.NONE, map.find(5, Line.of(4, 4)));
    assertEquals(TractMap.NONE, map.find(4, Line.of(1, 3)));
  }

  @Test
  void zeroDeclarationHidesOlderVersionsOnItsLinesOnly() {
    Retained all = Retained.of(List.of(Line.of(1, 1), Line.of(1, 2), Line.of(1, 3)));
    TractMap map =
        TractMap.empty()
            .merge(1, Tables.raw(0, 1), new Address(1, 0), all, usage)
            .mergeZero(2, all, usage)
            .merge(3, Tables.raw(1), new Address(1, 9000), all, usage);
    assertEquals(TractMap.ZERO_TRACT, map.find(0, Line.of(1, 3)));
    assertEquals(3, map.checkpoint(map.find(1, Line.of(1, 3))));
    assertEquals(TractMap.ZERO_TRACT, map.find(1, Line.of(1, 2)));
    assertEquals(TractMap.ZERO_TRACT, map.find(2047, Line.of(1, 2)));
    assertEquals(1, map.checkpoint(map.find(0, Line.of(1, 1))));
    assertEquals(TractMap.NONE, map.find(2, Line.of(1, 1)));

    TractMap pruned = map.prune(Retained.of(List.of(Line.of(1, 3))), usage);
    assertEquals(1, pruned.size());
    assertEquals(1, pruned.zeroSize());
    assertEquals(4096, usages.live(1));
  }

  @Test
  void fullCheckpointEndsTheLine() {
    Retained before = Retained.of(List.of(Line.of(1, 1)));
    Retained after = Retained.of(List.of(Line.of(2, 2)));
    TractMap map =
        TractMap.empty()
            .merge(1, Tables.run(0, 100), new Address(1, 0), before, usage)
            .merge(2, Tables.run(0, 50), new Address(2, 0), after, usage);
    assertEquals(50, map.size());
    assertTrue(usages.isDead(1));
    assertEquals(50 * 4096, usages.live(2));
  }

  @Test
  void nothingRetainedLeavesNothing() {
    Retained first = Retained.of(List.of(Line.of(1, 1)));
    TractMap map = TractMap.empty().merge(1, Tables.run(0, 9), new Address(1, 0), first, usage);
    assertSame(map, map.prune(first, usage));
    TractMap nothing = map.prune(Retained.of(List.of()), usage);
    assertTrue(nothing.isEmpty());
    assertEquals(0, usages.live(1));
  }

  @Test
  void manyNestedLinesKeepOneVersionEach() {
    List<Line> lines = new ArrayList<>();
    TractMap map = TractMap.empty();
    for (int id = 1; id <= 2_000; id++) {
      lines.add(Line.of(1, id));
    }
    Retained all = Retained.of(lines);
    for (int id = 1; id <= 2_000; id++) {
      map = map.merge(id, Tables.raw(3), new Address(1, id * 4096), all, usage);
    }
    assertEquals(2_000, map.size());
    assertEquals(700, map.checkpoint(map.find(3, Line.of(1, 700))));
    map = map.prune(Retained.of(lines.subList(1_990, 2_000)), usage);
    assertEquals(10, map.size());
  }

  @Test
  void aCopyMayBeEncodedInAnotherWay() {
    Retained retained = Retained.of(List.of(Line.of(1, 1)));
    TractMap map = TractMap.empty().merge(1, Tables.raw(5, 6), new Address(1, 0), retained, usage);
    Relocation copies = new Relocation(2);
    long to = new Address(9, 700).packed();
    copies.add(5, 1, map.address(0), to, PageEncoding.ZSTD.code(), 100);
    copies.add(6, 1, map.address(0), to + 100, PageEncoding.ZSTD.code(), 200);
    TractMap moved = map.relocate(copies, usage);
    assertEquals(to, moved.address(0));
    assertEquals(PageEncoding.ZSTD.code(), moved.encodingCode(0));
    assertEquals(100, moved.length(0));
    assertEquals(map.checksum(0), moved.checksum(0));
    assertEquals(map.version(1), moved.version(1), "it lies elsewhere by now");
    assertEquals(100, usages.live(9));
    assertEquals(4096, usages.live(1));
  }

  @Test
  void extremesOfEveryFieldSurvive() {
    long id = CheckpointId.MAX;
    PageTable table =
        new PageTable(
            new short[] {0, 2047}, new byte[] {0, 2}, new int[] {2 << 20, 1}, new int[] {-1, 7});
    Address payload = new Address(-1, -1 - (2 << 20) - 1);
    TractMap map =
        TractMap.empty().merge(id, table, payload, Retained.of(List.of(Line.of(1, id))), usage);
    assertEquals(id, map.checkpoint(1));
    assertEquals(2047, map.pageInTract(1));
    assertEquals(2 << 20, map.length(0));
    assertEquals(-1, map.checksum(0));
    assertEquals(payload.plus(2 << 20).packed(), map.address(1));
    assertEquals(2, map.encodingCode(1));
  }

  @Test
  void impossibleArgumentsAreRefused() {
    Retained all = Retained.of(List.of(Line.of(1, 1)));
    TractMap empty = TractMap.empty();
    Address start = new Address(1, 0);
    assertThrows(
        IllegalArgumentException.class, () -> empty.merge(1, Tables.raw(2048), start, all, usage));
    assertThrows(
        IllegalArgumentException.class, () -> empty.merge(0, Tables.raw(1), start, all, usage));
    assertThrows(
        IllegalArgumentException.class, () -> empty.mergeZero(CheckpointId.MAX + 1, all, usage));
    assertThrows(
        IllegalArgumentException.class,
        () -> empty.merge(1, Tables.raw(1), new Address(1, -4095), all, usage));
    assertThrows(IndexOutOfBoundsException.class, () -> empty.find(2048, Line.of(1, 1)));
    assertThrows(IndexOutOfBoundsException.class, () -> empty.checkpoint(0));
  }
}
