package io.hydrant.cli.push;

import io.hydrant.client.CheckpointWriter;
import io.hydrant.client.PageSink;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/**
 * Receives a region as the store has it, in ascending order and without its zero pages, and writes
 * into a checkpoint those pages of a file that differ. Compares bytes: a checksum never decides
 * that a page is unchanged. Each page of the file is read once, so that what was compared is what
 * is sent.
 */
public final class ChangedPages implements PageSink {
  /** Read at once from the file; a multiple of every page size. */
  private static final int WINDOW_BYTES = 2 << 20;

  private final MemoryFile file;
  private final Supplier<CheckpointWriter> writer;
  private final int region;
  private final int pageBytes;
  private final LongConsumer progress;
  private final ByteBuffer window = ByteBuffer.allocate(WINDOW_BYTES);
  private final ByteBuffer zeros;
  private long nextPage;
  private long changed;

  /**
   * @param writer asked at every page that changed, not before the first one
   * @param progress takes bytes of the file that were compared
   */
  public ChangedPages(
      MemoryFile file,
      Supplier<CheckpointWriter> writer,
      int region,
      int pageBytes,
      LongConsumer progress) {
    this.file = file;
    this.writer = writer;
    this.region = region;
    this.pageBytes = pageBytes;
    this.progress = progress;
    this.zeros = ByteBuffer.allocate(pageBytes).asReadOnlyBuffer();
  }

  @Override
  public void found(int region, long firstPage, ByteBuffer content) throws IOException {
    requireAscending(firstPage);
    compareWithZeros(firstPage);
    ByteBuffer stored = content.duplicate();
    while (stored.hasRemaining()) {
      int bytes = Math.min(stored.remaining(), WINDOW_BYTES);
      file.read(nextPage * pageBytes, bytes, window);
      for (int at = 0; at < bytes; at += pageBytes) {
        ByteBuffer ours = window.slice(at, pageBytes);
        if (!ours.equals(stored.slice(stored.position() + at, pageBytes))) {
          write(ours);
        }
        nextPage++;
      }
      stored.position(stored.position() + bytes);
      progress.accept(bytes);
    }
  }

  @Override
  public void zero(int region, long firstPage, long pageCount) throws IOException {
    requireAscending(firstPage);
    compareWithZeros(firstPage + pageCount);
  }

  @Override
  public void notKept(int region, long firstPage, long pageCount) throws IOException {
    requireAscending(firstPage);
    compareWithZeros(firstPage);
    // The file has some content and the store has none: nothing to compare with, so it is a change.
    long end = firstPage + pageCount;
    while (nextPage < end) {
      file.read(nextPage * pageBytes, pageBytes, window);
      write(window.slice(0, pageBytes));
      nextPage++;
      progress.accept(pageBytes);
    }
  }

  /**
   * The region ends: pages that the store did not name are zero there. Returns how many pages
   * changed.
   */
  public long finish() throws IOException {
    compareWithZeros(file.lengthBytes() / pageBytes);
    return changed;
  }

  private void compareWithZeros(long end) throws IOException {
    while (nextPage < end) {
      int bytes = (int) Math.min(WINDOW_BYTES, (end - nextPage) * pageBytes);
      file.read(nextPage * pageBytes, bytes, window);
      for (int at = 0; at < bytes; at += pageBytes) {
        ByteBuffer ours = window.slice(at, pageBytes);
        if (!ours.equals(zeros)) {
          write(ours);
        }
        nextPage++;
      }
      progress.accept(bytes);
    }
  }

  private void write(ByteBuffer content) {
    writer.get().page(region, nextPage, content);
    changed++;
  }

  private void requireAscending(long page) {
    if (page < nextPage) {
      throw new IllegalStateException(
          "the store sent page " + page + " after page " + (nextPage - 1));
    }
  }
}
