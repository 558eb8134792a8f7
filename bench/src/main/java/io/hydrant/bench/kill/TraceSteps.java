package io.hydrant.bench.kill;

import io.hydrant.bench.data.PageSet;
import io.hydrant.client.trace.MemoryImage;
import io.hydrant.client.trace.Trace;
import io.hydrant.client.trace.TraceCheckpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A trace, read into memory: every way on from one of its memories to a later one. */
public final class TraceSteps {
  private final Trace trace;
  private final List<TraceCheckpoint> checkpoints = new ArrayList<>();

  public TraceSteps(Trace trace) throws IOException {
    this.trace = trace;
    for (int number = 0; number < trace.checkpoints().size(); number++) {
      checkpoints.add(trace.read(number));
    }
  }

  /** A memory of the trace to be reached from another one, or from nothing. */
  public sealed interface Step {
    /** The trace's number of the memory it leads to. */
    int number();

    /** Accounts for every page: those that are not given are zero. */
    record Full(int number, PageSet pages) implements Step {}

    record Incremental(int number, PageSet pages) implements Step {}
  }

  public String name() {
    return trace.name();
  }

  public long memoryBytes() {
    return trace.memoryBytes();
  }

  public int last() {
    return checkpoints.size() - 1;
  }

  public String sha256(int number) {
    return checkpoints.get(number).sha256();
  }

  public byte[] slim(int number) {
    return checkpoints.get(number).slim();
  }

  public MemoryImage emptyMemory() {
    return trace.emptyMemory();
  }

  /** The first checkpoint of the trace. */
  public Step begin() {
    return new Step.Full(0, set(checkpoints.getFirst()));
  }

  /**
   * The union of all that changed between two memories, as a protector owes it after an abort.
   *
   * @param from number of the base
   * @param to a later number
   */
  public Step union(int from, int to) {
    if (from < 0 || to <= from || to > last()) {
      throw new IllegalArgumentException("no way from " + from + " to " + to);
    }
    if (to == from + 1) {
      return new Step.Incremental(to, set(checkpoints.get(to)));
    }
    Map<Long, ByteBuffer> newest = new TreeMap<>();
    for (int number = from + 1; number <= to; number++) {
      TraceCheckpoint checkpoint = checkpoints.get(number);
      for (int row = 0; row < checkpoint.pages().length; row++) {
        newest.put(checkpoint.pages()[row], checkpoint.page(row));
      }
    }
    ByteBuffer content = ByteBuffer.allocate(newest.size() * Trace.PAGE_BYTES);
    newest.values().forEach(page -> content.put(page.duplicate()));
    long[] pages = newest.keySet().stream().mapToLong(Long::longValue).toArray();
    return new Step.Incremental(to, new PageSet(pages, content.flip()));
  }

  private static PageSet set(TraceCheckpoint checkpoint) {
    return new PageSet(checkpoint.pages(), ByteBuffer.wrap(checkpoint.content()));
  }
}
