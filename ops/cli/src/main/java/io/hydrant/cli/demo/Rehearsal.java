package io.hydrant.cli.demo;

import io.hydrant.cli.Answers;
import io.hydrant.cli.Main;
import io.hydrant.cli.output.Console;
import io.hydrant.client.CheckpointWriter;
import io.hydrant.client.ClientConfig;
import io.hydrant.client.HydrantClient;
import io.hydrant.client.HydrantException;
import io.hydrant.client.PageFetcher;
import io.hydrant.client.ProtectionStream;
import io.hydrant.client.Regions;
import io.hydrant.client.RestoreSession;
import io.hydrant.client.WriteOptions;
import io.hydrant.node.HydrantNode;
import io.hydrant.node.config.ConfigException;
import io.hydrant.node.config.NodeConfig;
import io.hydrant.v1.Image;
import io.hydrant.v1.ServerInfo;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A group of three servers in this process, and what is done with one in its life: founded, written
 * to, read, and its leader lost again and again. The JVM records meanwhile what is loaded and what
 * is hot, and so a new server need not find out while a machine waits to be brought back: a
 * follower that becomes leader does much for the first time.
 */
public final class Rehearsal {
  private static final int MEMBERS = 3;
  private static final int LEADERS_LOST = 3;

  /**
   * Below those that the system gives to clients, which would take one while its server is away.
   */
  private static final int PORT_MIN = 10_000;

  private static final int PORT_MAX = 32_000;
  private static final int KEEP_LAST = 8;
  private static final long IMAGE_PAGES = 4_096;
  private static final int CHECKPOINT_PAGES = 64;
  private static final int FETCHED_PAGES = 8;
  private static final Duration LEADER_WAIT = Duration.ofSeconds(20);
  private static final long LEADER_POLL_MILLIS = 10;

  private final Console console;
  private final Scratch scratch;
  private final List<Member> members = new ArrayList<>();
  private final SplittableRandom random = new SplittableRandom(1);
  private int images;

  private static final class Member implements AutoCloseable {
    private final String address;
    private final NodeConfig config;
    private HydrantNode node;

    Member(String address, NodeConfig config) throws IOException {
      this.address = address;
      this.config = config;
      this.node = HydrantNode.start(config, Rehearsal::broken);
    }

    void restart() throws IOException {
      node.close();
      node = HydrantNode.start(config, Rehearsal::broken);
    }

    @Override
    public void close() throws IOException {
      node.close();
    }
  }

  /** It only fails to rehearse: the process goes on. */
  private static void broken(String what, Throwable cause) {
    throw new IllegalStateException(what, cause);
  }

  private Rehearsal(Console console, Scratch scratch) {
    this.console = console;
    this.scratch = scratch;
  }

  /**
   * @param work how long each member is worked with while it leads
   */
  public static void run(Console console, Duration work)
      throws IOException, ConfigException, InterruptedException {
    try (Scratch scratch = Scratch.create(false)) {
      Rehearsal rehearsal = new Rehearsal(console, scratch);
      rehearsal.found();
      rehearsal.replay();
      for (int i = 0; i < LEADERS_LOST; i++) {
        rehearsal.work(work);
        rehearsal.leader().restart();
      }
      rehearsal.work(work);
    }
  }

  private void found() throws IOException, ConfigException {
    List<Integer> ports = freePorts(MEMBERS * 3);
    for (int i = 0; i < MEMBERS; i++) {
      String address = "127.0.0.1:" + ports.get(3 * i);
      Map<String, String> settings =
          Map.of(
              "data.directory",
              scratch.directory().resolve("n" + i).toString(),
              "listen.address",
              address,
              "cluster.join",
              "true",
              "cluster.peer-address",
              "127.0.0.1:" + ports.get(3 * i + 1),
              "cluster.raft-address",
              "127.0.0.1:" + ports.get(3 * i + 2));
      NodeConfig config = NodeConfig.load(Optional.empty(), Map.of(), settings);
      members.add(scratch.owned(new Member(address, config)));
    }
    List<String> command = new ArrayList<>(List.of("cluster", "init"));
    members.forEach(member -> command.add(member.address));
    hydrant(command.toArray(String[]::new));
  }

