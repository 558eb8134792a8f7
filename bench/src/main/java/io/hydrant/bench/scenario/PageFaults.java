package io.hydrant.bench.scenario;

import com.google.protobuf.BytesValue;
import io.hydrant.bench.Lab;
import io.hydrant.bench.Scenario;
import io.hydrant.bench.bare.BareClient;
import io.hydrant.bench.bare.BareProcess;
import io.hydrant.bench.bare.BareSettings;
import io.hydrant.bench.bare.EchoStream;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.measure.Alternation;
import io.hydrant.bench.measure.Bar;
import io.hydrant.bench.measure.BlockLatencies;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Round;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreImage;
import io.hydrant.bench.store.StoreProcess;
import io.hydrant.bench.store.StoreReads;
import io.hydrant.client.Regions;
import io.hydrant.client.RestoreSession;
import io.hydrant.pager.PagerException;
import io.hydrant.pager.PagerOptions;
import io.hydrant.pager.uffd.GuestMemory;
import io.hydrant.pager.uffd.NativeMemory;
import io.hydrant.pager.uffd.UffdPager;
import io.hydrant.pager.uffd.Userfault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Page faults of a process, from the touch to the byte, calm and while the rest is filled. */
public final class PageFaults implements Scenario {
  private static final int WARMUP_ROUNDS = 2;
  private static final int POOL_PAGES = 64 << 10;
  private static final double PACED = 0.3;
  private static final int MESSAGE_BYTES = 1 << 20;

  @Override
  public String name() {
    return "page-faults";
  }

  @Override
  public String purpose() {
    return "userfaultfd, warm: one fault at a time, calm and while all is filled; and the fill";
  }

  @Override
  public Report run(Lab lab) throws Exception {
    long imageBytes = lab.scale().pick(1L << 30, 256L << 20, 64L << 20);
    int rounds = lab.options().roundsOr(7, 1);
    Report.Builder report = Report.builder().setting("image_bytes", imageBytes);
    PagePool pool = new PagePool(lab.options().seed(), POOL_PAGES);
    try (BareProcess bare = lab.startBare(Sizes.UNUSED_FILE_BYTES, BareSettings.Executor.DIRECT);
        StoreProcess store = lab.startStore("data");
        StoreClient client = StoreClient.connect(store);
        StoreImage image = client.create("faults", imageBytes)) {
      image.writeFull(pool);
      try (RestoreSession session = image.openRestore()) {
        StoreReads.prefetch(session, image.range());
        new Bench(lab, report, session, bare.client(), imageBytes, rounds).run();
      }
    }
    return report
        .note(
            "touched by native code of this process; every page is checked before it is put there")
        .note("bare echo: 4 KiB over a stream, one in flight, in turns")
        .build();
  }

