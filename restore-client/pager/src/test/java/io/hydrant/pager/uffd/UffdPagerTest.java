package io.hydrant.pager.uffd;

import static io.hydrant.pager.ProtectedVm.PAGES;
import static io.hydrant.pager.ProtectedVm.WRITTEN;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.client.Regions;
import io.hydrant.client.RestoreSession;
import io.hydrant.pager.PagerException;
import io.hydrant.pager.PagerOptions;
import io.hydrant.pager.PagerStats;
import io.hydrant.pager.ProtectedVm;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A machine in this process, whose memory is looked at by native code only: a Java thread that
 * waits for a page would hold up the safepoints of its pager.
 */
@Timeout(60)
final class UffdPagerTest {
  private static final long BYTES = (long) PAGES * Regions.PAGE_BYTES;
  private static final int MADV_DONTNEED = 4;

  private static final MethodHandle MEMCPY =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("memcpy"),
              FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG));

  private static final MethodHandle MADVISE =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("madvise"),
              FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));

  @TempDir private Path directory;

  private ProtectedVm vm;
  private Userfault userfault;
  private long memory;

  @BeforeEach
  void protect() throws Exception {
    try {
      userfault = Userfault.open();
    } catch (IOException e) {
      System.out.println("skipped: " + e.getMessage());
      Assumptions.abort(String.valueOf(e.getMessage()));
    }
    memory = Libc.mmap(BYTES);
    userfault.register(memory, BYTES);
    vm = new ProtectedVm(directory);
  }

  @AfterEach
  void stop() throws Exception {
    if (vm != null) {
      vm.close();
      Libc.munmap(memory, BYTES);
    }
  }

  private UffdPager pager(RestoreSession session, PagerOptions options, FailurePolicy policy) {
    GuestMemory.Piece piece = new GuestMemory.Piece(memory, BYTES, 0, 0, Regions.PAGE_BYTES);
    return new UffdPager(session, userfault, new GuestMemory(List.of(piece)), options, policy);
  }

  /** As the machine sees it; waits until the page is there. */
  private byte[] look(int page) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment copy = arena.allocate(Regions.PAGE_BYTES);
      MemorySegment unused =
          (MemorySegment)
              MEMCPY.invokeExact(
                  copy, memory + (long) page * Regions.PAGE_BYTES, (long) Regions.PAGE_BYTES);
      assertEquals(copy.address(), unused.address());
      return copy.toArray(JAVA_BYTE);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  private static FailurePolicy never(ConcurrentLinkedQueue<Throwable> wrong) {
    return wrong::add;
  }

  @Test
  void theMachineSeesItsOwnMemory() throws Exception {
    ConcurrentLinkedQueue<Throwable> wrong = new ConcurrentLinkedQueue<>();
    try (RestoreSession session = vm.client().openRestore(vm.image());
        UffdPager pager = pager(session, PagerOptions.DEFAULT, never(wrong))) {
      List<Thread> machine = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        SplittableRandom random = new SplittableRandom(i);
        machine.add(
            Thread.ofPlatform()
                .uncaughtExceptionHandler((_, thrown) -> wrong.add(thrown))
                .start(() -> {
                  for (int touch = 0; touch < 1_000; touch++) {
                    int page = random.nextInt(PAGES);
                    assertArrayEquals(vm.expected(page), look(page), "page " + page);
                  }
                }));
      }
      for (Thread thread : machine) {
        thread.join();
      }
      pager.restore().whole().get(20, TimeUnit.SECONDS);
      for (int page = 0; page < PAGES; page++) {
        assertArrayEquals(vm.expected(page), look(page), "page " + page);
      }
      PagerStats stats = pager.restore().stats();
      assertEquals(PAGES, stats.present());
      assertTrue(stats.faults() > 0, stats::toString);
      assertEquals(List.of(), List.copyOf(wrong));
    }
  }

  /** A balloon, or a machine that frees memory: what was there must not come back. */
  @Test
  void whatTheMachineGivesUpIsZeroForEver() throws Throwable {
    ConcurrentLinkedQueue<Throwable> wrong = new ConcurrentLinkedQueue<>();
    try (RestoreSession session = vm.client().openRestore(vm.image());
        UffdPager pager =
            pager(
                session,
                new PagerOptions(4, 64, true, 100, true, 2, 8L << 20, PagerOptions.Touches.FAULTS),
                never(wrong))) {
      assertArrayEquals(vm.expected(500), look(500));
      long start = memory + 400L * Regions.PAGE_BYTES;
      int result = (int) MADVISE.invokeExact(start, 200L * Regions.PAGE_BYTES, MADV_DONTNEED);
      assertEquals(0, result);
      assertArrayEquals(new byte[Regions.PAGE_BYTES], look(500), "given up");
      pager.restore().whole().get(20, TimeUnit.SECONDS);
      for (int page = 0; page < WRITTEN; page++) {
        byte[] expected =
            page >= 400 && page < 600 ? new byte[Regions.PAGE_BYTES] : vm.expected(page);
        assertArrayEquals(expected, look(page), "page " + page);
      }
      assertEquals(List.of(), List.copyOf(wrong));
    }
  }

  @Test
  void aMachineThatWantsAPageWhichCannotBeHadIsStopped() throws Exception {
    CompletableFuture<PagerException> stopped = new CompletableFuture<>();
    RestoreSession session = vm.client().openRestore(vm.image());
    UffdPager pager =
        pager(session, PagerOptions.DEFAULT.onDemandOnly(), why -> stopped.complete(why));
    assertArrayEquals(vm.expected(10), look(10));
    vm.loseServer();
    Thread machine = Thread.ofPlatform().daemon().start(() -> look(11));
    PagerException why = stopped.get(20, TimeUnit.SECONDS);
    assertTrue(String.valueOf(why.getMessage()).contains("page 11 "), why.getMessage());
    machine.join(200);
    assertTrue(machine.isAlive(), "it waits, and sees nothing that was invented");
    assertFalse(pager.restore().whole().isDone());
    pager.close(); // here the kernel lets it go on: its process would not be there any more
    machine.join();
    session.close();
  }
}
