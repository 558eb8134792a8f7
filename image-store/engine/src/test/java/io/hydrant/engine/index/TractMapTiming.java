package io.hydrant.engine.index;

import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.TractKey;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;

/** Quick figures for the hot paths, by hand: run its main method with the test class path. */
final class TractMapTiming {
  private static final int ROUNDS = 5;
  private static long sink;

  private TractMapTiming() {}

  public static void main(String[] arguments) throws IOException {
    Random random = new Random(1);
    ImageUsage usage = new SegmentUsage().image(new ImageId(1));
    Retained few = lines(85, 100);
    TractMap full =
        TractMap.empty().merge(90, Tables.run(0, 2048), new Address(1, 0), lines(85, 90), usage);
    PageTable twenty = Tables.randomRaw(random, 2048, 20);
    time("merge 20 rows into 2,048", 20_000, () -> merge(full, 100, twenty, few));
    Retained one = lines(100, 100);
    time("merge 20 rows into 2,048, one line", 20_000, () -> merge(full, 100, twenty, one));
    TractMap hot = full;
    for (int id = 91; id < 100; id++) {
      hot = hot.merge(id, Tables.randomRaw(random, 2048, 200), new Address(2, 0), few, usage);
    }
    TractMap busy = hot;
    time("merge 20 rows into " + hot.size(), 20_000, () -> merge(busy, 100, twenty, few));
    PageTable batch = Tables.run(512, 256);
    time("merge 256 rows of a fresh tract", 50_000, () -> merge(TractMap.empty(), 100, batch, few));
    Retained fork = Retained.of(List.of(Line.of(1, 80), Line.of(95, 100, 1, 90)));
    time("merge 20 rows into 2,048 after a fork", 20_000, () -> merge(full, 100, twenty, fork));
    Retained many = lines(91, 10_090);
    time("merge 20 rows, 10,000 lines", 20_000, () -> merge(full, 10_090, twenty, many));
    List<Line> all = LongStream.range(1, 10_001).mapToObj(id -> Line.of(1, id)).toList();
    time("prepare 10,000 lines", 500, () -> sink += Retained.of(all).isOnNewestLine(3) ? 1 : 0);
    Line line = Line.of(1, 100);
    int[] pages = random.ints(1024, 0, 2048).toArray();
    time("find x 1,024", 5_000, () -> find(full, pages, line));
    TractMap scattered = TractMapFormatTest.scattered(random);
    time("encode 2,048 scattered rows", 5_000, () -> sink += scattered.encode().length);
    byte[] stored = scattered.encode();
    time("decode 2,048 scattered rows", 5_000, () -> decode(stored));
    System.out.printf(
        "stored: sequential %.2f, scattered %.2f bytes a row%n",
        full.encode().length / 2048.0, stored.length / 2048.0);
    PageMaps maps = new PageMaps(new PlainIndex(), 1 << 30);
    TractKey[] keys = new TractKey[1024];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = new TractKey(new ImageId(1 + i % 10), 0, i / 10);
      maps.put(keys[i], full);
    }
    time("PageMaps.get x 1,024, dirty", 5_000, () -> get(maps, keys));
    maps.flushed(maps.freeze());
    time("PageMaps.get x 1,024, cached", 5_000, () -> get(maps, keys));
    System.out.println("(" + sink % 10 + ")");
  }

  private static void merge(TractMap map, long checkpoint, PageTable table, Retained retained) {
    ImageUsage usage = new SegmentUsage().image(new ImageId(1));
    usage.add(1, 1L << 40);
    usage.add(2, 1L << 40);
    sink += map.merge(checkpoint, table, new Address(3, 0), retained, usage).size();
  }

  private static void find(TractMap map, int[] pages, Line line) {
    for (int page : pages) {
      sink += map.find(page, line);
    }
  }

  private static void decode(byte[] stored) {
    try {
      sink += TractMap.decode("row", stored).size();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void get(PageMaps maps, TractKey[] keys) {
    try {
      for (TractKey key : keys) {
        TractMap map = maps.get(key);
        sink += map == null ? 0 : map.size();
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Retained lines(long from, long to) {
    return Retained.of(LongStream.rangeClosed(from, to).mapToObj(id -> Line.of(1, id)).toList());
  }

  /** Of this thread: other work on the machine must not count. */
  private static long cpuNanos() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static void time(String what, int repeats, Runnable action) {
    double best = Double.MAX_VALUE;
    for (int round = 0; round < ROUNDS; round++) {
      long start = cpuNanos();
      for (int i = 0; i < repeats; i++) {
        action.run();
      }
      best = Math.min(best, (cpuNanos() - start) / 1e3 / repeats);
    }
    System.out.printf("%-45s %9.2f us%n", what, best);
  }
}
