package io.hydrant.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.cli.demo.GuestProcess;
import io.hydrant.node.HydrantNode;
import io.hydrant.node.config.NodeConfig;
import io.hydrant.pager.uffd.Userfault;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A machine in a process of its own dies, and goes on in another one, its memory by the pager. */
@Timeout(120)
class PagerTest {
  private static final int KILLED = 137;

  @TempDir Path directory;

  private HydrantNode node;
  private Path socket;
  private Path slim;
  private final List<GuestProcess> guests = new ArrayList<>();
  private final List<Process> pagers = new ArrayList<>();

  @BeforeEach
  void protectAndKill() throws Exception {
    try {
      Userfault.open().close();
    } catch (IOException e) {
      System.out.println("skipped: " + e.getMessage());
      Assumptions.abort(String.valueOf(e.getMessage()));
    }
    node = HydrantNode.start(NodeConfig.embedded(directory.resolve("data")));
    socket = directory.resolve("uffd");
    slim = directory.resolve("slim");
    GuestProcess before =
        own(
            GuestProcess.run(
                directory, server(), "vm", "--memory", "64m", "--every", "5", "--steps", "1000"));
    before.awaitCheckpoint(20);
    before.kill();
  }

  @AfterEach
  void stop() throws IOException {
    guests.forEach(GuestProcess::close);
    pagers.forEach(Process::destroyForcibly);
    if (node != null) {
      node.close();
    }
  }

  private String server() {
    return "127.0.0.1:" + node.port();
  }

  private GuestProcess own(GuestProcess guest) {
    guests.add(guest);
    return guest;
  }

  private CompletableFuture<Ran> pager(String... more) throws InterruptedException {
    List<String> words =
        new ArrayList<>(
            List.of(
                "pager", "vm", "--socket", socket.toString(), "--slim", slim.toString(), "--json"));
    words.add("--no-guard"); // which would inherit the output of this process
    words.addAll(List.of("--server", server()));
    words.addAll(List.of(more));
    CompletableFuture<Ran> ran =
        CompletableFuture.supplyAsync(() -> Ran.hydrant(words.toArray(String[]::new)));
    while (!Files.exists(slim) && !ran.isDone()) {
      Thread.sleep(5);
    }
    return ran;
  }

  private GuestProcess resume(String memory) throws IOException {
    return own(GuestProcess.resume(directory, socket, slim, "--memory", memory, "--steps", "3000"));
  }

  @Test
  void theMachineGoesOnWithItsOwnMemory() throws Exception {
    CompletableFuture<Ran> pager = pager("--fence");
    try (SocketChannel stray = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      stray.connect(UnixDomainSocketAddress.of(socket));
    }
    GuestProcess after = resume("64m");
    GuestProcess.Resumed resumed = after.awaitResumed();
    assertEquals(0, resumed.wrong(), resumed.toString());
    assertTrue(resumed.stepsBefore() >= 19 * 1000L, resumed.toString());
    assertEquals(0, after.awaitEnd());
    Ran ran = pager.get(30, TimeUnit.SECONDS).succeeded();
    assertTrue(ran.err().contains("turned away"), ran.toString());
    assertEquals("16384", ran.json("pages"));
    assertTrue(Long.parseLong(ran.json("faults")) > 0, ran.toString());
    assertFalse(Files.exists(socket), "it was made by the pager, and goes with it");
  }

  @Test
  void aMachineWhosePagesCannotBeHadIsKilled() throws Exception {
    CompletableFuture<Ran> pager = pager("--fill-rate", "64k", "--deadline", "2");
    GuestProcess after = resume("64m");
    node.close();
    assertEquals(KILLED, after.awaitEnd());
    Ran ran = pager.get(60, TimeUnit.SECONDS);
    assertEquals(ExitCode.UNAVAILABLE.code(), ran.exitCode(), ran.toString());
    for (String said : List.of("was killed: page ", "of region 'ram' cannot be had", "doctor")) {
      assertTrue(ran.err().contains(said), ran.toString());
    }
  }