  private static List<Integer> freePorts(int count) throws IOException {
    List<ServerSocket> taken = new ArrayList<>();
    try {
      while (taken.size() < count) {
        ServerSocket socket = new ServerSocket();
        try {
          socket.bind(
              new InetSocketAddress(
                  InetAddress.getLoopbackAddress(),
                  ThreadLocalRandom.current().nextInt(PORT_MIN, PORT_MAX)));
          taken.add(socket);
        } catch (BindException e) {
          socket.close();
        }
      }
      return taken.stream().map(ServerSocket::getLocalPort).toList();
    } finally {
      for (ServerSocket socket : taken) {
        socket.close();
      }
    }
  }

  private String endpoints() {
    return String.join(",", members.stream().map(member -> member.address).toList());
  }

  private void hydrant(String... words) {
    int code = Main.run(console, words);
    if (code != 0) {
      throw new IllegalStateException(String.join(" ", words) + ": exit code " + code);
    }
  }

  /** The commands that people use. */
  private void replay() {
    String file = scratch.directory().resolve("restored").toString();
    hydrant(
        "replay", "redis-window-16m", "--flat-out", "--image", "replayed", "--server", endpoints());
    hydrant("restore", "replayed", file, "--server", endpoints());
    hydrant("verify", "replayed", "--server", endpoints());
  }

  /** Checkpoints of scattered pages, and pages fetched from each. */
  private void work(Duration time) throws InterruptedException {
    long end = System.nanoTime() + time.toNanos();
    try (HydrantClient client = HydrantClient.connect(ClientConfig.of(endpoints()))) {
      Image image = client.createImage("worked-" + ++images, KEEP_LAST);
      var acquired = client.acquireProtection(HydrantClient.uid(image.getUid()), image.getEpoch());
      try (ProtectionStream stream = client.protect(acquired, WriteOptions.DEFAULT)) {
        long head =
            commit(
                stream.openFull(List.of(Regions.memory("ram", IMAGE_PAGES * Regions.PAGE_BYTES))),
                (int) IMAGE_PAGES);
        while (System.nanoTime() < end) {
          head = commit(stream.openIncremental(head), CHECKPOINT_PAGES);
          fetch(client, image, head);
        }
      }
    }
  }

  private long commit(CheckpointWriter writer, int pages) throws InterruptedException {
    try (writer) {
      byte[] content = new byte[Regions.PAGE_BYTES];
      for (long page : random.longs(0, IMAGE_PAGES).distinct().limit(pages).sorted().toArray()) {
        random.nextBytes(content);
        writer.page(0, page, content);
      }
      writer.slim(content);
      return Answers.await(writer.commit()).id();
    }
  }

  private void fetch(HydrantClient client, Image image, long checkpoint) {
    ByteBuffer page = ByteBuffer.allocate(Regions.PAGE_BYTES);
    try (RestoreSession session =
            client.openRestore(HydrantClient.uid(image.getUid()), checkpoint, Duration.ZERO);
        PageFetcher fetcher = session.fetcher()) {
      session.slim();
      for (int i = 0; i < FETCHED_PAGES; i++) {
        fetcher.fetchInto(0, random.nextLong(IMAGE_PAGES), page.clear());
      }
    }
  }

  /** As the one that answers sees it. */
  private Member leader() throws InterruptedException {
    long deadline = System.nanoTime() + LEADER_WAIT.toNanos();
    while (System.nanoTime() < deadline) {
      try (HydrantClient client = HydrantClient.connect(ClientConfig.of(endpoints()))) {
        Optional<Member> leader = leader(client.serverInfo());
        if (leader.isPresent()) {
          return leader.get();
        }
      } catch (HydrantException e) {
        // asked again
      }
      Thread.sleep(LEADER_POLL_MILLIS);
    }
    throw new IllegalStateException("no leader");
  }

  private Optional<Member> leader(ServerInfo info) {
    return info.getMembersList().stream()
        .filter(known -> known.getNode().equals(info.getLeaderId()))
        .flatMap(known ->
            members.stream().filter(member -> member.address.equals(known.getPublicAddress())))
        .findFirst();
  }
}
