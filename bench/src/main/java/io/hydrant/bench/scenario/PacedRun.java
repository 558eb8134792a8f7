package io.hydrant.bench.scenario;

import io.hydrant.bench.cadence.Cadence;
import io.hydrant.bench.cadence.CheckpointSender;
import io.hydrant.bench.cadence.OpenLoop;
import io.hydrant.bench.process.ProcessAccounts;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * What one side of a case came to.
 *
 * @param cpuSeconds of the side's servers and this process, while it was measured; what a replica
 *     had left to do at the end stands for what it had left at the beginning
 * @param failures what went wrong
 */
record PacedRun(Cadence cadence, double cpuSeconds, List<String> failures) {
  /** Of the measured time, before it. */
  private static final int WARMUP_PART = 6;

  PacedRun {
    failures = List.copyOf(failures);
  }

  /**
   * Measures a case, after a part of its time that does not count.
   *
   * @param duration of the measured part
   */
  static PacedRun measure(
      Duration interval, CheckpointSender sender, Duration duration, Accounts servers)
      throws IOException, InterruptedException {
    OpenLoop warm = new OpenLoop(interval, sender);
    warm.run(duration.dividedBy(WARMUP_PART));
    OpenLoop loop = new OpenLoop(interval, sender);
    ProcessAccounts before = servers.now().plus(ProcessAccounts.ofSelf());
    Cadence cadence = loop.run(duration);
    ProcessAccounts spent = servers.now().plus(ProcessAccounts.ofSelf()).since(before);
    return new PacedRun(
        cadence,
        spent.cpuSeconds(),
        Stream.concat(warm.failures().stream(), loop.failures().stream()).toList());
  }

  /** The same, with what had gone wrong before it began. */
  PacedRun after(List<String> earlier) {
    return new PacedRun(
        cadence, cpuSeconds, Stream.concat(earlier.stream(), failures.stream()).toList());
  }

  /** Of each checkpoint that was acknowledged. */
  double cpuMillis() {
    return 1_000 * cpuSeconds / cadence.ended();
  }

  /** For people who watch. */
  String text() {
    return "p50 %.1f ms, p99 %.1f ms, %.2f %% missed, %d in a row at most, %.1f ms of CPU each"
        .formatted(
            cadence.millis(50),
            cadence.millis(99),
            cadence.missedPercent(),
            cadence.longestRun(),
            cpuMillis());
  }
}
