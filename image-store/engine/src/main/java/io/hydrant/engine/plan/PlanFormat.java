package io.hydrant.engine.plan;

import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.index.PackedInput;
import io.hydrant.engine.index.PackedOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A plan in bytes; layout in docs/formats/plan.md. A run costs two to four bytes: its distance from
 * the one before, which is small where a window's pages ascend, and its length where it is not 1.
 */
public final class PlanFormat {
  /** Of one plan: it is in the catalog, which is written whole at every snapshot. */
  public static final int BYTES_MAX = 64 << 10;

  private static final int VERSION = 1;

  /** What one run takes at most: region, distance, length. */
  private static final int RUN_BYTES_MAX = 5 + 10 + 10;

  private PlanFormat() {}

  /**
   * Of a plan that takes more than {@link #BYTES_MAX}, the beginning: what is wanted last is left
   * out.
   */
  public static byte[] encode(RestorePlan plan) {
    List<List<PageRun>> ages = new ArrayList<>();
    int room = BYTES_MAX - Long.BYTES - RestorePlan.AGES * Integer.BYTES;
    for (List<PageRun> age : plan.ages()) {
      List<PageRun> kept = fitting(age, room);
      ages.add(kept);
      room = kept.size() < age.size() ? 0 : room - bytes(kept);
    }
    PackedOutput out = new PackedOutput(VERSION, BYTES_MAX);
    out.varint(ages.size());
    for (List<PageRun> age : ages) {
      out.varint(age.size());
      write(age, out);
    }
    return out.finish();
  }

  private static int bytes(List<PageRun> runs) {
    PackedOutput out = new PackedOutput(VERSION, RUN_BYTES_MAX * (runs.size() + 1));
    write(runs, out);
    return out.finish().length;
  }

  /** As many as fit: halved, since each run's bytes depend on the one before. */
  private static List<PageRun> fitting(List<PageRun> runs, int room) {
    if (bytes(runs) <= room) {
      return runs;
    }
    int fits = 0;
    int tooMany = runs.size();
    while (tooMany - fits > 1) {
      int middle = (fits + tooMany) >>> 1;
      if (bytes(runs.subList(0, middle)) <= room) {
        fits = middle;
      } else {
        tooMany = middle;
      }
    }
    return runs.subList(0, fits);
  }

  private static void write(List<PageRun> runs, PackedOutput out) {
    int region = 0;
    long end = 0;
    for (PageRun run : runs) {
      out.reserve(RUN_BYTES_MAX);
      boolean moves = run.region() != region;
      long distance = run.first() - (moves ? 0 : end);
      // Sign, whether a region and whether a length follow, below the distance.
      long zigzag = distance << 1 ^ distance >> 63;
      out.varint(zigzag << 2 | (moves ? 2 : 0) | (run.count() > 1 ? 1 : 0));
      if (moves) {
        out.varint(run.region());
        region = run.region();
      }
      if (run.count() > 1) {
        out.varint(run.count() - 2);
      }
      end = run.end();
    }
  }

  /**
   * @param source for messages
   * @throws IOException these bytes are no plan
   */
  public static RestorePlan decode(String source, byte[] bytes) throws IOException {
    PackedInput in = new PackedInput(source, bytes, VERSION);
    int count = (int) in.varint(0, RestorePlan.AGES, "ages");
    List<List<PageRun>> ages = new ArrayList<>();
    long pages = 0;
    for (int age = 0; age < count; age++) {
      List<PageRun> runs = read(in);
      pages += runs.stream().mapToLong(PageRun::count).sum();
      in.require(
          pages <= PlanLearning.PAGES_MAX,
          "at most " + PlanLearning.PAGES_MAX + " pages",
          pages + "");
      ages.add(runs);
    }
    in.end();
    return new RestorePlan(ages);
  }

  private static List<PageRun> read(PackedInput in) throws CorruptionException {
    int count = in.count(1);
    List<PageRun> runs = new ArrayList<>(count);
    int region = 0;
    long end = 0;
    for (int i = 0; i < count; i++) {
      long word = in.varint();
      if ((word & 2) != 0) {
        region = (int) in.varint(0, Integer.MAX_VALUE, "region");
        end = 0;
      }
      long pages = (word & 1) != 0 ? in.varint(0, PlanLearning.PAGES_MAX, "run of pages") + 2 : 1;
      long zigzag = word >>> 2;
      long first = end + (zigzag >>> 1 ^ -(zigzag & 1));
      in.require(first >= 0 && first < PageOrder.PAGE_MAX, "a page number", first + "");
      runs.add(new PageRun(region, first, pages));
      end = first + pages;
    }
    return runs;
  }
}
