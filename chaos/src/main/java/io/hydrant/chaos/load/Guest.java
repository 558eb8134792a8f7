package io.hydrant.chaos.load;

import io.hydrant.client.CheckpointWriter;
import io.hydrant.v1.Region;
import io.hydrant.v1.RegionKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A protected machine: its memory, and which pages changed since when. Page 0 and the slim state
 * name the attempt, so that no two checkpoints have the same content and a page of another one
 * shows.
 *
 * <p>Used by one thread.
 */
final class Guest implements Workload.Writer {
  static final int PAGE_BYTES = 4096;
  private static final int REGION = 0;
  private static final int TRACT_PAGES = (8 << 20) / PAGE_BYTES;

  /** A slim state longer than a chunk once in a while. */
  private static final int SLIM_LONG_EVERY = 50;

  private static final int SLIM_BYTES_MAX = (1 << 20) + 5;

  private final String image;
  private final Workload workload;
  private final @Nullable ByteBuffer[] memory;
  private final long[] sums;
  private final int[] changed;
  private final PageSum pageSum = new PageSum();
  private long sum;
  private int step;

  Guest(String image, Workload workload) {
    this.image = image;
    this.workload = workload;
    this.memory = new ByteBuffer[workload.pages()];
    this.sums = new long[workload.pages()];
    this.changed = new int[workload.pages()];
  }

  Region region() {
    return Region.newBuilder()
        .setName("ram")
        .setKind(RegionKind.REGION_KIND_MEMORY)
        .setPageBytes(PAGE_BYTES)
        .setLengthBytes((long) workload.pages() * PAGE_BYTES)
        .build();
  }

  /** How it stands. */
  record State(int step, String content, byte[] slim) {}

  /** Runs on for an interval, and pauses. */
  State run(long attempt) throws IOException {
    step++;
    workload.run(this);
    byte[] stamp = "image %s attempt %d".formatted(image, attempt).getBytes(StandardCharsets.UTF_8);
    ByteBuffer first = ByteBuffer.allocate(PAGE_BYTES);
    first.put(stamp).clear();
    write(0, first);
    byte[] slim =
        java.util.Arrays.copyOf(
            stamp, attempt % SLIM_LONG_EVERY == 0 ? SLIM_BYTES_MAX : 2 * stamp.length);
    return new State(step, PageSum.name(sum, slim), slim);
  }

  @Override
  public void write(int page, ByteBuffer content) {
    long now = pageSum.of(page, content);
    sum += now - sums[page];
    sums[page] = now;
    memory[page] = content;
    changed[page] = step;
  }

  /** Sends what changed since an earlier step, as the memory stands. */
  void sendChanges(CheckpointWriter writer, int since) {
    for (int page = 0; page < memory.length; page++) {
      ByteBuffer content = memory[page];
      if (content != null && changed[page] > since) {
        writer.page(REGION, page, content);
      }
    }
  }

  /** Sends the whole memory. */
  void sendAll(CheckpointWriter writer) {
    for (int first = 0; first < memory.length; first += TRACT_PAGES) {
      int end = Math.min(first + TRACT_PAGES, memory.length);
      if (isUntouched(first, end)) {
        writer.zeroTracts(REGION, first / TRACT_PAGES, 1);
        continue;
      }
      for (int page = first; page < end; page++) {
        ByteBuffer content = memory[page];
        if (content == null) {
          writer.zero(REGION, page, 1);
        } else {
          writer.page(REGION, page, content);
        }
      }
    }
  }

  private boolean isUntouched(int first, int end) {
    for (int page = first; page < end; page++) {
      if (memory[page] != null) {
        return false;
      }
    }
    return true;
  }
}
