package io.hydrant.chaos;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * How much slower this machine is than one that has nothing else to do: by how much wall-clock time
 * exceeds processor time for threads that only compute, one for each of the run's four processes.
 */
final class Calibration {
  private static final int THREADS = 4;
  private static final long MEASURED_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** What two idle cores give to so many threads, and what it is measured against. */
  private static final double NOMINAL = 2;

  private static final double STRETCH_MAX = 12;

  private Calibration() {}

  /** From 1: on an idle machine of two cores or more. */
  static double stretch() throws Exception {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    try (ExecutorService pool = Executors.newFixedThreadPool(THREADS)) {
      List<Future<Double>> ratios = new ArrayList<>();
      for (int thread = 0; thread < THREADS; thread++) {
        ratios.add(
            pool.submit(() -> {
              long began = System.nanoTime();
              long cpu = threads.getCurrentThreadCpuTime();
              while (System.nanoTime() - began < MEASURED_NANOS) {
                Thread.onSpinWait();
              }
              double used = Math.max(1, threads.getCurrentThreadCpuTime() - cpu);
              return (System.nanoTime() - began) / used;
            }));
      }
      double worst = 0;
      for (Future<Double> ratio : ratios) {
        worst = Math.max(worst, ratio.get());
      }
      return Math.clamp(worst / NOMINAL, 1, STRETCH_MAX);
    }
  }
}
