package io.hydrant.raftlog.ratis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.raftlog.RaftLog;
import io.hydrant.raftlog.RaftLogConfig;
import io.hydrant.raftlog.RaftLogConfig.Bounds;
import io.hydrant.raftlog.RecordingMachine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** What the tests of this package share. */
final class Logs {
  static final UUID GROUP = new UUID(1, 2);
  static final Bounds SMALL = new Bounds(64 << 10, 50, 32L << 20, 0, 4_096, 64L << 20);

  private Logs() {}

  static RaftLogConfig config(Path directory) {
    return RaftLogConfig.single(directory, GROUP, "n0").withBounds(SMALL);
  }

  static RatisRaftLog lead(RaftLogConfig config, RecordingMachine machine) throws Exception {
    RatisRaftLog log = RatisRaftLog.open(config, machine);
    assertTrue(machine.led().await(20, TimeUnit.SECONDS), "no leadership within 20 s");
    return log;
  }

  static void submit(RaftLog log, String... commands) throws Exception {
    for (String command : commands) {
      log.submit(command.getBytes(UTF_8)).get(20, TimeUnit.SECONDS);
    }
  }

  /** A closed log with these commands, none of them covered by durable state. */
  static RecordingMachine written(Path directory, String... commands) throws Exception {
    RecordingMachine machine = new RecordingMachine().durableOnlyOnDemand();
    try (RatisRaftLog log = lead(config(directory), machine)) {
      submit(log, commands);
    }
    return machine;
  }

  static Path current(Path directory) {
    return directory.resolve(GROUP.toString()).resolve("current");
  }

  static Path openSegment(Path directory) throws IOException {
    return files(directory, "log_inprogress_").getLast();
  }

  static List<Path> files(Path directory, String prefix) throws IOException {
    try (Stream<Path> files = Files.list(current(directory))) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(prefix))
          .sorted()
          .toList();
    }
  }
}
