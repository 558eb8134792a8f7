package io.hydrant.pager.uffd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.client.Regions;
import io.hydrant.v1.Region;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A guard in this process, of a pager and a machine that do nothing. */
@Timeout(60)
final class PagerGuardTest {
  private static final List<Region> REGIONS =
      List.of(Regions.memory("ram", 16L * Regions.PAGE_BYTES));

  @TempDir private Path directory;

  private final ConcurrentLinkedQueue<String> notes = new ConcurrentLinkedQueue<>();
  private Process pager;
  private Process machine;
  private PageRecord record;
  private Succession succession;

  @BeforeEach
  void start() throws Exception {
    Userfault userfault;
    try {
      userfault = Userfault.open();
    } catch (IOException e) {
      System.out.println("skipped: " + e.getMessage());
      Assumptions.abort(String.valueOf(e.getMessage()));
      return;
    }
    pager = new ProcessBuilder("sleep", "1000").start();
    machine = new ProcessBuilder("sleep", "1000").start();
    record = PageRecord.shared(REGIONS);
    HandOver handOver =
        new HandOver(
            userfault,
            MachineProcess.of(machine.pid()),
            List.of(new HandOver.Mapping(0, 16L * Regions.PAGE_BYTES, 0, Regions.PAGE_BYTES)));
    succession = Succession.of(handOver, new byte[] {1, 2, 3}, record);
  }

  @AfterEach
  void end() {
    if (pager != null) {
      pager.destroyForcibly();
      machine.destroyForcibly();
      record.close();
      succession.machine().userfault().close();
      succession.machine().process().close();
    }
  }

  private CompletableFuture<PagerGuard.End> guard(String follower) {
    return CompletableFuture.supplyAsync(() -> {
      try {
        return new PagerGuard(
                directory.resolve("guard"),
                MachineProcess.of(pager.pid()),
                () -> new ProcessBuilder(follower).start(),
                FailurePolicy::kill,
                notes::add)
            .run();
      } catch (IOException | InterruptedException e) {
        throw new IllegalStateException(e);
      }
    });
  }

  private GuardLink entrusted() throws Exception {
    GuardLink link = GuardLink.start(directory.resolve("guard"), () -> {}, notes::add);
    link.entrust(succession);
    while (!link.isGuarded()) {
      Thread.sleep(5);
    }
    return link;
  }

  @Test
  void aMachineWhosePagersAllDieIsStopped() throws Exception {
    CompletableFuture<PagerGuard.End> guard = guard("false");
    entrusted().close(); // as if killed
    assertEquals(PagerGuard.End.MACHINE_STOPPED, guard.get(30, TimeUnit.SECONDS));
    assertTrue(machine.waitFor(1, TimeUnit.SECONDS));
    assertTrue(pager.waitFor(1, TimeUnit.SECONDS), "it must not go on beside its successor");
    assertTrue(
        notes.stream().anyMatch(note -> note.contains("no pager could go on")), notes::toString);
  }

  @Test
  void aMachineWhoseNextPagerCannotBeStartedIsStopped() throws Exception {
    CompletableFuture<PagerGuard.End> guard = guard(directory.resolve("nothing").toString());
    entrusted().close();
    assertEquals(PagerGuard.End.MACHINE_STOPPED, guard.get(30, TimeUnit.SECONDS));
    assertTrue(machine.waitFor(1, TimeUnit.SECONDS));
  }

  @Test
  void aMachineThatNeedsNobodyIsLeftAlone() throws Exception {
    CompletableFuture<PagerGuard.End> guard = guard("false");
    entrusted().done();
    assertEquals(PagerGuard.End.DONE, guard.get(30, TimeUnit.SECONDS));
    assertTrue(machine.isAlive());
  }

  @Test
  void theMachinesEndIsTheGuards() throws Exception {
    CompletableFuture<PagerGuard.End> guard = guard("false");
    try (GuardLink link = entrusted()) {
      machine.destroyForcibly().waitFor();
      assertEquals(PagerGuard.End.MACHINE_ENDED, guard.get(30, TimeUnit.SECONDS));
      link.done();
    }
  }

  @Test
  void aPagerThatEndsWithoutAMachineNeedsNoGuard() throws Exception {
    CompletableFuture<PagerGuard.End> guard = guard("false");
    Thread.sleep(50);
    assertFalse(guard.isDone());
    pager.destroyForcibly().waitFor();
    assertEquals(PagerGuard.End.NOBODY_CAME, guard.get(30, TimeUnit.SECONDS));
  }
}
