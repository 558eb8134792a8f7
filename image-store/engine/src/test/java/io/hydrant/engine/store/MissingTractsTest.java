package io.hydrant.engine.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Which tract is here at which checkpoint, whatever is missing and proven. */
class MissingTractsTest {
  private static final ImageId IMAGE = new ImageId(1);
  private static final int TRACTS = 5;
  private static final RegionTable REGIONS =
      new RegionTable(
          List.of(
              new RegionSpec(
                  "ram", RegionKind.MEMORY, 4 << 10, (long) TRACTS * RegionSpec.TRACT_BYTES)));

  private final MissingTracts missing = new MissingTracts();

  private static CheckpointKey key(long id) {
    return new CheckpointKey(IMAGE, new CheckpointId(id));
  }

  private static ImageHoles.Hole hole(TractSet tracts, long index) {
    return new ImageHoles.Hole(Digest.of(new byte[Digest.BYTES]), index, tracts, false);
  }

  private boolean here(Line line, int tract) {
    return missing.isHere(IMAGE, line, 0, tract);
  }

  @Test
  void aMissingCheckpointHidesItsDescendantsOnly() {
    missing.add(key(5), hole(TractSet.ALL, 50));
    assertTrue(here(Line.of(1, 4), 0));
    assertFalse(here(Line.of(1, 5), 0));
    assertFalse(here(Line.of(1, 9), 0));
    assertTrue(here(Line.of(6, 6, 1, 4), 0));
    assertTrue(missing.isSlimHere(key(6)));
    assertFalse(missing.isSlimHere(key(5)));
    assertEquals(49, missing.markOf(60));
    assertEquals(40, missing.markOf(40));
    missing.remove(key(5));
    assertTrue(here(Line.of(1, 9), 0));
    assertTrue(missing.isEmpty());
    assertEquals(60, missing.markOf(60));
  }

  @Test
  void whatWasNotProvenStaysMissing() {
    missing.add(key(5), hole(TractSet.ALL, 50));
    missing.proven(key(5), TractSet.NONE.plus(0, 0, 2).plus(0, 3, 2));
    assertTrue(here(Line.of(1, 6), 1));
    assertFalse(here(Line.of(1, 6), 2));
    assertFalse(missing.isSlimHere(key(5)), "tracts say nothing of it");
    assertEquals(TractSet.NONE.plus(0, 2), missing.notHere(IMAGE, Line.of(1, 6), REGIONS));
  }

  @Test
  void aProofCoversDescendantsUpToTheNextHole() {
    missing.add(key(5), hole(TractSet.ALL, 50));
    missing.add(key(8), hole(TractSet.ALL, 80));
    missing.proven(key(6), TractSet.NONE.plus(0, 2));
    assertFalse(here(Line.of(1, 5), 2));
    assertTrue(here(Line.of(1, 6), 2));
    assertTrue(here(Line.of(1, 7), 2));
    assertFalse(here(Line.of(1, 7), 3));
    assertFalse(here(Line.of(1, 8), 2));
    assertFalse(here(Line.of(7, 7, 1, 5), 2), "proven on another branch");
  }

  @Test
  void whatAnInstallLeftUnknownIsProvenOnly() {
    missing.unknownUpTo(IMAGE, new CheckpointId(8));
    assertFalse(here(Line.of(1, 4), 0));
    assertFalse(here(Line.of(1, 10), 0));
    assertTrue(here(Line.of(9, 10), 0), "a full checkpoint since");
    assertEquals(0, missing.markOf(100));
    missing.proven(key(6), TractSet.NONE.plus(0, 0));
    assertTrue(here(Line.of(1, 6), 0));
    assertFalse(here(Line.of(1, 7), 0), "what 7 changed is as unknown");
    assertTrue(here(Line.of(9, 10, 1, 6), 0), "restored to 6 since");
    missing.add(key(10), hole(TractSet.ALL, 120));
    missing.remove(key(10));
    assertFalse(here(Line.of(1, 10), 0), "no late completion clears it");
    missing.proven(key(8), TractSet.NONE.plus(0, 0));
    assertTrue(here(Line.of(1, 10), 0));
    assertFalse(missing.isSlimHere(key(8)));
    assertTrue(missing.isSlimHere(key(9)));
  }

