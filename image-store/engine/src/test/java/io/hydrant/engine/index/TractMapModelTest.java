package io.hydrant.engine.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.model.PageTable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The map against a model that keeps everything for ever and answers by walking from base to base:
 * random histories with forks, full checkpoints, aborted ids, retirement, zero declarations and
 * patches that arrive late.
 */
class TractMapModelTest {
  private static final int SEEDS = 300;
  private static final int STEPS = 60;
  private static final int PAGES = 12;

  @Test
  void answersAndUsageEqualTheModels() {
    Seeds.of(SEEDS)
        .forEach(seed -> {
          try {
            new History(Seeds.random(seed)).run();
          } catch (AssertionError | RuntimeException | IOException e) {
            throw new AssertionError(Seeds.repeat(getClass(), seed), e);
          }
        });
  }

  /** What one checkpoint did to the tract. */
  private record Change(
      long id, @Nullable Long base, @Nullable PageTable table, Address payload, boolean zero) {}

  private static final class History {
    private final RandomGenerator random;
    private final TreeMap<Long, Change> changes = new TreeMap<>();
    private final TreeSet<Long> retained = new TreeSet<>();
    private final Set<Long> aborted = new HashSet<>();
    private final List<Change> late = new ArrayList<>();
    private final SegmentUsage usages = new SegmentUsage();
    private final ImageUsage usage = usages.image(new ImageId(7));
    private TractMap map = TractMap.empty();
    private long nextId = 1;
    private long head;
    private int segment = 1;
    private int offset;

    History(RandomGenerator random) {
      this.random = random;
    }

    void run() throws IOException {
      for (int step = 0; step < STEPS; step++) {
        switch (random.nextInt(12)) {
          case 0 -> takeOver();
          case 1, 2, 3 -> retireSome();
          case 4 -> {
            map = map.prune(retainedLines(), usage);
            checkMinimal();
          }
          case 5 -> aborted.add(nextId++);
          case 6 -> mergeLate();
          default -> commit();
        }
        if (late.isEmpty()) {
          checkAnswers();
        }
        checkUsage();
      }
      mergeLate();
      map = map.prune(retainedLines(), usage);
      checkMinimal();
      checkAnswers();
      assertSame(map, map.prune(retainedLines(), usage));
      assertEquals(map, TractMap.decode("row", map.encode()));
    }

    private void commit() {
      long id = nextId++;
      Long base = head == 0 || random.nextInt(15) == 0 ? null : head;
      boolean zero = random.nextInt(8) == 0;
      PageTable table =
          zero || random.nextInt(6) == 0
              ? null
              : Tables.random(random, PAGES, 1 + random.nextInt(PAGES));
      if (random.nextInt(5) == 0) {
        segment++;
        offset = 0;
      }
      Change change = new Change(id, base, table, new Address(segment, offset), zero);
      offset += table == null ? 0 : table.payloadBytes() + 100;
      changes.put(id, change);
      retained.add(id);
      head = id;
      if (random.nextInt(10) == 0) {
        late.add(change);
      } else {
        merge(change);
        if (random.nextInt(10) == 0) {
          TractMap once = map;
          merge(change);
          assertEquals(once, map, "merging again changes nothing");
        }
      }
    }

    private void merge(Change change) {
      if (change.zero) {
        map = map.mergeZero(change.id, retainedLines(), usage);
      } else if (change.table != null) {
        map = map.merge(change.id, change.table, change.payload, retainedLines(), usage);
      } else {
        return; // changed another tract
      }
      checkMinimal();
    }

    private void mergeLate() {
      while (!late.isEmpty()) {
        merge(late.remove(random.nextInt(late.size())));
      }
    }

    private void takeOver() {
      if (!retained.isEmpty()) {
        head = retained.stream().skip(random.nextInt(retained.size())).findFirst().orElseThrow();
      }
    }

    private void retireSome() {
      int share = 1 + random.nextInt(4);
      retained.removeIf(id -> id != head && random.nextInt(share) == 0);
    }

    private Retained retainedLines() {
      return Retained.of(retained.stream().map(this::line).toList());
    }

