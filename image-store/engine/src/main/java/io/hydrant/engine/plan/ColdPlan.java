package io.hydrant.engine.plan;

import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.TractRows;
import io.hydrant.engine.store.PageReader;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.Refusal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.TreeMap;

/**
 * What can be said of a checkpoint of which no restore is known: which of its pages are zero, and
 * which were written last, since what a machine wrote a moment ago it is likely to want at once. A
 * store of checkpoints knows both without reading a page.
 *
 * @param zero runs without content, ascending
 * @param wanted what was written since the last full checkpoint, the newest first
 */
public record ColdPlan(List<PageRun> zero, List<PageRun> wanted) {
  /**
   * Zeros beyond are not told of, and fetched as all else: bounds what an image costs in memory.
   */
  static final int ZERO_RUNS_MAX = 1 << 18;

  /**
   * One index lookup a tract, and no page.
   *
   * @param most pages wanted
   * @throws Refusal NOT_HERE for a tract that this replica lacks
   */
  public static ColdPlan of(PageReader reader, ReadPoint point, int most)
      throws Refusal, IOException {
    Written written = new Written(point.line().oldest(), most);
    List<PageRun> zero = new ArrayList<>();
    List<RegionSpec> regions = point.checkpoint().regions().regions();
    for (int region = 0; region < regions.size(); region++) {
      RegionSpec spec = regions.get(region);
      for (int tract = 0; tract < spec.tracts(); tract++) {
        PageReader.Known known = reader.known(point, region, tract);
        addZero(spec, region, tract, known, zero);
        written.add(spec, region, tract, known);
      }
    }
    return new ColdPlan(zero, written.newestFirst());
  }

  private static boolean hasContent(PageTable table, int row) {
    PageEncoding encoding = table.encoding(row);
    return encoding != PageEncoding.ZERO && encoding != PageEncoding.NOT_KEPT;
  }

  private static void addZero(
      RegionSpec spec, int region, int tract, PageReader.Known known, List<PageRun> zero) {
    int pages = spec.pagesOfTract(tract);
    TractRows rows = known.rows();
    BitSet content = new BitSet(pages);
    if (rows.zeroVersion() == 0) {
      content.set(0, pages); // what has no row is not accounted for
    }
    for (int row = 0; row < rows.size(); row++) {
      content.set(rows.table().pageInTract(row), hasContent(rows.table(), row));
    }
    content.or(known.lost()); // whoever asks for it is told
    for (int from = content.nextClearBit(0); from < pages && zero.size() < ZERO_RUNS_MAX; ) {
      int next = content.nextSetBit(from);
      int end = next < 0 ? pages : Math.min(next, pages);
      add(new PageRun(region, spec.pageOf(tract, from), end - from), zero);
      from = content.nextClearBit(end);
    }
  }

  private static void add(PageRun run, List<PageRun> runs) {
    PageRun last = runs.isEmpty() ? null : runs.getLast();
    if (last != null && last.region() == run.region() && last.end() == run.first()) {
      runs.set(
          runs.size() - 1, new PageRun(run.region(), last.first(), last.count() + run.count()));
    } else {
      runs.add(run);
    }
  }

  /** The newest pages of all, by the checkpoint that wrote them; what is too old is let go of. */
  private static final class Written {
    private final long full;
    private final int most;
    private final TreeMap<Long, PageOrder> byCheckpoint = new TreeMap<>();
    private long size;

    /**
     * @param full the checkpoint that wrote everything, and so says nothing
     */
    Written(long full, int most) {
      this.full = full;
      this.most = most;
    }

    void add(RegionSpec spec, int region, int tract, PageReader.Known known) {
      TractRows rows = known.rows();
      for (int row = 0; row < rows.size(); row++) {
        if (rows.version(row) == full
            || !hasContent(rows.table(), row)
            || known.lost().get(rows.table().pageInTract(row))) {
          continue;
        }
        PageOrder pages =
            byCheckpoint.computeIfAbsent(rows.version(row), _ -> PageOrder.ofDistinct());
        if (pages.size() < most) {
          pages.add(PageOrder.key(region, spec.pageOf(tract, rows.table().pageInTract(row))));
          size++;
        }
      }
      while (!byCheckpoint.isEmpty()
          && size - byCheckpoint.firstEntry().getValue().size() >= most) {
        size -= byCheckpoint.pollFirstEntry().getValue().size();
      }
    }

    List<PageRun> newestFirst() {
      List<PageRun> runs = new ArrayList<>();
      int room = most;
      for (PageOrder pages : byCheckpoint.descendingMap().values()) {
        runs.addAll(pages.toRuns(room));
        room = Math.max(0, room - pages.size());
      }
      return runs;
    }
  }
}
