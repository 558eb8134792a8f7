package io.hydrant.raftlog.ratis;

import io.hydrant.raftlog.RaftLogConfig;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.Semaphore;

/**
 * Figures for docs/adr/0002: commit latency at one in flight, throughput at 64, and time from start
 * to leadership. Argument: an empty directory on the disk to measure.
 */
final class LatencyProbe {
  private static final int COMMAND_BYTES = 256;
  private static final int ROUNDS = 3;
  private static final int COMMANDS = 10_000;

  private LatencyProbe() {}

  public static void main(String[] arguments) throws Exception {
    Path directory = Path.of(arguments[0]);
    RaftLogConfig config = RaftLogConfig.single(directory.resolve("latency"), new UUID(1, 2), "n0");
    NullMachine machine = new NullMachine();
    try (RatisRaftLog log = RatisRaftLog.open(config, machine)) {
      machine.led.await();
      for (int round = 0; round < ROUNDS; round++) {
        oneInFlight(log);
      }
      for (int round = 0; round < ROUNDS; round++) {
        manyInFlight(log, 64);
      }
    }
    starts(directory);
  }

  private static void oneInFlight(RatisRaftLog log) throws Exception {
    long[] nanos = new long[COMMANDS];
    for (int i = 0; i < COMMANDS; i++) {
      long start = System.nanoTime();
      log.submit(new byte[COMMAND_BYTES]).get();
      nanos[i] = System.nanoTime() - start;
    }
    Arrays.sort(nanos);
    say(
        "window 1: p50 %.0f us, p99 %.0f us, max %.1f ms",
        nanos[COMMANDS / 2] / 1e3, nanos[COMMANDS * 99 / 100] / 1e3, nanos[COMMANDS - 1] / 1e6);
  }

  private static void manyInFlight(RatisRaftLog log, int window) throws Exception {
    Semaphore free = new Semaphore(window);
    long start = System.nanoTime();
    for (int i = 0; i < 5 * COMMANDS; i++) {
      free.acquire();
      var unused =
          log.submit(new byte[COMMAND_BYTES]).whenComplete((answer, thrown) -> free.release());
    }
    free.acquire(window);
    say("window %d: %.0f commands/s", window, 5 * COMMANDS / ((System.nanoTime() - start) / 1e9));
  }

  private static void starts(Path directory) throws Exception {
    for (int entries : new int[] {0, COMMANDS}) {
      RaftLogConfig config =
          RaftLogConfig.single(directory.resolve("start-" + entries), new UUID(1, 2), "n0");
      fill(config, entries);
      for (int round = 0; round < ROUNDS; round++) {
        NullMachine machine = new NullMachine();
        long start = System.nanoTime();
        RatisRaftLog log = RatisRaftLog.open(config, machine);
        machine.led.await();
        long ready = System.nanoTime();
        log.close();
        say(
            "start with %d entries: ready after %.0f ms (%d applied), closed after %.0f ms",
            entries,
            (ready - start) / 1e6,
            machine.applied.get(),
            (System.nanoTime() - ready) / 1e6);
      }
    }
  }

  private static void fill(RaftLogConfig config, int entries) throws Exception {
    NullMachine machine = new NullMachine();
    try (RatisRaftLog log = RatisRaftLog.open(config, machine)) {
      machine.led.await();
      Semaphore free = new Semaphore(64);
      for (int i = 0; i < entries; i++) {
        free.acquire();
        var unused =
            log.submit(new byte[COMMAND_BYTES]).whenComplete((answer, thrown) -> free.release());
      }
      free.acquire(64);
    }
  }

  private static void say(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
