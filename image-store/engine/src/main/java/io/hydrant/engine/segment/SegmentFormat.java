package io.hydrant.engine.segment;

import io.hydrant.engine.model.RegionSpec;
import java.util.OptionalInt;

/**
 * The bytes of a segment file, format version 2. All numbers are little-endian. Described in full
 * in {@code docs/formats/segment.md}; the golden file in the tests is the judge.
 *
 * <pre>
 * file        0 ┌─────────────────────────────┐
 *               │ header     (sector 0)       │ who owns it, which life it lives, from where it is filled
 *           512 ├─────────────────────────────┤
 *               │ seal       (sector 1)       │ written once, when nothing will be appended any more
 *          1024 ├─────────────────────────────┤
 *               │ zeros                       │
 *          4096 ├─────────────────────────────┤
 *               │ record │ record │ record    │ each 8-byte aligned
 *               ├─────────────────────────────┤
 *               │ FOOTER record               │ if sealed while alive; not if a restart sealed it
 *               ├─────────────────────────────┤
 *               │ preallocated, or old bytes  │ of the file's former life: mean nothing
 *        length └─────────────────────────────┘
 *
 * record      0 magic "HREC" u32 │ life tag u32 │ header checksum u32 │ kind u8 │ version u8 │ flags u16
 *            16 header bytes u32 │ payload bytes u32 │ payload checksum u32 │ durable through u32
 *            32 image u64 │ checkpoint u64 │ epoch u64
 *            56 number u32 │ region u32 │ tract u32 │ page bytes u32 │ page count u32 │ checksum u32
 *            80 offset u64 │ key id u64 │ nonce 12 bytes │ zero u32
 *           112 page count times: page u16 │ encoding u8 │ zero u8 │ length u32 │ checksum u32
 *               MOVED: page count times: checkpoint u64
 *               (reserved: with flag 1, page count times: digest 16 bytes)
 *  header bytes payload
 * </pre>
 *
 * Why this way:
 *
 * <ul>
 *   <li>Header and seal have a sector each, so that writing the seal cannot tear the header.
 *   <li>The header comes first in a record and carries the page table, so that a scan reads headers
 *       and skips payloads.
 *   <li>Life and offset are mixed into both checksums of a record: a recycled file is full of
 *       records that were valid in its former life, and a misdirected write of one that is valid
 *       elsewhere (PROTOCOL R12). The life tag, in plain, lets a search for records skip everything
 *       else at eight bytes a step, and since guests cannot know it, none can plant one in its
 *       pages.
 *   <li>"Durable through" is evidence for recovery: what lies below it was on the device before
 *       this record was made, so that damage there is corruption and not a torn tail.
 *   <li>A restart cuts a segment off without touching its records: the seal says where it ends, and
 *       the header of the segment that took the tail over says the same until the seal is durable.
 * </ul>
 */
final class SegmentFormat {
  /** Version that is written. */
  static final int VERSION = 2;

  /** Oldest version that is read. */
  static final int VERSION_READ_MIN = 1;

  /** Oldest reader that understands what is written. */
  static final int VERSION_READER_MIN = 2;

  /** Header, seal and zeros; one page, so that reading it is one device read. */
  static final int HEADER_BLOCK_BYTES = 4096;

  static final int SECTOR_BYTES = 512;

  /** First record. */
  static final int RECORDS_OFFSET = HEADER_BLOCK_BYTES;

  static final int RECORD_ALIGNMENT = 8;

  /** A record's header without its page table; also the length of a footer. */
  static final int RECORD_FIXED_BYTES = 112;

  static final int PAGE_ROW_BYTES = 12;

  /** Behind the page table of a MOVED record, one a page. */
  static final int VERSION_BYTES = 8;

  static final int PAGE_DIGEST_BYTES = 16;

  /** A tract of the smallest pages. */
  static final int PAGES_MAX = RegionSpec.TRACT_BYTES / RegionSpec.PAGE_BYTES_MIN;

  /** Bounds what a reader allocates for a header. */
  static final int RECORD_HEADER_BYTES_MAX =
      RECORD_FIXED_BYTES + PAGES_MAX * (PAGE_ROW_BYTES + PAGE_DIGEST_BYTES);

  static final int FOOTER_BYTES = RECORD_FIXED_BYTES;

  /**
   * Numbers from here on are those of survivors, which the cleaner has moved: segments beside the
   * log that recovery reads, so that what lives long does not lie among what dies soon.
   */
  static final int SURVIVORS = 1 << 30;

  private static final String SEGMENT_PREFIX = "segment-";
  private static final String NEXT_PREFIX = "next-";
  private static final String SPARE_PREFIX = "spare-";
  private static final String SUFFIX = ".hyd";

  private SegmentFormat() {}

  static boolean isOfSurvivors(int number) {
    return number >= SURVIVORS;
  }

  /** Bytes for records in a segment of this length. */
  static int capacity(int segmentBytes) {
    return segmentBytes - HEADER_BLOCK_BYTES - FOOTER_BYTES;
  }

  static int aligned(int bytes) {
    return (bytes + RECORD_ALIGNMENT - 1) & -RECORD_ALIGNMENT;
  }

  /**
   * A part of the log. That it exists proves that all segments before it are durable to their end
   * (of its own kind: ingest, or survivors).
   */
  static String segmentName(int number) {
    return name(SEGMENT_PREFIX, number);
  }

  /** A file that is being made into a segment; means nothing after a restart. */
  static String nextName(int number) {
    return name(NEXT_PREFIX, number);
  }

  /** A dead file to be recycled; its content means nothing. The number only tells spares apart. */
  static String spareName(int number) {
    return name(SPARE_PREFIX, number);
  }

  static OptionalInt segmentNumber(String name) {
    return number(SEGMENT_PREFIX, name);
  }

  static OptionalInt nextNumber(String name) {
    return number(NEXT_PREFIX, name);
  }

  static OptionalInt spareNumber(String name) {
    return number(SPARE_PREFIX, name);
  }

  private static String name(String prefix, int number) {
    return "%s%010d%s".formatted(prefix, number, SUFFIX);
  }

  private static OptionalInt number(String prefix, String name) {
    if (name.length() != prefix.length() + 10 + SUFFIX.length()
        || !name.startsWith(prefix)
        || !name.endsWith(SUFFIX)) {
      return OptionalInt.empty();
    }
    try {
      int number = Integer.parseInt(name, prefix.length(), prefix.length() + 10, 10);
      return number >= 0 ? OptionalInt.of(number) : OptionalInt.empty();
    } catch (NumberFormatException other) {
      return OptionalInt.empty();
    }
  }
}
