package io.hydrant.bench.scenario;

import io.hydrant.bench.data.PageChoice;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.measure.Alternation;
import io.hydrant.bench.measure.BlockLatencies;
import io.hydrant.client.PageFetcher;
import io.hydrant.client.PageOutcome;
import java.nio.ByteBuffer;

/** Single pages of a restore session, one in flight, each timed. */
final class SingleFetches {
  private SingleFetches() {}

  /** Fetches {@code count} pages anywhere; each has to have content. */
  static Alternation.Side of(
      PageFetcher fetcher, PageChoice choice, int count, long pages, BlockLatencies latencies) {
    ByteBuffer target = ByteBuffer.allocate(PagePool.PAGE_BYTES);
    return round -> {
      for (long page : choice.any(count, pages)) {
        target.clear();
        long begin = System.nanoTime();
        PageOutcome outcome = fetcher.fetchInto(0, page, target);
        latencies.add(round, System.nanoTime() - begin);
        if (outcome != PageOutcome.FOUND) {
          throw new IllegalStateException("page " + page + " is " + outcome);
        }
      }
    };
  }
}
