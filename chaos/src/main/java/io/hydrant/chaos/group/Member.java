package io.hydrant.chaos.group;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.hydrant.bench.process.ChildProcess;
import io.hydrant.bench.process.JvmCommand;
import io.hydrant.v1.GetServerInfoRequest;
import io.hydrant.v1.ServerInfo;
import io.hydrant.v1.ServerServiceGrpc;
import io.hydrant.v1.StatsRequest;
import io.hydrant.v1.StatsResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One server: its process, if it has one, and what it says. Safe for use by several threads. */
public final class Member implements AutoCloseable {
  private static final String MAIN_CLASS = "io.hydrant.cli.Main";
  private static final long ANSWER_MILLIS_MAX = 1_000;

  private final int number;
  private final Launch launch;
  private final Addresses.Ports ports;
  private final ManagedChannel channel;
  private @Nullable ChildProcess process;
  private int lives;
  private boolean shouldRun;

  /**
   * How servers are started.
   *
   * @param directory of the run
   * @param settings KEY=VALUE each, of all servers
   */
  public record Launch(
      JvmCommand jvm, List<String> jvmOptions, Path directory, List<String> settings) {}

  Member(int number, Launch launch, Addresses.Ports ports) {
    this.number = number;
    this.launch = launch;
    this.ports = ports;
    this.channel =
        NettyChannelBuilder.forAddress("127.0.0.1", ports.client())
            .usePlaintext()
            .maxInboundMessageSize(8 << 20)
            .build();
  }

  public int number() {
    return number;
  }

  public String name() {
    return Addresses.name(number);
  }

  public Path data() {
    return launch.directory().resolve(name()).resolve("data");
  }

  /** Where the disk's faults are ordered. */
  public Path faults() {
    return launch.directory().resolve(name()).resolve("faults");
  }

  Path hosts() {
    return launch.directory().resolve(name()).resolve("hosts");
  }

  /** Starts its process; does not wait for it. */
  public synchronized void start() throws IOException, InterruptedException {
    if (process != null && process.alive()) {
      return;
    }
    List<String> arguments = new ArrayList<>(List.of("server", "--data", data().toString()));
    set(arguments, "listen.address=127.0.0.1:" + ports.client());
    set(arguments, "cluster.peer-address=127.0.0.1:" + ports.peer());
    set(arguments, "cluster.raft-address=127.0.0.1:" + ports.raft());
    set(arguments, "cluster.advertise-host=" + Addresses.host(number));
    set(arguments, "cluster.join=true");
    set(arguments, "fault.directory=" + faults());
    launch.settings().forEach(setting -> set(arguments, setting));
    List<String> options = new ArrayList<>(launch.jvmOptions());
    options.add("-Djdk.net.hosts.file=" + hosts());
    lives++;
    shouldRun = true;
    process =
        ChildProcess.start(
            name() + "-life" + lives,
            launch.directory().resolve(name()),
            launch.jvm().of(options, MAIN_CLASS, arguments));
    // A channel that saw refusals waits up to two minutes before it tries again.
    channel.resetConnectBackoff();
  }

  private static void set(List<String> arguments, String setting) {
    arguments.add("--set");
    arguments.add(setting);
  }

  /** Whether its process runs, stopped by a signal or not. */
  public synchronized boolean runs() {
    return process != null && process.alive();
  }

  /** SIGKILL; does nothing to one that does not run. */
  public synchronized void kill() throws IOException, InterruptedException {
    if (process != null && process.alive()) {
      shouldRun = false;
      process.kill();
    }
  }

  /** SIGTERM, and waits for the end. */
  public synchronized void stop() throws IOException, InterruptedException {
    if (process != null && process.alive()) {
      shouldRun = false;
      process.stop();
    }
  }

  /** SIGSTOP: it stands still, and its connections stay. */
  public void freeze() throws IOException, InterruptedException {
    signal("-STOP");
  }

  /** SIGCONT. */
  public void thaw() throws IOException, InterruptedException {
    signal("-CONT");
  }

  /** SIGQUIT: it writes what its threads do into its log, and goes on. */
  void dumpThreads() throws IOException, InterruptedException {
    signal("-QUIT");
  }

  private synchronized void signal(String signal) throws IOException, InterruptedException {
    if (process != null && process.alive()) {
      new ProcessBuilder("kill", signal, Long.toString(process.pid())).start().waitFor();
    }
  }

  /** The exit code of a process that ended though nobody ended it. */
  public synchronized Optional<Integer> endedByItself() {
    return shouldRun ? exitCode() : Optional.empty();
  }

  /** The exit code of a process that has ended by itself or was ended; empty: it runs. */
  public synchronized Optional<Integer> exitCode() {
    return process == null || process.alive() ? Optional.empty() : Optional.of(process.exitCode());
  }

  /** The end of its log, for messages. */
  public synchronized String logTail() throws IOException {
    return process == null ? "never started" : process.logTail();
  }

  /** What it says of itself; empty: it does not answer. */
  public Optional<ServerInfo> info() {
    try {
      channel.resetConnectBackoff();
      return Optional.of(
          ServerServiceGrpc.newBlockingStub(channel)
              .withDeadlineAfter(ANSWER_MILLIS_MAX, TimeUnit.MILLISECONDS)
              .getServerInfo(GetServerInfoRequest.getDefaultInstance()));
    } catch (StatusRuntimeException e) {
      return Optional.empty();
    }
  }

  /** Counters and gauges; empty: it does not answer. */
  public Optional<StatsResponse> stats() {
    try {
      channel.resetConnectBackoff();
      return Optional.of(
          ServerServiceGrpc.newBlockingStub(channel)
              .withDeadlineAfter(ANSWER_MILLIS_MAX, TimeUnit.MILLISECONDS)
              .stats(StatsRequest.getDefaultInstance()));
    } catch (StatusRuntimeException e) {
      return Optional.empty();
    }
  }

  /** Straight to this server, past all faults of links. */
  public ManagedChannel channel() {
    return channel;
  }

  @Override
  public void close() throws IOException, InterruptedException {
    channel.shutdownNow();
    kill();
  }
}
