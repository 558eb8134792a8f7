package io.hydrant.node.config;

/**
 * How a replica fetches what it lacks.
 *
 * @param threads that fetch, compare and append
 * @param bytesPerSecond fetched, at most; half of it while checkpoints are received
 * @param sourcesMax other replicas that are asked at once
 */
public record RepairConfig(int threads, long bytesPerSecond, int sourcesMax) {
  private static final int THREADS_MAX = 16;
  private static final int SOURCES_MAX = 8;

  public RepairConfig {
    Ranges.check("threads.repair", threads, 1, THREADS_MAX);
    Ranges.check("repair.bytes-per-second", bytesPerSecond, 1 << 20, 1L << 40);
    Ranges.check("repair.sources-max", sourcesMax, 1, SOURCES_MAX);
  }
}
