package io.hydrant.node.restore;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.plan.ColdPlan;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.Refusal;
import io.hydrant.node.api.ApiException;
import io.hydrant.node.restore.PacedStream.Parts;
import io.hydrant.v1.PageRange;
import io.hydrant.v1.PlanKind;
import io.hydrant.v1.PlanPart;
import io.hydrant.v1.ReadPlanRequest;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;

/** What a restore can know before it asks: what was learned at once, then what the maps say. */
final class PlanParts implements Parts<PlanPart> {
  /** A message of some 150 KB. */
  private static final int RANGES_PER_PART = 16_384;

  private final RestoreReads reads;
  private final ReadPoint point;
  private final ReadPlanRequest request;
  private final Queue<PlanPart> ready = new ArrayDeque<>();
  private final long version;
  private boolean mapsRead;

  PlanParts(RestoreReads reads, Catalog catalog, ReadPoint point, ReadPlanRequest request) {
    this.reads = reads;
    this.point = point;
    this.request = request;
    int wanted = request.getRecentlyWrittenMax();
    if (wanted < 0 || wanted > Plans.PAGES_MAX) {
      throw ApiException.invalid(
          "recently_written_max must be 0 to %d, not %s"
              .formatted(Plans.PAGES_MAX, Integer.toUnsignedString(wanted)));
    }
    ImageState image = catalog.image(point.session().image()).orElse(null);
    this.version = image == null ? 0 : image.plan().version();
    if (image != null) {
      add(PlanKind.PLAN_KIND_LEARNED, Plans.ranges(Plans.of(image).runs(), regions()));
    }
    mapsRead = wanted == 0 && !request.getZero();
  }

  private RegionTable regions() {
    return point.checkpoint().regions();
  }

  private void add(PlanKind kind, List<PageRange> ranges) {
    for (int from = 0; from == 0 || from < ranges.size(); from += RANGES_PER_PART) {
      ready.add(
          PlanPart.newBuilder()
              .setVersion(version)
              .setKind(kind)
              .addAllRange(ranges.subList(from, Math.min(ranges.size(), from + RANGES_PER_PART)))
              .build());
    }
  }

  @Override
  public boolean hasNext() {
    return !mapsRead || !ready.isEmpty();
  }

  @Override
  public PlanPart next() throws Refusal, IOException {
    if (ready.isEmpty()) {
      mapsRead = true;
      ColdPlan cold = ColdPlan.of(reads.pages(), point, request.getRecentlyWrittenMax());
      reads.sessions().requireLive(point.session().id());
      add(PlanKind.PLAN_KIND_RECENTLY_WRITTEN, Plans.ranges(cold.wanted(), regions()));
      if (request.getZero()) {
        add(PlanKind.PLAN_KIND_ZERO, Plans.ranges(cold.zero(), regions()));
      }
    }
    return ready.remove();
  }
}
