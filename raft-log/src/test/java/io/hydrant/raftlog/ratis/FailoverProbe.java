package io.hydrant.raftlog.ratis;

import io.hydrant.raftlog.Peer;
import io.hydrant.raftlog.RaftLogConfig;
import io.hydrant.raftlog.RaftLogConfig.Timing;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Figures for docs/adr/0005: three processes, whose leader commits 256 bytes, one in flight. Commit
 * latency, and the gap from SIGKILL of the leader to the next commit. Arguments: an empty directory
 * on the disk to measure, kills, the shortest election timeout in milliseconds.
 */
final class FailoverProbe {
  private static final int COMMAND_BYTES = 256;
  private static final int SAMPLES = 3_000;
  private static final int WARM_UP = 5_000;

  /** Between commits, once the latency is measured: the load is not what is killed. */
  private static final long PACE_MILLIS = 2;

  /** For everyone to be calm after the killed one is back. */
  private static final long SETTLE_MILLIS = 3_000;

  private final Path directory;
  private final List<Peer> peers;
  private final int timeoutMillis;
  private final Process[] processes;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

  private FailoverProbe(Path directory, List<Peer> peers, int timeoutMillis) {
    this.directory = directory;
    this.peers = peers;
    this.timeoutMillis = timeoutMillis;
    this.processes = new Process[peers.size()];
  }

  public static void main(String[] arguments) throws Exception {
    if (arguments.length > 3) {
      live(arguments);
      return;
    }
    Path directory = Path.of(arguments[0]);
    FailoverProbe probe =
        new FailoverProbe(
            directory,
            new Replicas(directory, Logs.SMALL, 3).first(3),
            Integer.parseInt(arguments[2]));
    Runtime.getRuntime().addShutdownHook(new Thread(probe::killAll));
    probe.run(Integer.parseInt(arguments[1]));
  }

  private void killAll() {
    Arrays.stream(processes).filter(Objects::nonNull).forEach(Process::destroyForcibly);
  }

  private void run(int kills) throws Exception {
    for (int i = 0; i < peers.size(); i++) {
      start(i);
    }
    System.out.println(await("latency").line());
    List<Double> gaps = new ArrayList<>();
    for (int kill = 0; kill < kills; kill++) {
      lines.clear();
      // Whoever commits now leads; what it said before is taken back by clearing.
      int leader = Integer.parseInt(await("commit").word(2));
      long killed = System.nanoTime();
      processes[leader].destroyForcibly().waitFor();
      lines.clear();
      Line next = await("commit");
      while (Integer.parseInt(next.word(2)) == leader) {
        next = await("commit");
      }
      gaps.add((Long.parseLong(next.word(1)) - killed) / 1e6);
      System.out.println("gap " + Math.round(gaps.getLast()) + " ms");
      start(leader);
      await("follows " + leader);
      TimeUnit.MILLISECONDS.sleep(SETTLE_MILLIS);
    }
    gaps.sort(null);
    System.out.printf(
        Locale.ROOT,
        "election timeout %d ms, %d kills: median %.0f ms, worst %.0f ms, all %s%n",
        timeoutMillis,
        kills,
        gaps.get(gaps.size() / 2),
        gaps.getLast(),
        gaps.stream().map(gap -> Math.round(gap)).toList());
  }

  private record Line(String line) {
    String word(int index) {
      return line.split(" ")[index];
    }
  }

  private Line await(String kind) throws InterruptedException {
    while (true) {
      String line =
          Optional.ofNullable(lines.poll(60, TimeUnit.SECONDS))
              .orElseThrow(() -> new IllegalStateException("no " + kind + " within 60 s"));
      if (line.startsWith(kind)) {
        return new Line(line);
      }
    }
  }

  private void start(int index) throws Exception {
    List<String> command =
        MemberProcess.command(
            FailoverProbe.class,
            List.of("-Xmx512m"),
            List.of(directory.toString(), Integer.toString(index), Integer.toString(timeoutMillis)),
            peers);
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    processes[index] = process;
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try (BufferedReader reader = process.inputReader()) {
            reader.lines().forEach(lines::add);
          } catch (Exception e) {
            // killed
          }
        });
  }

  /** One of the three: commits whenever it leads. */
  private static void live(String[] arguments) throws Exception {
    int self = Integer.parseInt(arguments[1]);
    RaftLogConfig config =
        MemberProcess.config(Path.of(arguments[0]), self, arguments, 3)
            .withTiming(Timing.group(Integer.parseInt(arguments[2])));
    RatisRaftLog log = RatisRaftLog.open(config, new NullMachine());
    long[] nanos = new long[SAMPLES];
    int commits = 0;
    boolean follows = false;
    while (true) {
      long start = System.nanoTime();
      try {
        log.submit(new byte[COMMAND_BYTES]).get();
      } catch (ExecutionException e) {
        if (!follows && !log.status().leaderId().isEmpty()) {
          follows = true;
          System.out.println("follows " + self);
        }
        TimeUnit.MILLISECONDS.sleep(5);
        continue;
      }
      long end = System.nanoTime();
      System.out.println("commit " + end + " " + self);
      if (commits >= WARM_UP && commits < WARM_UP + SAMPLES) {
        nanos[commits - WARM_UP] = end - start;
      }
      if (commits >= WARM_UP + SAMPLES) {
        TimeUnit.MILLISECONDS.sleep(PACE_MILLIS);
      }
      if (++commits == WARM_UP + SAMPLES) {
        Arrays.sort(nanos);
        System.out.printf(
            Locale.ROOT,
            "latency p50 %.2f ms, p99 %.2f ms, max %.1f ms%n",
            nanos[SAMPLES / 2] / 1e6,
            nanos[SAMPLES * 99 / 100] / 1e6,
            nanos[SAMPLES - 1] / 1e6);
      }
    }
  }
}