    /** As the catalog says it, except that aborted ids are bridged or not by chance. */
    private Line line(long newest) {
      List<Long> ids = ancestry(newest);
      List<Long> runs = new ArrayList<>();
      long low = newest;
      long high = newest;
      for (long id : ids.subList(1, ids.size())) {
        boolean bridged = random.nextInt(8) != 0;
        long gapLow = id + 1;
        while (bridged && gapLow < low && aborted.contains(gapLow)) {
          gapLow++;
        }
        if (gapLow != low) {
          runs.addAll(List.of(low, high));
          high = id;
        }
        low = id;
      }
      runs.addAll(List.of(low, high));
      return Line.of(runs.stream().mapToLong(Long::longValue).toArray());
    }

    private List<Long> ancestry(long newest) {
      List<Long> ids = new ArrayList<>();
      for (Long id = newest; id != null; id = change(id).base()) {
        ids.add(id);
      }
      return ids;
    }

    private Change change(long id) {
      return Objects.requireNonNull(changes.get(id));
    }

    private void checkAnswers() {
      for (long id : retained) {
        Line line = line(id);
        for (int page = 0; page < PAGES; page++) {
          int asked = page;
          Supplier<@Nullable String> what = () -> "page %d on %s%n%s".formatted(asked, line, map);
          int row = map.find(page, line);
          Answer expected = answer(id, page);
          switch (expected) {
            case Answer.None() -> assertEquals(TractMap.NONE, row, what);
            case Answer.ZeroTract _ -> assertEquals(TractMap.ZERO_TRACT, row, what);
            case Answer.Version(PageVersion version) -> {
              assertTrue(row >= 0, what);
              assertEquals(page, map.pageInTract(row), what);
              assertEquals(version, map.version(row), what);
            }
          }
        }
      }
    }

    private Answer answer(long checkpoint, int page) {
      for (long id : ancestry(checkpoint)) {
        Change change = change(id);
        if (change.zero) {
          return new Answer.ZeroTract(id);
        }
        PageTable table = change.table;
        for (int row = 0; table != null && row < table.size(); row++) {
          if (table.pageInTract(row) == page) {
            return new Answer.Version(version(change, table, row));
          }
        }
      }
      return new Answer.None();
    }

    private static PageVersion version(Change change, PageTable table, int row) {
      PageEncoding encoding = table.encoding(row);
      Address address =
          encoding.hasContent() ? change.payload.plus(table.offset(row)) : new Address(0, 0);
      return new PageVersion(change.id, encoding, address, table.length(row), table.checksum(row));
    }

    /** No row and no declaration is there that is not the answer to some question. */
    private void checkMinimal() {
      Set<String> needed = new HashSet<>();
      Set<Long> neededZeros = new HashSet<>();
      for (long id : retained) {
        for (int page = 0; page < PAGES; page++) {
          if (answer(id, page) instanceof Answer.Version(PageVersion version)) {
            needed.add(page + "@" + version.checkpoint());
          }
        }
        ancestry(id).stream()
            .filter(ancestor -> change(ancestor).zero)
            .findFirst()
            .ifPresent(neededZeros::add);
      }
      // A patch that is late may hide more than the map can know yet.
      if (!late.isEmpty()) {
        return;
      }
      for (int row = 0; row < map.size(); row++) {
        String name = map.pageInTract(row) + "@" + map.checkpoint(row);
        assertTrue(needed.contains(name), name + " is not needed");
      }
      for (int i = 0; i < map.zeroSize(); i++) {
        assertTrue(neededZeros.contains(map.zeroCheckpoint(i)), "zero declaration not needed");
      }
    }

    private void checkUsage() {
      Map<Integer, Long> live = new HashMap<>();
      for (int row = 0; row < map.size(); row++) {
        if (map.length(row) > 0) {
          live.merge((int) (map.address(row) >>> 32), (long) map.length(row), Long::sum);
        }
      }
      for (int number = 0; number <= segment; number++) {
        long expected = live.getOrDefault(number, 0L);
        assertEquals(expected, usage.live(number), "live bytes of segment " + number);
        assertEquals(expected, usages.live(number), "live bytes of segment " + number);
        assertEquals(expected == 0, usages.isDead(number));
      }
    }
  }

  /** The model's answer. */
  private sealed interface Answer {
    record None() implements Answer {}

    record ZeroTract(long checkpoint) implements Answer {}

    record Version(PageVersion version) implements Answer {}
  }
}
