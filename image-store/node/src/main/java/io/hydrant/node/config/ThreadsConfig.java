package io.hydrant.node.config;

/**
 * Sizes of the pools on which device reads, appends and everything else run.
 *
 * @param fault demand fetches
 * @param read prefetch, slim state, digests
 * @param ingest streams that write checkpoints
 * @param api everything else
 * @param stage receiving what a leader sends
 * @param forward sending to the other replicas, while this one leads
 */
public record ThreadsConfig(int fault, int read, int ingest, int api, int stage, int forward) {
  /** More threads than that only queue at the device. */
  public static final int POOL_THREADS_MAX = 256;

  public ThreadsConfig {
    check("threads.fault", fault);
    check("threads.read", read);
    check("threads.ingest", ingest);
    check("threads.api", api);
    check("threads.stage", stage);
    check("threads.forward", forward);
  }

  private static void check(String key, int threads) {
    Ranges.check(key, threads, 1, POOL_THREADS_MAX);
  }
}
