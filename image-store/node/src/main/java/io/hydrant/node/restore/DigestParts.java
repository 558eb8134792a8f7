package io.hydrant.node.restore;

import com.google.protobuf.UnsafeByteOperations;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.store.PageBatch;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.Refusal;
import io.hydrant.node.restore.PacedStream.Parts;
import io.hydrant.v1.PageDigestPart;
import io.hydrant.v1.PageRange;
import java.io.IOException;

/** Encoding and checksum of each page of a range, a tract a message. */
final class DigestParts implements Parts<PageDigestPart> {
  private final RestoreReads reads;
  private final ReadPoint point;
  private final PageRange range;
  private final RegionSpec region;
  private long page;

  DigestParts(RestoreReads reads, ReadPoint point, PageRange range) {
    PrefetchParts.check(point.checkpoint().regions(), range);
    this.reads = reads;
    this.point = point;
    this.range = range;
    this.region = point.checkpoint().regions().get(range.getRegion());
    this.page = range.getFirstPage();
  }

  @Override
  public boolean hasNext() {
    return page < end();
  }

  private long end() {
    return range.getFirstPage() + range.getPageCount();
  }

  @Override
  public PageDigestPart next() throws Refusal, IOException {
    int inTract = region.pagesPerTract() - region.pageInTract(page);
    int count = (int) Math.min(inTract, end() - page);
    PageBatch batch = reads.pages().describe(point, range.getRegion(), page, count);
    reads.sessions().requireLive(point.session().id());
    PageDigestPart.Builder part =
        PageDigestPart.newBuilder()
            .setRegion(range.getRegion())
            .setFirstPage(page)
            .setEncoding(UnsafeByteOperations.unsafeWrap(batch.encodings(), 0, batch.size()));
    for (int checksum : batch.checksums()) {
      part.addChecksum(checksum);
    }
    page += count;
    return part.build();
  }
}