  /** One in a process of its own; returns when it waits for a machine. */
  private Process pagerProcess(String... more) throws Exception {
    List<String> words =
        new ArrayList<>(
            List.of("pager", "vm", "--socket", socket.toString(), "--slim", slim.toString()));
    words.addAll(List.of("--server", server()));
    words.addAll(List.of(more));
    Process pager =
        new ProcessBuilder(JavaCommand.words("256m", List.of(), Main.class.getName(), words))
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("pager.log").toFile())
            .start();
    pagers.add(pager);
    while (!Files.exists(slim) && pager.isAlive()) {
      Thread.sleep(5);
    }
    return pager;
  }

  private String log() throws IOException {
    return Files.readString(directory.resolve("pager.log"));
  }

  /** The process that a pager has entrusted its machine to. */
  private static ProcessHandle guardOf(Process pager) throws Exception {
    while (true) {
      for (ProcessHandle child : pager.children().toList()) {
        if (hasUserfault(child.pid())) {
          return child;
        }
      }
      Thread.sleep(5);
    }
  }

  /** Its descriptor ends with it, and the kernel would give zeros for what is not there. */
  @Test
  void aPagerThatIsEndedStopsItsMachineFirst() throws Exception {
    Process pager = pagerProcess("--fill-rate", "1k");
    GuestProcess after =
        own(
            GuestProcess.resume(
                directory, socket, slim, "--memory", "64m", "--steps", "1000000000"));
    while (pager.isAlive() && !hasUserfault(pager.pid())) {
      Thread.sleep(5);
    }
    signal("STOP", after.pid()); // else it would soon have touched all of its memory
    pager.destroy(); // SIGTERM
    assertEquals(KILLED, after.awaitEnd());
    assertTrue(pager.waitFor(20, TimeUnit.SECONDS));
  }

  @Test
  void aPagerThatIsKilledIsFollowedByAnother() throws Exception {
    Process pager = pagerProcess("--fill-rate", "4m");
    GuestProcess after = resume("64m");
    ProcessHandle guard = guardOf(pager);
    signal("STOP", after.pid());
    pager.destroyForcibly().waitFor();
    signal("CONT", after.pid());
    GuestProcess.Resumed resumed = after.awaitResumed();
    assertEquals(0, resumed.wrong(), resumed + log());
    assertEquals(0, after.awaitEnd());
    guard.onExit().get(30, TimeUnit.SECONDS);
    assertTrue(log().contains("was killed: another one goes on"), log());
    assertTrue(log().contains("has ended, with"), log());
  }

  @Test
  void aGuardThatIsKilledIsFollowedByAnother() throws Exception {
    Process pager = pagerProcess("--fill-rate", "4m");
    GuestProcess after = resume("64m");
    ProcessHandle first = guardOf(pager);
    signal("STOP", after.pid());
    first.destroyForcibly();
    first.onExit().get(10, TimeUnit.SECONDS);
    guardOf(pager);
    pager.destroyForcibly().waitFor();
    signal("CONT", after.pid());
    GuestProcess.Resumed resumed = after.awaitResumed();
    assertEquals(0, resumed.wrong(), resumed + log());
  }

  /** Nobody can bring its pages any more: it must neither wait for ever nor see zeros. */
  @Test
  void aMachineWhosePagerCannotBeFollowedIsKilled() throws Exception {
    Process pager = pagerProcess("--fill-rate", "1k", "--deadline", "1");
    GuestProcess after =
        own(
            GuestProcess.resume(
                directory, socket, slim, "--memory", "64m", "--steps", "1000000000"));
    ProcessHandle guard = guardOf(pager);
    signal("STOP", after.pid());
    node.close();
    pager.destroyForcibly().waitFor();
    signal("CONT", after.pid());
    assertEquals(KILLED, after.awaitEnd());
    guard.onExit().get(30, TimeUnit.SECONDS);
    assertTrue(log().contains("was killed: page "), log());
  }

  private static void signal(String name, long pid) throws IOException, InterruptedException {
    assertEquals(0, new ProcessBuilder("kill", "-" + name, "" + pid).start().waitFor());
  }

  /** What is stopped only could be made to go on, and would then see zeros. */
  @Test
  void aMachineThatIsPausedKeepsItsPager() throws Exception {
    CompletableFuture<Ran> pager =
        pager("--fill-rate", "1k", "--deadline", "1", "--on-failure", "pause");
    GuestProcess after = resume("64m");
    node.close();
    while (!Files.readString(Path.of("/proc", "" + after.pid(), "stat")).contains(") T ")) {
      Thread.sleep(5);
    }
    signal("CONT", after.pid());
    Thread.sleep(500);
    assertFalse(pager.isDone(), "it waits for the machine's end");
    after.kill();
    assertEquals(ExitCode.UNAVAILABLE.code(), pager.get(30, TimeUnit.SECONDS).exitCode());
  }

  /** Whether a machine's memory was handed over to it. */
  private static boolean hasUserfault(long pid) throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc", "" + pid, "fd"))) {
      return open.anyMatch(PagerTest::isUserfault);
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private static boolean isUserfault(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString().contains("userfaultfd");
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void aMachineOfAnotherSizeIsRefusedAndSeesNothing() throws Exception {
    CompletableFuture<Ran> pager = pager();
    GuestProcess after = resume("128m");
    assertEquals(KILLED, after.awaitEnd());
    Ran ran = pager.get(30, TimeUnit.SECONDS);
    assertEquals(ExitCode.BAD_INPUT.code(), ran.exitCode(), ran.toString());
    assertTrue(ran.err().contains("does not fit"), ran.toString());
  }
}
