package io.hydrant.node.ingest;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.store.Refusal;
import io.hydrant.v1.Pages;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Reads a batch off the wire: checks its form, so that the engine gets a table it can trust to be
 * one.
 */
public final class BatchReader {
  /**
   * Decoded pages of a batch: bounds what one message makes every replica hold in memory. A page
   * that is larger comes alone.
   */
  static final int BATCH_BYTES_MAX = 1 << 20;

  private BatchReader() {}

  /** A batch whose form is right; contents and checksums are the engine's to check. */
  public record Batch(int region, int tract, PageTable table, ByteBuffer payload) {}

  /**
   * A message's batch, its data left where they are.
   *
   * @throws Refusal INVALID, if the bytes are no message
   */
  public static Pages pages(ByteString sent) throws Refusal {
    try {
      CodedInputStream input = sent.newCodedInput();
      input.enableAliasing(true);
      Pages pages = Pages.parseFrom(input);
      input.checkLastTagWas(0);
      return pages;
    } catch (IOException e) {
      throw invalid("batch: not a valid protobuf message: " + e.getMessage());
    }
  }

  /**
   * @throws Refusal INVALID, LIMIT_EXCEEDED or DUPLICATE_PAGE, with the page where there is one
   */
  public static Batch read(RegionTable regions, Pages pages) throws Refusal {
    int count = pages.getPageCount();
    if (!regions.has(pages.getRegion())) {
      throw invalid(
          "batch.region: there is no region %s; the image has %d"
              .formatted(Integer.toUnsignedString(pages.getRegion()), regions.size()));
    }
    if (count == 0) {
      throw invalid("batch.page: a batch has at least one page");
    }
    RegionSpec region = regions.get(pages.getRegion());
    long decodedBytes = (long) count * region.pageBytes();
    if (decodedBytes > Math.max(BATCH_BYTES_MAX, region.pageBytes())) {
      throw new Refusal(
          Rejection.LIMIT_EXCEEDED,
          "a batch of %d pages of %d bytes; at most %d bytes of pages go into one, send several"
              .formatted(count, region.pageBytes(), BATCH_BYTES_MAX));
    }
    checkColumns(pages, count);
    short[] inTract = pagesInTract(pages, region);
    int[] lengths = lengths(pages, region);
    int[] checksums = new int[count];
    for (int row = 0; row < count; row++) {
      checksums[row] = pages.getChecksum(row);
      if (checksums[row] != 0 && lengths[row] == 0) {
        throw invalid(
            "batch.checksum of page %d must be 0: it has no content".formatted(pages.getPage(row)));
      }
    }
    PageTable table = new PageTable(inTract, pages.getEncoding().toByteArray(), lengths, checksums);
    if (table.payloadBytes() != pages.getData().size()) {
      throw invalid(
          "batch.data has %d bytes, but the pages' lengths add up to %d"
              .formatted(pages.getData().size(), table.payloadBytes()));
    }
    return new Batch(
        pages.getRegion(), region.tractOf(pages.getPage(0)), table, HeapBytes.of(pages.getData()));
  }

  private static void checkColumns(Pages pages, int count) throws Refusal {
    boolean lengths = pages.getLengthCount() == 0 || pages.getLengthCount() == count;
    if (pages.getEncoding().size() != count || pages.getChecksumCount() != count || !lengths) {
      throw invalid(
          ("batch: %d pages, but %d encodings, %d checksums and %d lengths; every list has one"
                  + " element a page (lengths may be absent)")
              .formatted(
                  count,
                  pages.getEncoding().size(),
                  pages.getChecksumCount(),
                  pages.getLengthCount()));
    }
  }

  private static short[] pagesInTract(Pages pages, RegionSpec region) throws Refusal {
    int count = pages.getPageCount();
    short[] inTract = new short[count];
    long previous = -1;
    for (int row = 0; row < count; row++) {
      long page = pages.getPage(row);
      if (page < 0 || page >= region.pages()) {
        throw invalid(
            "batch.page %s is beyond region '%s', which has %d pages of %d bytes"
                .formatted(
                    Long.toUnsignedString(page),
                    region.name(),
                    region.pages(),
                    region.pageBytes()));
      }
      if (page == previous) {
        throw new Refusal(
            Rejection.DUPLICATE_PAGE,
            "page %d of region '%s' is there twice in one batch".formatted(page, region.name()));
      }
      if (page < previous) {
        throw invalid("batch.page: pages must ascend, but %d follows %d".formatted(page, previous));
      }
      if (region.tractOf(page) != region.tractOf(pages.getPage(0))) {
        throw invalid(
            "batch.page: pages %d and %d lie in different tracts; send a batch for each"
                .formatted(pages.getPage(0), page));
      }
      inTract[row] = (short) region.pageInTract(page);
      previous = page;
    }
    return inTract;
  }

  private static int[] lengths(Pages pages, RegionSpec region) throws Refusal {
    int count = pages.getPageCount();
    ByteString encodings = pages.getEncoding();
    boolean given = pages.getLengthCount() > 0;
    int[] lengths = new int[count];
    for (int row = 0; row < count; row++) {
      int code = encodings.byteAt(row) & 0xff;
      if (!PageEncoding.isKnown(code)) {
        throw invalid(
            "batch.encoding %d of page %d is not accepted: send RAW, ZERO, ZSTD or NOT_KEPT"
                .formatted(code, pages.getPage(row)));
      }
      PageEncoding encoding = PageEncoding.ofCode(code);
      int least =
          switch (encoding) {
            case RAW -> region.pageBytes();
            case ZSTD -> 1;
            case ZERO, NOT_KEPT -> 0;
          };
      int most =
          switch (encoding) {
            case RAW -> region.pageBytes();
            case ZSTD -> region.pageBytes() - 1;
            case ZERO, NOT_KEPT -> 0;
          };
      int length = given ? pages.getLength(row) : least;
      if (length < least || length > most || encoding == PageEncoding.ZSTD && !given) {
        throw invalid(
            "batch.length of page %d (%s) must be %d to %d bytes, not %s"
                .formatted(
                    pages.getPage(row),
                    encoding,
                    least,
                    most,
                    given ? Integer.toUnsignedString(length) : "absent"));
      }
      lengths[row] = length;
    }
    return lengths;
  }

  private static Refusal invalid(String message) {
    return new Refusal(Rejection.INVALID, message);
  }
}
