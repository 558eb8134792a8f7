package io.hydrant.node.config;

/**
 * Sizes of the pools on which device reads, appends and everything else run.
 *
 * @param fault demand fetches
 * @param read prefetch, slim state, digests
 * @param ingest streams that write checkpoints
 * @param api everything else
 */
public record ThreadsConfig(int fault, int read, int ingest, int api) {
  /** More threads than that only queue at the device. */
  public static final int POOL_THREADS_MAX = 256;

  public ThreadsConfig {
    check("threads.fault", fault);
    check("threads.read", read);
    check("threads.ingest", ingest);
    check("threads.api", api);
  }

  private static void check(String key, int threads) {
    Ranges.check(key, threads, 1, POOL_THREADS_MAX);
  }
}
