package io.hydrant.pager.uffd;

import static io.hydrant.pager.ProtectedVm.PAGES;
import static io.hydrant.pager.ProtectedVm.WRITTEN;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.client.Regions;
import io.hydrant.client.RestoreSession;
import io.hydrant.pager.PagerException;
import io.hydrant.pager.PagerOptions;
import io.hydrant.pager.PagerStats;
import io.hydrant.pager.ProtectedVm;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
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

  @TempDir private Path directory;

  private ProtectedVm vm;
  private Userfault userfault;
  private NativeMemory memory;

  @BeforeEach
  void protect() throws Exception {
    try {
      userfault = Userfault.open();
    } catch (IOException e) {
      System.out.println("skipped: " + e.getMessage());
      Assumptions.abort(String.valueOf(e.getMessage()));
    }
    memory = NativeMemory.allocate(BYTES);
    userfault.register(memory.address(), BYTES);
    vm = new ProtectedVm(directory);
  }

  @AfterEach
  void stop() throws Exception {
    if (vm != null) {
      vm.close();
      memory.close();
    }
  }

  private UffdPager pager(RestoreSession session, PagerOptions options, FailurePolicy policy) {
    return new UffdPager(session, userfault, whole(), options, policy);
  }

  private GuestMemory whole() {
    return new GuestMemory(
        List.of(new GuestMemory.Piece(memory.address(), BYTES, 0, 0, Regions.PAGE_BYTES)));
  }

  /** As the machine sees it; waits until the page is there. */
  private byte[] look(int page) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment copy = arena.allocate(Regions.PAGE_BYTES);
      memory.read((long) page * Regions.PAGE_BYTES, copy);
      return copy.toArray(JAVA_BYTE);
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
  void whatTheMachineGivesUpIsZeroForEver() throws Exception {
    ConcurrentLinkedQueue<Throwable> wrong = new ConcurrentLinkedQueue<>();
    try (RestoreSession session = vm.client().openRestore(vm.image());
        UffdPager pager =
            pager(
                session,
                new PagerOptions(4, 64, true, 100, true, 2, 8L << 20, PagerOptions.Touches.FAULTS),
                never(wrong))) {
      assertArrayEquals(vm.expected(500), look(500));
      memory.discard(400L * Regions.PAGE_BYTES, 200L * Regions.PAGE_BYTES);
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

  /** A pager was killed when it had put some pages, and was about to note what was given up. */
  @Test
  void whatAnotherPagerKnewIsKnown() throws Exception {
    try (RestoreSession session = vm.client().openRestore(vm.image());
        PageRecord left = PageRecord.shared(session.regions())) {
      left.there(0, 0, 64);
      left.givenUp(0, 64, 3);
      MemorySegment slot = left.slot();
      slot.set(JAVA_BYTE, 0, (byte) 0x15); // UFFD_EVENT_REMOVE
      slot.set(JAVA_LONG, 8, memory.address() + 70L * Regions.PAGE_BYTES);
      slot.set(JAVA_LONG, 16, memory.address() + 72L * Regions.PAGE_BYTES);
      try (PageRecord record = PageRecord.received(left.duplicate(), session.regions());
          UffdPager pager =
              new UffdPager(
                  session,
                  userfault,
                  whole(),
                  record,
                  PagerOptions.DEFAULT.withFill(false, 0),
                  why -> {})) {
        for (int page : new int[] {64, 66, 70, 71}) {
          assertArrayEquals(new byte[Regions.PAGE_BYTES], look(page), "page " + page);
        }
        for (int page : new int[] {67, 69, 72}) {
          assertArrayEquals(vm.expected(page), look(page), "page " + page);
        }
        assertTrue(pager.restore().isPresent(0, 63), "it need not come again");
        assertFalse(pager.restore().isPresent(0, 3_999));
        pager.machineEnded();
      }
    }
  }

  @Test
  void aRecordOfAnotherImageIsRefused() throws Exception {
    try (RestoreSession session = vm.client().openRestore(vm.image());
        PageRecord other =
            PageRecord.shared(List.of(Regions.memory("ram", 17L * Regions.PAGE_BYTES)))) {
      int fd = other.duplicate();
      assertThrows(IOException.class, () -> PageRecord.received(fd, session.regions()));
    }
  }

  /** While an event is unread nothing can be put: a fill at full speed must not keep it unread. */
  @Test
  void aMachineThatGivesUpMemoryAllTheTimeIsFilledAllTheSame() throws Exception {
    ConcurrentLinkedQueue<Throwable> wrong = new ConcurrentLinkedQueue<>();
    try (RestoreSession session = vm.client().openRestore(vm.image());
        UffdPager pager = pager(session, PagerOptions.DEFAULT, never(wrong))) {
      for (int i = 0; i < 500; i++) {
        memory.discard((i % 100L) * Regions.PAGE_BYTES, Regions.PAGE_BYTES);
      }
      pager.restore().whole().get(20, TimeUnit.SECONDS);
      for (int page = 0; page < PAGES; page++) {
        byte[] expected = page < 100 ? new byte[Regions.PAGE_BYTES] : vm.expected(page);
        assertArrayEquals(expected, look(page), "page " + page);
      }
      assertEquals(List.of(), List.copyOf(wrong));
    }
  }

  @Test
  void aMachineThatIsWholeAndUnmapsItsMemoryIsNotStopped() throws Exception {
    ConcurrentLinkedQueue<Throwable> wrong = new ConcurrentLinkedQueue<>();
    try (RestoreSession session = vm.client().openRestore(vm.image());
        UffdPager pager = pager(session, PagerOptions.DEFAULT, never(wrong))) {
      pager.restore().whole().get(20, TimeUnit.SECONDS);
      memory.close();
      pager.close();
      assertEquals(List.of(), List.copyOf(wrong));
    } finally {
      memory = NativeMemory.allocate(BYTES); // to be closed in the end
    }
  }

  @Test
  void memoryOfAnotherPageSizeIsRefused() {
    try (RestoreSession session = vm.client().openRestore(vm.image())) {
      GuestMemory.Piece huge = new GuestMemory.Piece(0, 2 << 20, 0, 0, 2 << 20);
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () ->
                      new UffdPager(
                          session,
                          userfault,
                          new GuestMemory(List.of(huge)),
                          PagerOptions.DEFAULT,
                          _ -> {}))
              .getMessage();
      assertTrue(String.valueOf(message).contains("same"), message);
      userfault.close(); // it stays the caller's
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