  @Test
  void whatEverybodyHasIsForgotten() {
    ImageHoles holes =
        ImageHoles.NONE
            .with(5, hole(TractSet.ALL, 50))
            .proven(5, TractSet.ALL.within(REGIONS))
            .proven(6, TractSet.NONE.plus(0, 0, 3));
    Map<Line, RegionTable> both = new LinkedHashMap<>();
    both.put(Line.of(1, 5), REGIONS);
    both.put(Line.of(1, 6), REGIONS);
    assertTrue(holes.tidied(both).isEmpty());
    assertFalse(holes.with(6, hole(TractSet.NONE.plus(0, 4), 60)).tidied(both).isEmpty());
    ImageHoles slimless = ImageHoles.NONE.with(5, hole(TractSet.NONE.plusSlim(), 50));
    assertFalse(slimless.tidied(both).isEmpty());
    assertTrue(slimless.tidied(Map.of(Line.of(1, 6), REGIONS)).isEmpty(), "5 is retired");
    assertTrue(holes.tidied(Map.of(Line.of(6, 6, 1, 4), REGIONS)).isEmpty(), "off every line");
  }

  @Test
  void whatWasSkippedIsMissingAndNoMore() {
    missing.add(key(7), hole(TractSet.ALL, 70));
    missing.skipped(IMAGE, new long[] {5, 9}, 50);
    assertTrue(here(Line.of(1, 4), 0));
    assertFalse(here(Line.of(1, 5), 0));
    assertFalse(here(Line.of(7, 7, 1, 4), 0));
    assertTrue(here(Line.of(10, 10, 1, 4), 0), "a line beside the gap");
    assertFalse(here(Line.of(1, 10), 0));
    assertTrue(missing.isSlimHere(key(4)));
    assertFalse(missing.isSlimHere(key(9)));
    assertTrue(missing.isSlimHere(key(10)));
    assertEquals(49, missing.markOf(100));
    assertEquals(3, missing.size(), "before, at and behind what is noted");
    missing.remove(key(7));
    assertTrue(here(Line.of(7, 7, 1, 4), 0), "it came late");
    missing.proven(key(9), TractSet.NONE.plus(0, 0));
    assertTrue(here(Line.of(1, 10), 0));
    assertFalse(here(Line.of(1, 10), 1));
    assertEquals(new TractHoles(false, List.of()), holes(Line.of(1, 10), 0));
    assertEquals(
        TractHoles.of(List.of(new TractHoles.Run(5, 6), new TractHoles.Run(8, 9))),
        holes(Line.of(1, 10), 1));
    assertEquals(TractHoles.of(List.of(new TractHoles.Run(8, 9))), holes(Line.of(8, 10, 1, 4), 1));
  }

  private TractHoles holes(Line line, int tract) {
    return missing.holes(IMAGE, line, 0, tract);
  }

  @Test
  void gapsThatMeetAreOne() {
    ImageHoles holes =
        ImageHoles.NONE
            .with(7, hole(TractSet.ALL, 70))
            .withGap(5, 9, 50)
            .withGap(20, 30, 200)
            .withGap(9, 19, 40);
    assertEquals(
        Map.of(5L, new ImageHoles.Gap(6, 50), 8L, new ImageHoles.Gap(30, 40)), holes.gaps());
    assertEquals(holes, holes.withGap(12, 11, 1));
  }

  @Test
  void ofHolesNoneIsInBoth() {
    TractHoles some = TractHoles.of(List.of(new TractHoles.Run(8, 9), new TractHoles.Run(3, 5)));
    assertTrue(some.complements(TractHoles.of(List.of(new TractHoles.Run(6, 7)))));
    assertFalse(some.complements(TractHoles.of(List.of(new TractHoles.Run(1, 3)))));
    assertFalse(some.complements(TractHoles.of(List.of(new TractHoles.Run(9, 12)))));
    assertTrue(some.complements(TractHoles.NONE));
    assertFalse(some.complements(TractHoles.UNKNOWN));
    assertEquals(
        TractHoles.of(List.of(new TractHoles.Run(1, 4))),
        TractHoles.of(
            List.of(new TractHoles.Run(4, 4), new TractHoles.Run(1, 2), new TractHoles.Run(2, 3))));
  }

