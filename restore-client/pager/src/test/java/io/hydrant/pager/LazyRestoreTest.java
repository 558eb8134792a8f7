package io.hydrant.pager;

import static io.hydrant.pager.ProtectedVm.PAGES;
import static io.hydrant.pager.ProtectedVm.WRITTEN;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.client.BegunRestore;
import io.hydrant.client.CheckpointChoice;
import io.hydrant.client.HydrantClient;
import io.hydrant.client.PagePlan;
import io.hydrant.client.Regions;
import io.hydrant.client.RestoreSession;
import io.hydrant.v1.ImageRef;
import io.hydrant.v1.PageRange;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A machine that runs before its memory is there, against a real server. */
@Timeout(60)
final class LazyRestoreTest {
  @TempDir private Path directory;

  private ProtectedVm vm;
  private HydrantClient client;
  private ImageRef image;

  @BeforeEach
  void protect() throws Exception {
    vm = new ProtectedVm(directory);
    client = vm.client();
    image = vm.image();
  }

  @AfterEach
  void stop() throws Exception {
    vm.close();
  }

  private byte[] expected(int page) {
    return vm.expected(page);
  }

  /** Sees to it that each page is put there once. */
  private static final class Memory implements PageTarget {
    private final ByteBuffer bytes = ByteBuffer.allocateDirect(PAGES * Regions.PAGE_BYTES);
    private final AtomicIntegerArray puts = new AtomicIntegerArray(PAGES);

    @Override
    public void put(int region, long firstPage, ByteBuffer pages) {
      int first = (int) firstPage;
      for (int page = first; page < first + pages.remaining() / Regions.PAGE_BYTES; page++) {
        assertEquals(1, puts.incrementAndGet(page), "page " + page);
      }
      bytes.put(first * Regions.PAGE_BYTES, pages, pages.position(), pages.remaining());
    }

    @Override
    public void putZero(int region, long firstPage, long pageCount) {
      for (long page = firstPage; page < firstPage + pageCount; page++) {
        assertEquals(1, puts.incrementAndGet((int) page), "page " + page);
      }
    }

    byte[] page(int page) {
      byte[] copy = new byte[Regions.PAGE_BYTES];
      bytes.get(page * Regions.PAGE_BYTES, copy);
      return copy;
    }
  }

  private static PageRange range(long first, long count) {
    return Pages.range(0, first, count);
  }

  @Test
  void aStoreKnowsWhatWasWrittenLastAndWhatIsZero() {
    try (RestoreSession session = client.openRestore(image)) {
      PagePlan plan = session.plan(1_000);
      assertEquals(
          new PagePlan(
              0,
              List.of(),
              List.of(range(3_000, 5), range(100, 10)),
              List.of(range(WRITTEN, PAGES - WRITTEN))),
          plan);
      assertEquals(List.of(), session.plan(0).zero());
    }
  }

  @Test
  void whatWasLearnedComesWithTheSlimState() throws Exception {
    try (RestoreSession session = client.openRestore(image)) {
      session.learn(List.of(range(500, 1), range(20, 3), range(WRITTEN + 1, 1)), List.of());
      PagePlan plan = session.plan(0);
      assertEquals(1, plan.version());
      assertEquals(List.of(range(20, 3), range(500, 1), range(WRITTEN + 1, 1)), plan.learned());
    }
    Memory memory = new Memory();
    PageArrivals arrivals = new PageArrivals(List.of(region()), memory);
    BegunRestore begun =
        client.beginRestore(
            image,
            CheckpointChoice.of(0),
            Duration.ZERO,
            3L * Regions.PAGE_BYTES,
            _ -> arrivals.sink(PageArrivals.Why.AHEAD));
    try (RestoreSession session = begun.session()) {
      assertArrayEquals(new byte[] {7, 7, 7}, begun.slim());
      assertEquals(3, begun.firstPages());
      assertEquals(3, session.checkpoint().getId());
      for (int page = 20; page < 23; page++) {
        assertArrayEquals(expected(page), memory.page(page));
      }
      assertFalse(arrivals.residency().isPresent(0, 500));
    }
  }

  private static io.hydrant.v1.Region region() {
    return Regions.memory("ram", (long) PAGES * Regions.PAGE_BYTES);
  }

  @Test
  void manyTouchAtOnceAndAllBecomesWhole() throws Exception {
    Memory memory = new Memory();
    List<Throwable> wrong = new ArrayList<>();
    try (RestoreSession session = client.openRestore(image);
        LazyRestore lazy =
            new LazyRestore(
                session, memory, PagerOptions.DEFAULT.withTouches(PagerOptions.Touches.ALL))) {
      lazy.start();
      List<Thread> machine = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        SplittableRandom random = new SplittableRandom(i);
        machine.add(
            Thread.ofPlatform()
                .uncaughtExceptionHandler((_, thrown) -> wrong.add(thrown))
                .start(() -> {
                  for (int touch = 0; touch < 2_000; touch++) {
                    int page = random.nextInt(PAGES);
                    lazy.touch(0, page);
                    assertArrayEquals(expected(page), memory.page(page), "page " + page);
                  }
                }));
      }
      for (Thread thread : machine) {
        thread.join();
      }
      assertEquals(List.of(), wrong);
      lazy.whole().get(20, TimeUnit.SECONDS);
      for (int page = 0; page < PAGES; page++) {
        assertArrayEquals(expected(page), memory.page(page), "page " + page);
      }
      PagerStats stats = lazy.stats();
      assertEquals(PAGES, stats.present());
      assertTrue(stats.touchedThere() + stats.faults() >= stats.touched(), stats::toString);
      lazy.learn();
      assertEquals(1, session.plan(0).version());
      assertEquals(
          stats.touched(),
          session.plan(0).learned().stream().mapToLong(PageRange::getPageCount).sum());
    }
  }

  @Test
  void withoutReadingAheadOnlyWhatIsAskedForComes() {
    Memory memory = new Memory();
    try (RestoreSession session = client.openRestore(image);
        LazyRestore lazy = new LazyRestore(session, memory, PagerOptions.DEFAULT.onDemandOnly())) {
      lazy.start();
      assertFalse(lazy.touch(0, 10));
      assertFalse(lazy.touch(0, 5_000));
      assertTrue(lazy.touch(0, 10));
      assertEquals(2, lazy.stats().present());
      assertArrayEquals(expected(10), memory.page(10));
    }
  }

  @Test
  void neverPutsAnythingInThePlaceOfAPageThatCannotBeHad() throws Exception {
    Memory memory = new Memory();
    try (RestoreSession session = client.openRestore(image);
        LazyRestore lazy = new LazyRestore(session, memory, PagerOptions.DEFAULT.onDemandOnly())) {
      lazy.start();
      lazy.touch(0, 10);
      vm.loseServer();
      PagerException failed = assertThrows(PagerException.class, () -> lazy.touch(0, 11));
      assertTrue(
          String.valueOf(failed.getMessage()).contains("page 11 of region 'ram'"),
          failed.getMessage());
      assertEquals(Optional.of(failed), lazy.failure());
      assertThrows(PagerException.class, () -> lazy.touch(0, 12), "it is over");
      assertTrue(lazy.touch(0, 10), "what is there is there");
      assertEquals(0, memory.puts.get(11) + memory.puts.get(12));
    }
  }
}
