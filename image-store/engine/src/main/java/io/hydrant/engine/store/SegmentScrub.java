package io.hydrant.engine.store;

import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.segment.LogRecord;
import io.hydrant.engine.segment.SegmentCheck;
import io.hydrant.engine.segment.SegmentCheck.BadPayload;
import io.hydrant.engine.segment.SegmentCheck.Fault;
import io.hydrant.engine.segment.SegmentLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Checks one sealed segment at a time, behind the pages: what a restart or an inspection goes by.
 * Payloads only where not all of them were read by way of the page maps: what nothing shows any
 * more is found too. One thread.
 */
final class SegmentScrub {
  private final SegmentLog log;
  private final VerifiedBytes verified;
  private final PageVerifier verifier;
  private final ScrubReport report;
  private @Nullable ByteBuffer window;
  private @Nullable SegmentCheck check;

  SegmentScrub(
      StoreParts parts, PageVerifier verifier, ScrubReport report, VerifiedBytes verified) {
    this.log = parts.log();
    this.verified = verified;
    this.verifier = verifier;
    this.report = report;
  }

  /** One that is gone is done. */
  void begin(int segment) {
    ByteBuffer memory = window == null ? SegmentLog.newCheckWindow() : window;
    window = memory;
    check = log.check(segment, memory).orElse(null);
  }

  /** Leaves the segment, wherever it is. */
  void leave() {
    check = null;
  }

  boolean isDone() {
    return check == null;
  }

  /**
   * Goes on for about so many bytes. The segment is pinned only meanwhile, so that a slow pass
   * keeps nobody from giving it back.
   *
   * @return bytes read
   */
  long step(long budgetBytes) throws IOException {
    SegmentCheck current = check;
    if (current == null || !log.pin(current.segment())) {
      check = null;
      return 0;
    }
    try {
      long read = current.step(budgetBytes, fault -> report(current, fault));
      if (current.isHeadersDone()) {
        if (isWhollyVerified(current)) {
          current.end();
        } else {
          current.alsoPayloads();
        }
      }
      if (current.isEnded()) {
        report.checked(current.segment());
        check = null;
      }
      return read;
    } finally {
      log.unpin(current.segment());
    }
  }

  /** With a bad header, what its record holds is not counted. */
  private boolean isWhollyVerified(SegmentCheck current) {
    return current.areHeadersSound() && verified.of(current.segment()) >= current.dataBytes();
  }

  private void report(SegmentCheck from, Fault fault) throws IOException {
    if (fault.payload().isPresent() && isExplained(from, fault.payload().get())) {
      return;
    }
    String what = "expected %s, found %s".formatted(fault.expected(), fault.actual());
    add(from, fault.offset(), "%s: %s".formatted(name(fault), what));
  }

  private void add(SegmentCheck from, long offset, String what) {
    report.segment(new ScrubFinding.SegmentPart(from.segment(), from.path(), offset, what));
  }

  private static String name(Fault fault) {
    return switch (fault.part()) {
      case HEADER -> "segment header";
      case SEAL -> "seal";
      case RECORD -> "record header";
      case FOOTER -> "footer";
      case PAYLOAD ->
          "payload of a record of "
              + fault
                  .payload()
                  .map(bad -> bad.record().key())
                  .map(CheckpointKey::toString)
                  .orElse("?");
    };
  }

  /** Whether every bad page of a payload was found as a page before, or is reported by this. */
  private boolean isExplained(SegmentCheck from, BadPayload bad) throws IOException {
    return switch (bad.record()) {
      case LogRecord.Patch patch ->
          pages(from, bad, patch.region(), patch.tract(), patch.pageBytes(), patch.table());
      case LogRecord.Moved moved ->
          pages(from, bad, moved.region(), moved.tract(), moved.pageBytes(), moved.rows().table());
      case LogRecord.Slim _, LogRecord.MovedSlim _ -> report.hasFound(bad.at().payload().packed());
      case LogRecord.Manifest _ -> false;
    };
  }

  private boolean pages(
      SegmentCheck from, BadPayload bad, int region, int tract, int pageBytes, PageTable table)
      throws IOException {
    Address payload = bad.at().payload();
    ByteBuffer bytes = ByteBuffer.allocate(table.payloadBytes());
    log.read(payload, bytes);
    boolean any = false;
    for (int row = 0; row < table.size(); row++) {
      if (table.length(row) == 0) {
        continue;
      }
      long page = (long) tract * (RegionSpec.TRACT_BYTES / pageBytes) + table.pageInTract(row);
      String wrong =
          verifier.check(
              region,
              page,
              pageBytes,
              table.encoding(row),
              table.checksum(row),
              bytes,
              table.offset(row),
              table.length(row));
      Address at = payload.plus(table.offset(row));
      if (!wrong.isEmpty()) {
        any = true;
        if (!report.hasFound(at.packed())) {
          add(
              from,
              at.offset(),
              "page %d of region %d of %s, which no checkpoint shows: %s"
                  .formatted(page, region, bad.record().key(), wrong));
        }
      }
    }
    return any;
  }
}