  @Test
  void tooManyHolesAreFoldedIntoGaps() {
    missing.add(
        key(1), new ImageHoles.Hole(Digest.of(new byte[Digest.BYTES]), 1, TractSet.ALL, true));
    for (long id = 10; id < 14 + 2 * ImageHoles.HOLES_MAX; id += 2) {
      missing.add(key(id), hole(TractSet.NONE.plus(0, 1), id));
      missing.fold(IMAGE, old -> old != 14);
    }
    ImageHoles holes = Objects.requireNonNull(missing.images().get(IMAGE));
    assertEquals(ImageHoles.HOLES_MAX, holes.missing().size());
    assertTrue(holes.missing().containsKey(1L), "could not be read");
    assertTrue(holes.missing().containsKey(14L), "on its way");
    assertFalse(holes.missing().containsKey(16L));
    assertEquals(
        Map.of(
            10L, new ImageHoles.Gap(10, 10),
            12L, new ImageHoles.Gap(12, 12),
            16L, new ImageHoles.Gap(16, 16)),
        holes.gaps());
    assertFalse(holes.isUnknown());
    assertFalse(here(Line.of(12, 12), 0));
    assertTrue(here(Line.of(11, 11), 0), "between two of them");
    assertFalse(here(Line.of(2, 17), 0));
    assertTrue(here(Line.of(2, 9), 0), "older than all that was folded");
    assertEquals(0, missing.markOf(1_000));
  }

  @Test
  void tooManyGapsAreOne() {
    long lastId = 2L * (ImageHoles.HOLES_MAX + ImageHoles.GAPS_MAX + 10);
    for (long id = 2; id <= lastId; id += 2) {
      missing.add(key(id), hole(TractSet.NONE.plus(0, 1), id));
      missing.fold(IMAGE, _ -> true);
    }
    ImageHoles holes = Objects.requireNonNull(missing.images().get(IMAGE));
    assertEquals(ImageHoles.HOLES_MAX, holes.missing().size());
    assertEquals(ImageHoles.GAPS_MAX, holes.gaps().size());
    assertEquals(new ImageHoles.Gap(22, 2), holes.gaps().get(2L), "the oldest eleven");
    assertTrue(here(Line.of(25, 25), 0));
  }

  @Test
  void whatIsSkippedIsToldInFewRuns() {
    long[] runs = new long[2 * (ImageHoles.GAPS_MAX + 100)];
    for (int i = 0; i < runs.length; i++) {
      runs[i] = 10 + i / 2 * 3; // an aborted one behind each
    }
    missing.skipped(IMAGE, runs, 7);
    ImageHoles holes = Objects.requireNonNull(missing.images().get(IMAGE));
    assertEquals(ImageHoles.GAPS_MAX, holes.gaps().size());
    assertEquals(new ImageHoles.Gap(310, 7), holes.gaps().get(10L));
    assertEquals(6, missing.markOf(100));
    for (long id : runs) {
      assertFalse(here(Line.of(id, id), 0));
    }
  }

  @Test
  void aGapIsTidiedWhenNoRetainedLineLacksIt() {
    ImageHoles holes =
        ImageHoles.NONE
            .withGap(5, 8, 50)
            .proven(6, TractSet.ALL.within(REGIONS))
            .proven(8, TractSet.NONE.plus(0, 0, 4));
    assertFalse(holes.tidied(Map.of(Line.of(1, 8), REGIONS)).isEmpty(), "tract 4 of 8");
    assertFalse(holes.tidied(Map.of(Line.of(1, 5), REGIONS)).isEmpty(), "proven at 6 only");
    assertTrue(holes.tidied(Map.of(Line.of(1, 6), REGIONS)).isEmpty());
    assertTrue(holes.tidied(Map.of(Line.of(9, 9, 1, 4), REGIONS)).isEmpty(), "off every line");
    ImageHoles both = holes.proven(8, TractSet.NONE.plus(0, 4));
    assertFalse(both.tidied(Map.of(Line.of(1, 8), REGIONS)).isEmpty(), "8's slim state");
    assertTrue(both.tidied(Map.of(Line.of(1, 9), REGIONS)).isEmpty());
    assertEquals(
        Map.of(5L, new ImageHoles.Gap(8, 50)),
        holes.tidied(Map.of(Line.of(1, 8), REGIONS, Line.of(1, 6), REGIONS)).gaps());
  }

