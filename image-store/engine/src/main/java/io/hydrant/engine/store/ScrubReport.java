package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.TractKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What a pass has found. Written by the thread that steps, read by any. */
final class ScrubReport {
  /**
   * A segment of 64 MiB that rots as a whole has four times as many pages: what is beyond is
   * counted, and noted as damaged, but not listed.
   */
  static final int LISTED_MAX = 4_096;

  private final Catalog catalog;
  private final MissingTracts missing;
  private final DamagedSegments segments;
  private final StoreEvents events;

  private final List<ScrubFinding> findings = new ArrayList<>();
  private final Set<Long> addresses = new HashSet<>();

  /** What is listed of it by address. */
  private final Map<Long, ScrubFinding> shown = new HashMap<>();

  private long badPages;
  private long badSegmentParts;

  ScrubReport(StoreParts parts, DamagedSegments segments, StoreEvents events) {
    this.catalog = parts.catalog();
    this.missing = parts.missing();
    this.segments = segments;
    this.events = events;
  }

  synchronized void clear() {
    findings.clear();
    addresses.clear();
    shown.clear();
    badPages = 0;
    badSegmentParts = 0;
  }

  /**
   * @param address packed, of the first bad byte's page or chunk
   */
  synchronized void bytes(ScrubFinding finding, long address) {
    badPages++;
    addresses.add(address);
    if (shown.size() < LISTED_MAX) {
      shown.put(address, finding);
    }
    list(finding);
  }

  synchronized void segment(ScrubFinding.SegmentPart part) {
    badSegmentParts++;
    segments.evacuate(part.segment());
    list(part);
  }

  /**
   * All of a segment was looked at. One with bad pages is evacuated as well, when these are
   * repaired; not before, or what else is bad in it would be gone unsaid.
   */
  synchronized void checked(int segment) {
    shown.forEach((address, finding) -> {
      if (Address.ofPacked(address).segment() == segment) {
        segments.evacuateAfter(address, () -> stateOf(finding) != ScrubFinding.State.REPAIRED);
      }
    });
  }

  private void list(ScrubFinding finding) {
    if (findings.size() < LISTED_MAX) {
      findings.add(finding);
      events.on(
          new StoreEvent.Damaged(
              subject(finding),
              "%s at offset %d: %s".formatted(finding.path(), finding.offset(), finding.what())));
    }
  }

  private static String subject(ScrubFinding finding) {
    return switch (finding) {
      case ScrubFinding.Page page ->
          "%s %s, page %d of region '%s'"
              .formatted(page.tract().image(), page.checkpoint(), page.page(), page.region());
      case ScrubFinding.Slim slim -> slim.key() + ", slim state";
      case ScrubFinding.SegmentPart part -> "segment " + Integer.toUnsignedString(part.segment());
    };
  }

  /** Whether the page or chunk that begins there was found to be bad in this pass. */
  synchronized boolean hasFound(long address) {
    return addresses.contains(address);
  }

  synchronized List<ScrubFinding> findings() {
    return List.copyOf(findings);
  }

  synchronized long badPages() {
    return badPages;
  }

  synchronized long badSegmentParts() {
    return badSegmentParts;
  }

  /** What has become of a finding by now. Any thread. */
  ScrubFinding.State stateOf(ScrubFinding finding) {
    boolean waits =
        switch (finding) {
          case ScrubFinding.Page page -> {
            if (isLost(page)) {
              yield true;
            }
            yield missing.damaged().isBad(page.tract(), page.address());
          }
          case ScrubFinding.Slim slim -> missing.damaged().isSlimBad(slim.key());
          case ScrubFinding.SegmentPart part -> segments.isWaiting(part.segment());
        };
    if (!waits) {
      return ScrubFinding.State.REPAIRED;
    }
    return finding instanceof ScrubFinding.Page page && isLost(page)
        ? ScrubFinding.State.LOST
        : ScrubFinding.State.BEING_REPAIRED;
  }

  private boolean isLost(ScrubFinding.Page page) {
    return isLost(page.tract(), page.pageInTract(), page.checkpoint().value());
  }

  /** Whether it was marked damaged for good (PROTOCOL R24). */
  boolean isLost(TractKey tract, int page, long version) {
    Optional<ImageState> image = catalog.image(tract.image());
    return image.isPresent()
        && image.get().damaged().has(tract.region(), tract.tract(), page, version);
  }
}
