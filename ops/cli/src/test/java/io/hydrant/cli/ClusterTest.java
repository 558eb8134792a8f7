package io.hydrant.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.cli.output.Console;
import io.hydrant.node.HydrantNode;
import io.hydrant.node.config.NodeConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator sees of three servers that become one group. */
class ClusterTest {
  @TempDir Path directory;

  private final List<HydrantNode> nodes = new ArrayList<>();

  @AfterEach
  void stop() throws Exception {
    for (HydrantNode node : nodes) {
      node.close();
    }
  }

  private String start(String name, boolean join) throws Exception {
    List<Integer> ports = freePorts(3);
    nodes.add(
        HydrantNode.start(
            NodeConfig.load(
                Optional.empty(),
                Map.of(),
                Map.of(
                    "data.directory",
                    directory.resolve(name).toString(),
                    "storage.segment-bytes",
                    "8m",
                    "storage.reserve-bytes",
                    "1m",
                    "listen.address",
                    "127.0.0.1:" + ports.get(0),
                    "cluster.peer-address",
                    "127.0.0.1:" + ports.get(1),
                    "cluster.raft-address",
                    "127.0.0.1:" + ports.get(2),
                    "cluster.join",
                    Boolean.toString(join)))));
    return "127.0.0.1:" + ports.get(0);
  }

