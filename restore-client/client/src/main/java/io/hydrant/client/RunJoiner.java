package io.hydrant.client;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Joins consecutive pages that look alike and stand side by side in memory, and hands the runs on.
 */
final class RunJoiner {
  private static final byte[] NOTHING = new byte[0];

  private final PageSink sink;
  private final int region;
  private final int pageBytes;
  private @Nullable PageOutcome outcome;
  private long firstPage;
  private long count;
  private byte[] array = NOTHING;
  private int offset;

  RunJoiner(PageSink sink, int region, int pageBytes) {
    this.sink = sink;
    this.region = region;
    this.pageBytes = pageBytes;
  }

  void content(long page, byte[] from, int at) throws IOException {
    boolean joins =
        outcome == PageOutcome.FOUND
            && page == firstPage + count
            && from == array
            && at == offset + count * pageBytes;
    if (!joins) {
      begin(PageOutcome.FOUND, page);
      array = from;
      offset = at;
    }
    count++;
  }

  void without(PageOutcome which, long page) throws IOException {
    if (outcome != which || page != firstPage + count) {
      begin(which, page);
    }
    count++;
  }

  void flush() throws IOException {
    PageOutcome done = outcome;
    if (done == null) {
      return;
    }
    outcome = null;
    switch (done) {
      case FOUND ->
          sink.found(
              region,
              firstPage,
              ByteBuffer.wrap(array, offset, (int) (count * pageBytes)).slice().asReadOnlyBuffer());
      case ZERO -> sink.zero(region, firstPage, count);
      case NOT_KEPT -> sink.notKept(region, firstPage, count);
    }
    array = NOTHING;
  }

  private void begin(PageOutcome which, long page) throws IOException {
    flush();
    outcome = which;
    firstPage = page;
    count = 0;
  }
}
