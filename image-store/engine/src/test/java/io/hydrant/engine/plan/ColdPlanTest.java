package io.hydrant.engine.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.catalog.SessionInfo;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.model.SessionId;
import io.hydrant.engine.model.TractRows;
import io.hydrant.engine.store.PageBatch;
import io.hydrant.engine.store.PageReader;
import io.hydrant.engine.store.ReadPoint;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the maps of a checkpoint say of a restore that nobody has seen before. */
final class ColdPlanTest {
  private static final int TRACT_PAGES = 2_048;
  private static final long FULL = 3;

  private record Row(int page, long version, PageEncoding encoding) {}

  private static Row written(int page, long version) {
    return new Row(page, version, PageEncoding.RAW);
  }

  /** Two tracts, of which the second is short. */
  private static final class Maps implements PageReader {
    private final List<List<Row>> tracts;
    private final long[] zero;
    private final List<Integer> lost = new ArrayList<>();

    Maps(List<List<Row>> tracts, long... zero) {
      this.tracts = tracts;
      this.zero = zero;
    }

    @Override
    public Known known(ReadPoint point, int region, int tract) {
      List<Row> rows = tracts.get(tract);
      int size = rows.size();
      short[] pages = new short[size];
      byte[] encodings = new byte[size];
      int[] lengths = new int[size];
      long[] versions = new long[size];
      for (int i = 0; i < size; i++) {
        pages[i] = (short) rows.get(i).page();
        encodings[i] = (byte) rows.get(i).encoding().code();
        lengths[i] = rows.get(i).encoding() == PageEncoding.RAW ? RegionSpec.PAGE_BYTES_MIN : 0;
        versions[i] = rows.get(i).version();
      }
      BitSet gone = new BitSet();
      if (tract == 1) {
        lost.forEach(gone::set);
      }
      return new Known(
          new TractRows(
              new PageTable(pages, encodings, lengths, new int[size]), versions, zero[tract]),
          gone);
    }

    @Override
    public PageBatch read(ReadPoint point, int region, long[] pages, ByteBuffer target) {
      throw new AssertionError("a plan reads no page");
    }

    @Override
    public RangePart readRange(
        ReadPoint point,
        int region,
        long firstPage,
        long endPage,
        boolean skipZero,
        ByteBuffer target) {
      throw new AssertionError("a plan reads no page");
    }

    @Override
    public PageBatch describe(ReadPoint point, int region, long firstPage, int count) {
      throw new AssertionError("a plan asks once a tract");
    }

    ColdPlan plan(int most) throws Exception {
      return ColdPlan.of(this, POINT, most);
    }
  }

  private static final ReadPoint POINT =
      new ReadPoint(
          new SessionInfo(
              new SessionId(1), new ImageId(1), new CheckpointId(9), 1_000, 0, RequestId.NONE),
          new CheckpointInfo(
              new CheckpointId(9),
              Optional.of(new CheckpointId(8)),
              CheckpointKind.INCREMENTAL,
              new Epoch(1),
              new RegionTable(
                  List.of(
                      new RegionSpec(
                          "ram",
                          RegionKind.MEMORY,
                          RegionSpec.PAGE_BYTES_MIN,
                          (TRACT_PAGES + 100L) * RegionSpec.PAGE_BYTES_MIN))),
              Optional.empty()),
          Line.of(FULL, 9));

  @Test
  void theNewestWritingComesFirst() throws Exception {
    Maps maps =
        new Maps(
            List.of(
                List.of(written(0, FULL), written(1, 5), written(2, 9), written(7, 9)),
                List.of(written(3, 9), written(4, 5), written(5, 7))),
            1,
            1);
    ColdPlan plan = maps.plan(100);
    assertEquals(
        List.of(
            new PageRun(0, 2, 1),
            new PageRun(0, 7, 1),
            new PageRun(0, TRACT_PAGES + 3, 1),
            new PageRun(0, TRACT_PAGES + 5, 1),
            new PageRun(0, 1, 1),
            new PageRun(0, TRACT_PAGES + 4, 1)),
        plan.wanted());
    assertEquals(plan.wanted().subList(0, 4), maps.plan(4).wanted());
    assertEquals(plan.wanted().subList(0, 2), maps.plan(2).wanted());
    assertEquals(List.of(), maps.plan(0).wanted());
  }

  /** An older zero in the place of what no replica has any more would be an invented page. */
  @Test
  void whatIsLostIsNeitherZeroNorWanted() throws Exception {
    Maps maps =
        new Maps(
            List.of(List.of(), List.of(new Row(3, 4, PageEncoding.ZERO), written(5, 7))), 1, 2);
    maps.lost.addAll(List.of(3, 5, 8));
    ColdPlan plan = maps.plan(100);
    assertEquals(List.of(), plan.wanted());
    assertEquals(
        List.of(
            new PageRun(0, 0, TRACT_PAGES + 3),
            new PageRun(0, TRACT_PAGES + 4, 1),
            new PageRun(0, TRACT_PAGES + 6, 2),
            new PageRun(0, TRACT_PAGES + 9, 91)),
        plan.zero());
  }

  @Test
  void zerosAreThoseOfWhichItIsCertain() throws Exception {
    List<Row> first = new ArrayList<>();
    for (int page = 0; page < TRACT_PAGES - 1; page++) {
      first.add(written(page, FULL));
    }
    first.set(10, new Row(10, FULL, PageEncoding.ZERO));
    first.set(11, new Row(11, 9, PageEncoding.NOT_KEPT));
    // Page 2,047 of the first tract has neither a row nor a declaration: nobody knows.
    Maps maps = new Maps(List.of(first, List.of(written(5, 7))), 0, 2);
    assertEquals(
        List.of(
            new PageRun(0, 10, 2),
            new PageRun(0, TRACT_PAGES, 5),
            new PageRun(0, TRACT_PAGES + 6, 94)),
        maps.plan(0).zero());
  }
}
