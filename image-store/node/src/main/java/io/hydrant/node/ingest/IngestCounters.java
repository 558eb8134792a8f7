package io.hydrant.node.ingest;

import io.hydrant.v1.Reason;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What came in since the start. */
public final class IngestCounters {
  private final LongAdder batches = new LongAdder();
  private final LongAdder pages = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final LongAdder committed = new LongAdder();
  private final LongAdder rejected = new LongAdder();
  private final LongAdder quotaRefused = new LongAdder();
  private final LongAdder slowedNanos = new LongAdder();

  void staged(int pageCount, int dataBytes) {
    batches.increment();
    pages.add(pageCount);
    bytes.add(dataBytes);
  }

  void committed() {
    committed.increment();
  }

  void rejected(Reason reason) {
    rejected.increment();
    if (reason == Reason.REASON_QUOTA_EXCEEDED) {
      quotaRefused.increment();
    }
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
    counters.put("quota_refused_count", quotaRefused.sum());
  }
}
