package io.hydrant.chaos.load;

import io.hydrant.client.trace.Trace;
import io.hydrant.client.trace.TraceCheckpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A real machine's writes, again and again; every round marks its pages, so that rounds differ. */
public final class TraceWorkload implements Workload {
  private static final int FIRST_PAGES_MAX = 16_384;

  private final String name;
  private final int pages;
  private final Duration interval;
  private final List<TraceCheckpoint> checkpoints = new ArrayList<>();
  private int next;
  private long round;

  /** Reads the trace into memory. */
  public TraceWorkload(Trace trace, Duration interval) throws IOException {
    this.name = trace.name();
    this.pages = Math.toIntExact(trace.memoryPages());
    this.interval = interval;
    for (int number = 0; number < trace.checkpoints().size(); number++) {
      checkpoints.add(trace.read(number));
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int pages() {
    return pages;
  }

  @Override
  public Duration interval() {
    return interval;
  }

  @Override
  public void run(Writer memory) {
    TraceCheckpoint checkpoint = checkpoints.get(next);
    int count = checkpoint.pages().length;
    for (int row = 0; row < Math.min(count, FIRST_PAGES_MAX); row++) {
      memory.write(Math.toIntExact(checkpoint.pages()[row]), content(checkpoint, row));
    }
    next++;
    if (next == checkpoints.size()) {
      next = Math.min(1, checkpoints.size() - 1); // the first one is the whole memory
      round++;
    }
  }

  private ByteBuffer content(TraceCheckpoint checkpoint, int row) {
    ByteBuffer page = checkpoint.page(row);
    if (round == 0) {
      return page;
    }
    ByteBuffer marked = ByteBuffer.allocate(page.remaining());
    marked.put(page.duplicate()).flip();
    marked.putLong(0, marked.getLong(0) ^ round);
    return marked;
  }
}
