package io.hydrant.node.ingest;

import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What came in since the start. */
public final class IngestCounters {
  private final LongAdder batches = new LongAdder();
  private final LongAdder pages = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final LongAdder committed = new LongAdder();
  private final LongAdder rejected = new LongAdder();
  private final LongAdder slowedNanos = new LongAdder();

  void staged(int pageCount, int dataBytes) {
    batches.increment();
    pages.add(pageCount);
    bytes.add(dataBytes);
  }

  void committed() {
    committed.increment();
  }

  void rejected() {
    rejected.increment();
  }

  /** A stream waits so long, for cleaning to make room. */
  void slowed(long nanos) {
    slowedNanos.add(nanos);
  }

  /** Adds the counters by their names in docs/stats.md. */
  public void addTo(Map<String, Long> counters) {
    counters.put("ingest_batch_count", batches.sum());
    counters.put("ingest_page_count", pages.sum());
    counters.put("ingest_data_bytes", bytes.sum());
    counters.put("ingest_slowed_nanos", slowedNanos.sum());
    counters.put("checkpoint_committed_count", committed.sum());
    counters.put("checkpoint_rejected_count", rejected.sum());
  }
}
