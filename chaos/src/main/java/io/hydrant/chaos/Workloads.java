package io.hydrant.chaos;

import io.hydrant.chaos.load.SyntheticWorkload;
import io.hydrant.chaos.load.TraceWorkload;
import io.hydrant.chaos.load.Workload;
import io.hydrant.client.trace.Trace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** Chooses what the protected machines do: at least one trace and one synthetic stream. */
final class Workloads {
  private static final String BUNDLED = "redis-window-16m";
  private static final int MACHINES = 3;

  /** Larger memories are left out: the restorers could not keep up on a small machine. */
  private static final long MEMORY_BYTES_MAX = 128L << 20;

  private Workloads() {}

  static List<Workload> of(Plan plan, SplittableRandom random) throws IOException {
    List<Trace> traces = new ArrayList<>();
    if (plan.traces().isPresent()) {
      for (Path directory : directories(plan.traces().get())) {
        Trace trace = Trace.open(directory);
        if (trace.memoryBytes() <= MEMORY_BYTES_MAX) {
          traces.add(trace);
        }
      }
      traces.sort(Comparator.comparingLong(Trace::memoryBytes).thenComparing(Trace::name));
      if (traces.isEmpty()) {
        throw new IllegalArgumentException(
            "no trace of at most %d MiB of memory in %s"
                .formatted(MEMORY_BYTES_MAX >> 20, plan.traces().get()));
      }
    } else {
      traces.add(Trace.bundled(BUNDLED));
    }
    List<Workload> workloads = new ArrayList<>();
    for (Trace trace : traces.subList(0, Math.min(traces.size(), MACHINES - 1))) {
      workloads.add(new TraceWorkload(trace, traceInterval(trace)));
    }
    long seed = random.nextLong();
    workloads.add(new SyntheticWorkload("small", 512, 8, Duration.ofMillis(40), seed));
    if (workloads.size() < MACHINES) {
      workloads.add(new SyntheticWorkload("wide", 6_144, 40, Duration.ofMillis(150), seed + 1));
    }
    return workloads;
  }

  /** Slow enough for a disk that keeps everything of an hour. */
  private static Duration traceInterval(Trace trace) {
    long pages = 0;
    for (var checkpoint : trace.checkpoints().subList(1, trace.checkpoints().size())) {
      pages += checkpoint.pageCount();
    }
    long bytes = 4096 * pages / Math.max(1, trace.checkpoints().size() - 1);
    return Duration.ofMillis(Math.max(200, bytes / 4_000));
  }

  private static List<Path> directories(Path directory) throws IOException {
    if (isTrace(directory)) {
      return List.of(directory);
    }
    try (Stream<Path> below = Files.list(directory)) {
      return below.filter(Workloads::isTrace).sorted().toList();
    }
  }

  private static boolean isTrace(Path directory) {
    return Files.isRegularFile(directory.resolve("trace.json"));
  }
}
