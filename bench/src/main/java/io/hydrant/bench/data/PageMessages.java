package io.hydrant.bench.data;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.hydrant.engine.model.PageChecksum;
import io.hydrant.v1.CommitCheckpoint;
import io.hydrant.v1.Pages;
import io.hydrant.v1.WriteCheckpointRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/**
 * The messages that a checkpoint of raw pages travels in, made ahead: what the bare comparators
 * send is, field by field, what the client library would send for the same pages.
 */
public final class PageMessages {
  private static final int TRACT_PAGES = 2048;

  /** 1 MiB of 4 KiB pages, the largest batch. */
  private static final int BATCH_PAGES = 256;

  private PageMessages() {}

  /** Pages {@code first} to {@code first + count - 1}. */
  public static long[] run(long first, int count) {
    return LongStream.range(first, first + count).toArray();
  }

  /** The batches of a checkpoint: ascending pages of one tract each, at most 1 MiB. */
  public static List<WriteCheckpointRequest> batches(PagePool pool, long[] ascendingPages) {
    List<WriteCheckpointRequest> messages = new ArrayList<>();
    int from = 0;
    while (from < ascendingPages.length) {
      long tract = ascendingPages[from] / TRACT_PAGES;
      int to = from;
      while (to < ascendingPages.length
          && to - from < BATCH_PAGES
          && ascendingPages[to] / TRACT_PAGES == tract) {
        to++;
      }
      Pages batch = pages(pool, Arrays.copyOfRange(ascendingPages, from, to));
      messages.add(WriteCheckpointRequest.newBuilder().setAttempt(1).setBatch(batch).build());
      from = to;
    }
    return messages;
  }

  /** The message that ends a checkpoint: counts and a digest of the usual size. */
  public static WriteCheckpointRequest commit(List<WriteCheckpointRequest> batches) {
    long pages = batches.stream().mapToLong(message -> message.getBatch().getPageCount()).sum();
    return WriteCheckpointRequest.newBuilder()
        .setAttempt(1)
        .setCommit(
            CommitCheckpoint.newBuilder()
                .setBatchCount(batches.size())
                .setPageCount(pages)
                .setDigest(ByteString.copyFrom(new byte[32])))
        .build();
  }

  public static long dataBytes(List<WriteCheckpointRequest> batches) {
    return batches.stream().mapToLong(message -> message.getBatch().getData().size()).sum();
  }

  /** One message of raw pages with their checksums; the content is copied out of the pool. */
  public static Pages pages(PagePool pool, long[] pages) {
    byte[] data = new byte[pages.length * PagePool.PAGE_BYTES];
    PageChecksum checksum = new PageChecksum();
    Pages.Builder builder =
        Pages.newBuilder().setEncoding(ByteString.copyFrom(new byte[pages.length]));
    for (int row = 0; row < pages.length; row++) {
      long page = pages[row];
      int at = row * PagePool.PAGE_BYTES;
      System.arraycopy(pool.array(page), pool.offset(page), data, at, PagePool.PAGE_BYTES);
      builder.addPage(page).addChecksum(checksum.of(0, page, data, at, PagePool.PAGE_BYTES));
    }
    return builder.setData(UnsafeByteOperations.unsafeWrap(data)).build();
  }
}