  private record Bench(
      Lab lab,
      Report.Builder report,
      RestoreSession session,
      BareClient bare,
      long imageBytes,
      int rounds) {

    /** A machine without a page. */
    private final class Machine implements AutoCloseable {
      private final NativeMemory memory = NativeMemory.allocate(imageBytes);
      private final AtomicReference<@Nullable PagerException> failed = new AtomicReference<>();
      private final UffdPager pager;

      Machine(PagerOptions options) throws Exception {
        Userfault userfault = Userfault.open();
        userfault.register(memory.address(), imageBytes);
        GuestMemory.Piece all =
            new GuestMemory.Piece(memory.address(), imageBytes, 0, 0, Regions.PAGE_BYTES);
        pager =
            new UffdPager(session, userfault, new GuestMemory(List.of(all)), options, failed::set);
      }

      /** Touches pages that are not there; fewer where the fill is faster. */
      void touch(Round round, int count, SplittableRandom random, BlockLatencies latencies) {
        long pages = imageBytes / Regions.PAGE_BYTES;
        try (Arena arena = Arena.ofConfined()) {
          MemorySegment copy = arena.allocate(8);
          for (int done = 0, tries = 0; done < count && tries < 100 * count; tries++) {
            long page = random.nextLong(pages);
            if (pager.restore().isPresent(0, page)) {
              continue;
            }
            long begin = System.nanoTime();
            memory.read(page * Regions.PAGE_BYTES, copy);
            latencies.add(round, System.nanoTime() - begin);
            done++;
          }
        }
        PagerException why = failed.get();
        if (why != null) {
          throw why;
        }
      }

      @Override
      public void close() {
        pager.close();
        memory.close();
      }
    }

    void run() throws Exception {
      int count = lab.scale().pick(3_000, 1_000, 100);
      lab.say("page-faults: calm ...");
      BlockLatencies calm = new BlockLatencies();
      BlockLatencies echoes = new BlockLatencies();
      SplittableRandom random = new SplittableRandom(lab.options().seed());
      BytesValue echo = BareClient.echoMessage(PagePool.PAGE_BYTES);
      try (Machine machine = new Machine(PagerOptions.DEFAULT.onDemandOnly());
          EchoStream stream = bare.echoStream()) {
        new Alternation(WARMUP_ROUNDS, rounds)
            .run(
                List.of(
                    round -> machine.touch(round, count, random, calm),
                    round -> {
                      for (int i = 0; i < count; i++) {
                        echoes.add(round, stream.roundTrip(echo));
                      }
                    }));
      }
      double bar = 1.5 * echoes.micros(50).median() + 30;
      report
          .row(Row.compared("calm: p50", calm.micros(50), echoes.micros(50)))
          .row(
              Row.held(
                  "calm: p50 less 1.5 times the echo",
                  Series.single("us", calm.micros(50).median() - bar + 30),
                  Bar.atMost(30)))
          .row(Row.compared("calm: p99", calm.microsOfAll(99), echoes.microsOfAll(99)));
      double flatOut = fills();
      whileFilling(count, random, calm, 0, "flat out");
      whileFilling(count, random, calm, (long) (PACED * flatOut * 1e6), "paced at 0.3 of that");
    }

    /** MB/s of whole fills, against a bare stream of as many bytes. */
    private double fills() throws Exception {
      lab.say("page-faults: fill ...");
      PagerOptions fill = new PagerOptions(1, 1, false, 0, true, 2, 0, PagerOptions.Touches.FAULTS);
      List<Double> filled = new ArrayList<>();
      List<Double> streamed = new ArrayList<>();
      for (int i = 0; i < rounds + 1; i++) {
        long begin = System.nanoTime();
        try (Machine machine = new Machine(fill)) {
          machine.pager.restore().whole().get(120, TimeUnit.SECONDS);
          double rate = imageBytes * 1e3 / (System.nanoTime() - begin);
          long nanos = bareFill();
          if (i > 0) {
            filled.add(rate);
            streamed.add(imageBytes * 1e3 / nanos);
          }
        }
      }
      Series rates = new Series("MB/s", filled);
      report.row(
          Row.compared(
              "fill of the whole memory",
              rates,
              new Series("MB/s", streamed),
              Bar.ratioAtLeast(0.65)));
      return rates.median();
    }

    /** A bare stream into memory of the same kind, in its order, unchecked. */
    private long bareFill() throws Exception {
      try (NativeMemory memory = NativeMemory.allocate(imageBytes);
          Userfault userfault = Userfault.open();
          Arena arena = Arena.ofShared()) {
        userfault.register(memory.address(), imageBytes);
        MemorySegment stage = arena.allocate(MESSAGE_BYTES, Regions.PAGE_BYTES);
        long[] at = {memory.address()};
        return bare.stream(
            imageBytes / PagePool.PAGE_BYTES,
            content -> {
              content.copyTo(stage.asByteBuffer());
              try {
                userfault.copy(at[0], stage, content.size(), Regions.PAGE_BYTES);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
              at[0] += content.size();
            });
      }
    }

    private void whileFilling(
        int count, SplittableRandom random, BlockLatencies calm, long bytesPerSecond, String how)
        throws Exception {
      lab.say("page-faults: while it is filled, %s ...", how);
      PagerOptions fill =
          new PagerOptions(1, 1, false, 0, true, 2, bytesPerSecond, PagerOptions.Touches.FAULTS);
      BlockLatencies filling = new BlockLatencies();
      for (int i = 0; i < rounds; i++) {
        try (Machine machine = new Machine(fill)) {
          machine.touch(new Round(i, true), count, random, filling);
        }
      }
      Series p99 = filling.microsOfAll(99);
      report
          .row(Row.told("filled " + how + ": p50", filling.micros(50)))
          .row(
              bytesPerSecond == 0
                  ? Row.told("filled " + how + ": p99", p99)
                  : Row.compared(
                      "filled " + how + ": p99, against calm",
                      p99,
                      calm.microsOfAll(99),
                      Bar.ratioAtMost(4)))
          .row(Row.told("filled " + how + ": faults", Series.single("", filling.count())));
    }
  }
}
