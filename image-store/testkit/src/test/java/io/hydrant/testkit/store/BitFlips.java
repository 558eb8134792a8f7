package io.hydrant.testkit.store;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.segment.LogRecord;
import io.hydrant.engine.segment.SegmentInspection;
import io.hydrant.engine.store.ScrubFinding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Single bits of the sealed segments of a simulated disk that turn over: in payloads, record
 * headers, segment headers, seals and footers.
 */
final class BitFlips {
  private static final String DIRECTORY = "segments";

  /** Of a segment's header, its seal and the zeros behind them. */
  private static final int HEADER_BLOCK_BYTES = 4096;

  private static final int FOOTER_BYTES = 112;

  private final StoreFixture replica;
  private final Path scratch;
  private final SplittableRandom random;
  private final List<Extent> extents = new ArrayList<>();
  final List<Flip> flips = new ArrayList<>();

  /** Which bytes are meant. */
  enum Kind {
    PAYLOAD,
    RECORD_HEADER,
    HEADER,
    SEAL,
    FOOTER
  }

  /** Bytes of one kind. */
  private record Extent(Kind kind, String file, int record, int from, int end) {}

  /**
   * A bit that was turned over.
   *
   * @param record where it begins, if it is one's
   */
  record Flip(Kind kind, String file, int record, int offset, int bit) {
    /** What nothing shows, behind a header that is bad too, is found with the header. */
    private boolean isPayload(ScrubFinding.SegmentPart part) {
      return part.what().startsWith("page")
          || part.what().startsWith("payload")
          || part.what().startsWith("record header") && part.offset() == record;
    }

    /** Whether a finding names just this place. */
    boolean isFoundBy(ScrubFinding finding) {
      if (!finding.path().endsWith(file)) {
        return false;
      }
      return switch (finding) {
        case ScrubFinding.Page page ->
            kind == Kind.PAYLOAD
                && page.offset() <= offset
                && offset < page.offset() + StoreFixture.PAGE_BYTES;
        case ScrubFinding.Slim slim -> kind == Kind.PAYLOAD && slim.offset() <= offset;
        case ScrubFinding.SegmentPart part ->
            switch (kind) {
              case PAYLOAD -> isPayload(part);
              case RECORD_HEADER -> part.what().startsWith("record header");
              case HEADER -> part.what().startsWith("segment header");
              case SEAL -> part.what().startsWith("seal");
              case FOOTER -> part.what().startsWith("footer");
            };
      };
    }
  }

  BitFlips(StoreFixture replica, Path scratch, SplittableRandom random) throws IOException {
    this.replica = replica;
    this.scratch = scratch;
    this.random = random;
    List<String> segments =
        replica.media().segments().list().stream()
            .filter(name -> name.startsWith("segment-"))
            .sorted()
            .toList();
    for (String name : segments.subList(0, segments.size() - 1)) {
      survey(name);
    }
  }

  private void survey(String name) throws IOException {
    Path copy = scratch.resolve(name);
    Files.write(copy, replica.media().disk().bytes(DIRECTORY, name));
    SegmentInspection inspection = SegmentInspection.open(copy);
    extents.add(new Extent(Kind.HEADER, name, 0, 0, 512));
    extents.add(new Extent(Kind.HEADER, name, 0, 1024, HEADER_BLOCK_BYTES));
    extents.add(new Extent(Kind.SEAL, name, 0, 512, 1024));
    int end =
        inspection.scan(item -> {
          assertTrue(!(item instanceof SegmentInspection.Damaged), () -> name + ": " + item);
          if (item instanceof SegmentInspection.Sound sound) {
            LogRecord record = sound.record();
            int padded = sound.offset() + sound.recordBytes();
            int padding = -record.payloadBytes() & 7;
            int payload = headerEnd(record, sound.offset());
            extents.add(
                new Extent(Kind.RECORD_HEADER, name, sound.offset(), sound.offset(), payload));
            if (record.payloadBytes() > 0) {
              extents.add(
                  new Extent(
                      Kind.PAYLOAD,
                      name,
                      sound.offset(),
                      payload,
                      payload + record.payloadBytes()));
            }
            assertTrue(padding >= 0 && payload + record.payloadBytes() <= padded);
          }
        });
    if (inspection.end() == SegmentInspection.End.FOOTER) {
      extents.add(new Extent(Kind.FOOTER, name, 0, end, end + FOOTER_BYTES));
    }
  }

  private static int headerEnd(LogRecord record, int offset) {
    int bytes =
        switch (record) {
          case LogRecord.Patch patch -> 112 + 12 * patch.table().size();
          case LogRecord.Moved moved -> 112 + 20 * moved.rows().table().size();
          case LogRecord.Slim _, LogRecord.MovedSlim _, LogRecord.Manifest _ -> 112;
        };
    return offset + bytes;
  }

  /** Turns over so many bits, of all kinds in turn. */
  void flip(int count) throws IOException {
    for (int i = 0; i < count; i++) {
      Kind kind = Kind.values()[i % Kind.values().length];
      List<Extent> possible = extents.stream().filter(one -> one.kind() == kind).toList();
      Extent extent = possible.get(random.nextInt(possible.size()));
      Flip flip =
          new Flip(
              kind,
              extent.file(),
              extent.record(),
              random.nextInt(extent.from(), extent.end()),
              random.nextInt(8));
      if (flips.contains(flip)) {
        i--; // twice is not at all
        continue;
      }
      replica.media().disk().flipBit(DIRECTORY, flip.file(), flip.offset(), flip.bit());
      flips.add(flip);
    }
  }

  /** Every bit is named by a finding, and every finding names one. */
  void assertFound(List<ScrubFinding> findings) {
    for (Flip flip : flips) {
      assertTrue(
          findings.stream().anyMatch(flip::isFoundBy), () -> flip + " is not in " + findings);
    }
    for (ScrubFinding finding : findings) {
      assertTrue(
          flips.stream().anyMatch(flip -> flip.isFoundBy(finding)),
          () -> "a false alarm: " + finding);
    }
  }
}