  /** What is merged of it in steps may come behind a proof that was made in between. */
  @Test
  void whatCompletesAmongTheUnknownTakesProofsBack() {
    missing.unknownUpTo(IMAGE, new CheckpointId(8));
    missing.add(key(7), hole(TractSet.ALL, 70));
    missing.proven(key(8), TractSet.NONE.plus(0, 0));
    assertTrue(here(Line.of(1, 8), 0));
    missing.remove(key(7));
    assertFalse(here(Line.of(1, 8), 0));
  }

  /** Against the sentence of the protocol, walked literally. */
  @Test
  void anyHistory() {
    for (long seed = 1; seed <= 400; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      // A line is the ids themselves, newest first: base of each id, 0 for a full one.
      long[] base = new long[13];
      Map<Long, TractSet> holes = new TreeMap<>();
      Map<Long, TractSet> proofs = new TreeMap<>();
      MissingTracts tracts = new MissingTracts();
      long unknown = random.nextInt(3) == 0 ? 1 + random.nextInt(11) : 0;
      if (unknown > 0) {
        tracts.unknownUpTo(IMAGE, new CheckpointId(unknown));
      }
      long first = 1 + random.nextInt(12);
      long last = random.nextInt(3) == 0 ? first + random.nextInt(5) : 0;
      if (last > 0) {
        tracts.skipped(IMAGE, new long[] {first, last}, 1);
      }
      for (int id = 1; id < base.length; id++) {
        base[id] =
            random.nextInt(6) == 0 ? 0 : random.nextInt(3) == 0 ? random.nextInt(id) : id - 1;
        if (random.nextInt(3) == 0) {
          TractSet set = random.nextInt(3) == 0 ? TractSet.ALL : some(random);
          holes.put((long) id, set);
          tracts.add(key(id), hole(set, id));
        }
        if (random.nextInt(3) == 0) {
          TractSet set = some(random);
          proofs.put((long) id, set);
          tracts.proven(key(id), set);
        }
      }
      for (long id = first; id <= last; id++) {
        holes.put(id, TractSet.ALL);
      }
      for (int id = 1; id < base.length; id++) {
        for (int tract = 0; tract < TRACTS; tract++) {
          boolean expected = true;
          for (long on = id; on != 0; on = base[(int) on]) {
            if (proofs.getOrDefault(on, TractSet.NONE).has(0, tract)) {
              break;
            }
            if (on <= unknown || holes.getOrDefault(on, TractSet.NONE).has(0, tract)) {
              expected = false;
              break;
            }
          }
          boolean actual = tracts.isHere(IMAGE, line(base, id), 0, tract);
          assertEquals(expected, actual, "seed %d, id %d, tract %d".formatted(seed, id, tract));
          assertEquals(
              expected, tracts.holes(IMAGE, line(base, id), 0, tract).isNone(), "seed " + seed);
          assertEquals(
              !expected,
              tracts.notHere(IMAGE, line(base, id), REGIONS).has(0, tract),
              "seed %d, id %d, tract %d".formatted(seed, id, tract));
        }
      }
    }
  }

  private static TractSet some(SplittableRandom random) {
    TractSet set = TractSet.NONE.plusSlim();
    for (int tract = 0; tract < TRACTS; tract++) {
      if (random.nextBoolean()) {
        set = set.plus(0, tract);
      }
    }
    return set;
  }

  private static Line line(long[] base, int id) {
    List<Long> runs = new ArrayList<>();
    for (long on = id; on != 0; on = base[(int) on]) {
      runs.add(on);
      runs.add(on);
    }
    return Line.of(runs.stream().mapToLong(Long::longValue).toArray());
  }
}