  private static List<Integer> freePorts(int count) throws Exception {
    List<ServerSocket> held = new ArrayList<>();
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
      held.add(socket);
      ports.add(socket.getLocalPort());
    }
    for (ServerSocket socket : held) {
      socket.close();
    }
    return ports;
  }

  @Test
  void threeBecomeOneGroup() throws Exception {
    String a = start("a", true);
    String b = start("b", true);
    Ran.hydrant("cluster", "status", "--server", a).failed(ExitCode.REFUSED, "cluster init");
    Ran.hydrant("image", "list", "--server", a).failed(ExitCode.REFUSED, "cluster init");
    String c = start("c", true);
    Ran made = Ran.hydrant("cluster", "init", a, b, c, "--json").succeeded();
    Ran status = Ran.hydrant("cluster", "status", "--server", b, "--json").succeeded();
    assertEquals(made.json("cluster_id"), status.json("cluster_id"));
    assertTrue(status.out().contains(a) && status.out().contains(c), status.out());
    Ran words = Ran.hydrant("cluster", "status", "--server", c).succeeded();
    assertEquals(
        3, words.out().lines().filter(line -> line.matches(".* (leader|voter) .*")).count());
    transfers(a, b);
    // Another initialisation is refused, and says how the first one would be finished.
    Ran.hydrant("cluster", "init", a, b, c).failed(ExitCode.REFUSED, "already", "--token");
    watches(c);
  }

  private static void transfers(String asked, String other) {
    String before =
        Ran.hydrant("cluster", "status", "--server", asked, "--json").succeeded().json("leader_id");
    Ran.hydrant("cluster", "transfer", "nobody", "--server", asked)
        .failed(ExitCode.USAGE, "'nobody' has no vote");
    Ran.hydrant("cluster", "transfer", before, "--server", asked).succeeded();
    Ran given = Ran.hydrant("cluster", "transfer", "--server", other, "--json").succeeded();
    assertEquals(before, given.json("was"));
    assertNotEquals(before, given.json("leader_id"));
    Ran back = Ran.hydrant("cluster", "transfer", before, "--server", asked).succeeded();
    assertTrue(back.out().startsWith(before + " leads, instead of "), back.out());
  }

  /** The first word comes at once; it ends with the server. */
  private void watches(String server) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream lines = new PrintStream(out, true, StandardCharsets.UTF_8);
    Console console = new Console(lines, lines, false);
    Future<Integer> ended;
    try (ExecutorService thread = Executors.newSingleThreadExecutor()) {
      ended =
          thread.submit(() ->
              Main.run(console, "cluster", "status", "--watch", "--json", "--server", server));
      while (!out.toString(StandardCharsets.UTF_8).contains("\n")) {
        assertFalse(ended.isDone(), out.toString(StandardCharsets.UTF_8));
        Thread.sleep(20);
      }
      nodes.removeLast().close();
    }
    assertEquals(ExitCode.UNAVAILABLE.code(), ended.get());
    String told = out.toString(StandardCharsets.UTF_8).lines().findFirst().orElseThrow();
    assertTrue(told.startsWith("{\"time\"") && told.contains("\"health\""), told);
  }

  @Test
  void aWipedServerIsReplacedWhereItWas() throws Exception {
    String a = start("a", true);
    String b = start("b", true);
    String c = start("c", true);
    Ran.hydrant("cluster", "init", a, b, c).succeeded();
    Ran.hydrant("image", "create", "vm", "--server", a + "," + b).succeeded();
    nodes.getLast().close();
    String blank = start("d", true);
    Ran.hydrant("cluster", "replace", "--with", blank, "--server", a)
        .failed(ExitCode.USAGE, "name the dead member");
    Ran.hydrant("cluster", "replace", blank, "--with", blank, "--server", a)
        .failed(ExitCode.NOT_FOUND, blank, "cluster status");
    Ran done =
        Ran.hydrant("cluster", "replace", c, "--with", blank, "--server", a + "," + b, "--json")
            .succeeded();
    assertEquals(blank, done.json("server"));
    Ran status = Ran.hydrant("cluster", "status", "--server", blank).succeeded();
    assertTrue(status.out().contains(blank) && !status.out().contains(c), status.out());
    // Whoever was replaced is told so, and how it can come back.
    IOException refused = assertThrows(IOException.class, () -> start("c", true));
    assertTrue(
        String.valueOf(refused.getMessage()).contains("Empty its data directory"),
        refused.getMessage());
    String alone = start("alone", false);
    Ran.hydrant("cluster", "replace", done.json("replaced"), "--with", alone, "--server", a)
        .failed(ExitCode.REFUSED, "group of one");
  }

  @Test
  void whatIsLostIsSaidBeforeItIsGivenUp() throws Exception {
    String a = start("a", true);
    Ran.hydrant("cluster", "init", a).succeeded();
    Ran.hydrant("image", "create", "vm", "--server", a).succeeded();
    String data = directory.resolve("a").toString();
    Ran.hydrant("cluster", "recover", "--unsafe", "--data", data)
        .failed(ExitCode.CONFIGURATION, "in use");
    nodes.getLast().close();
    Ran.hydrant("cluster", "recover", "--data", data).failed(ExitCode.USAGE, "--unsafe");
    Ran looked =
        Ran.hydrant("cluster", "recover", "--unsafe", "--data", data, "--dry-run").succeeded();
    assertTrue(looked.out().contains("vm") && looked.out().contains("cannot be known"));
    assertTrue(looked.out().contains("Nothing was changed"), looked.out());
    Ran nobody = Ran.hydrant("cluster", "recover", "--unsafe", "--data", data);
    assertEquals(ExitCode.REFUSED.code(), nobody.exitCode(), nobody.toString());
    Ran wrong = Ran.hydrant("cluster", "recover", "--unsafe", "--data", data, "--yes-lose", "2");
    assertEquals(ExitCode.REFUSED.code(), wrong.exitCode(), wrong.toString());
    assertTrue(wrong.err().contains("nothing was changed"), wrong.err());
    Ran made =
        Ran.hydrant("cluster", "recover", "--unsafe", "--data", data, "--yes-lose", "1", "--json")
            .succeeded();
    assertNotEquals(made.json("group_id"), made.json("new_group_id"));
    Ran.hydrant("cluster", "recover", "--unsafe", "--data", directory.resolve("no").toString())
        .failed(ExitCode.CONFIGURATION, "no data directory");
  }

  @Test
  void oneThatIsAGroupOfOneStaysOne() throws Exception {
    String alone = start("alone", false);
    Ran status = Ran.hydrant("cluster", "status", "--server", alone).succeeded();
    assertTrue(status.out().contains("leader"), status.out());
    Ran.hydrant("cluster", "init", alone).failed(ExitCode.REFUSED, "cluster.join=true");
    Ran.hydrant("cluster", "transfer", "--server", alone).failed(ExitCode.USAGE, "nobody else");
    // What is not there is named, and nothing is begun.
    String waiting = start("waiting", true);
    String nobody = "127.0.0.1:" + freePorts(1).getFirst();
    Ran.hydrant("cluster", "init", waiting, nobody).failed(ExitCode.UNAVAILABLE, nobody);
    Ran.hydrant("cluster", "init", waiting).succeeded();
  }
}
