package io.hydrant.node.restore;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.Refusal;
import io.hydrant.node.api.ApiException;
import io.hydrant.node.restore.PacedStream.Parts;
import io.hydrant.v1.BeginRestorePart;
import io.hydrant.v1.OpenRestoreResponse;
import io.hydrant.v1.PageRange;
import io.hydrant.v1.Pages;
import io.hydrant.v1.PrefetchRequest;
import io.hydrant.v1.ReadClass;
import io.hydrant.v1.SlimPart;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A session that was just opened, its slim state, and the first pages of its plan. The session goes
 * out before anything is read: whoever has it can read elsewhere what is not here.
 */
final class BeginParts implements Parts<BeginRestorePart> {
  /** Content of the pages: what a connection brings within the time that a restore has. */
  static final long FIRST_BYTES_MAX = 64L << 20;

  private final RestoreReads reads;
  private final Catalog catalog;
  private final OpenRestoreResponse opened;
  private final long firstBytes;
  private boolean said;
  private @Nullable Parts<SlimPart> slim;
  private @Nullable Parts<Pages> pages;

  BeginParts(RestoreReads reads, Catalog catalog, OpenRestoreResponse opened, long firstBytes) {
    this.reads = reads;
    this.catalog = catalog;
    this.opened = opened;
    this.firstBytes = firstBytes;
  }

  /** Refuses a request before anything is opened. */
  static void check(long firstBytes) {
    if (firstBytes < 0 || firstBytes > FIRST_BYTES_MAX) {
      throw ApiException.invalid(
          "first_bytes must be 0 to %d, not %s"
              .formatted(FIRST_BYTES_MAX, Long.toUnsignedString(firstBytes)));
    }
  }

  @Override
  public boolean hasNext() {
    return slim == null || slim.hasNext() || pages == null || pages.hasNext();
  }

  @Override
  public @Nullable BeginRestorePart next() throws Refusal, IOException {
    if (!said) {
      said = true;
      return BeginRestorePart.newBuilder().setOpened(opened).build();
    }
    if (slim == null) {
      ReadPoint point = reads.sessions().readPoint(opened.getToken());
      slim = new SlimParts(reads, point);
      pages = new PrefetchParts(reads, point, first(point));
    }
    if (slim.hasNext()) {
      SlimPart part = slim.next();
      return part == null ? null : BeginRestorePart.newBuilder().setSlim(part).build();
    }
    if (pages == null || !pages.hasNext()) {
      return null;
    }
    Pages part = pages.next();
    return part == null ? null : BeginRestorePart.newBuilder().setPages(part).build();
  }

  private PrefetchRequest first(ReadPoint point) {
    RegionTable regions = point.checkpoint().regions();
    List<PageRange> ranges =
        catalog
            .image(point.session().image())
            .map((ImageState image) -> Plans.ranges(Plans.of(image).runs(), regions))
            .orElse(List.of());
    return PrefetchRequest.newBuilder()
        .setReadClass(ReadClass.READ_CLASS_PREFETCH)
        .setSkipZero(true)
        .addAllRange(Plans.first(ranges, regions, firstBytes))
        .build();
  }
}
