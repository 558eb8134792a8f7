package io.hydrant.bench.data;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.hydrant.engine.model.PageChecksum;
import io.hydrant.v1.CommitCheckpoint;
import io.hydrant.v1.Pages;
import io.hydrant.v1.SlimChunk;
import io.hydrant.v1.WriteCheckpointRequest;
import java.util.ArrayList;
import java.util.List;

/**
 * The messages that a checkpoint of raw pages travels in, made ahead: what the bare comparators
 * send is, field by field, what the client library sends for the same pages.
 */
public final class PageMessages {
  private static final int TRACT_PAGES = 2048;

  /** 1 MiB of 4 KiB pages, the largest batch. */
  public static final int BATCH_PAGES = 256;

  private static final int SLIM_CHUNK_BYTES = 1 << 20;
  private static final int DIGEST_BYTES = 32;

  /** A checksum that nobody looks at; 0 would not travel. */
  private static final int UNCHECKED = 1;

  private PageMessages() {}

  /** The batches of a checkpoint: ascending pages of one tract each, at most 1 MiB. */
  public static List<WriteCheckpointRequest> batches(PageSet set) {
    return batches(set, PageMessages::rows);
  }

  /** The same, each page as the client library encodes it unless it is told otherwise. */
  public static List<WriteCheckpointRequest> encodedBatches(PageSet set) {
    try (DefaultEncoding encoding = new DefaultEncoding()) {
      return batches(set, encoding::rows);
    }
  }

  private interface Rows {
    Pages of(PageSet set, int from, int to);
  }

  private static List<WriteCheckpointRequest> batches(PageSet set, Rows rows) {
    List<WriteCheckpointRequest> messages = new ArrayList<>();
    long[] pages = set.pages();
    int from = 0;
    while (from < pages.length) {
      long tract = pages[from] / TRACT_PAGES;
      int to = from;
      while (to < pages.length && to - from < BATCH_PAGES && pages[to] / TRACT_PAGES == tract) {
        to++;
      }
      messages.add(
          WriteCheckpointRequest.newBuilder()
              .setAttempt(1)
              .setBatch(rows.of(set, from, to))
              .build());
      from = to;
    }
    return messages;
  }

  /** The messages of device state; none if there is none. */
  public static List<WriteCheckpointRequest> slim(byte[] state) {
    List<WriteCheckpointRequest> messages = new ArrayList<>();
    for (int from = 0; from < state.length; from += SLIM_CHUNK_BYTES) {
      int length = Math.min(SLIM_CHUNK_BYTES, state.length - from);
      messages.add(
          WriteCheckpointRequest.newBuilder()
              .setAttempt(1)
              .setSlim(
                  SlimChunk.newBuilder()
                      .setOffset(from)
                      .setChecksum(UNCHECKED)
                      .setData(UnsafeByteOperations.unsafeWrap(state, from, length)))
              .build());
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
                .setDigest(ByteString.copyFrom(new byte[DIGEST_BYTES])))
        .build();
  }

  /** One message of raw pages with their checksums. */
  public static Pages pages(PageSet set) {
    return rows(set, 0, set.size());
  }

  private static Pages rows(PageSet set, int from, int to) {
    PageChecksum checksum = new PageChecksum();
    Pages.Builder builder =
        Pages.newBuilder().setEncoding(ByteString.copyFrom(new byte[to - from]));
    for (int row = from; row < to; row++) {
      long page = set.pages()[row];
      builder.addPage(page).addChecksum(checksum.of(0, page, set.page(row)));
    }
    int begin = set.content().position() + from * PagePool.PAGE_BYTES;
    return builder
        .setData(
            UnsafeByteOperations.unsafeWrap(
                set.content()
                    .duplicate()
                    .limit(begin + (to - from) * PagePool.PAGE_BYTES)
                    .position(begin)))
        .build();
  }
}
