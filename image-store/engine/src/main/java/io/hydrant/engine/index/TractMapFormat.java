package io.hydrant.engine.index;

import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.model.RegionSpec;
import java.io.IOException;

/**
 * The stored form of a {@link TractMap}; docs/formats/index.md has the drawing. Each row begins
 * with a byte that says what follows from the row before, because most does: patches are written in
 * page order, and most pages are 4 KiB as they are. A page of a sequential write takes 5 bytes, of
 * which 4 are its checksum.
 */
final class TractMapFormat {
  static final int VERSION = 1;

  private static final int COMMON_LENGTH = RegionSpec.PAGE_BYTES_MIN;

  // Bits 0 and 1: the page.
  private static final int SAME_PAGE = 0;
  private static final int NEXT_PAGE = 1;
  private static final int PAGE_GIVEN = 2;
  private static final int PAGE_MASK = 3;

  // Bits 2 and 3: encoding and length.
  private static final int RAW_COMMON = 0;
  private static final int ZERO = 1 << 2;
  private static final int ZSTD = 2 << 2;
  private static final int SHAPE_GIVEN = 3 << 2;
  private static final int SHAPE_MASK = 3 << 2;

  private static final int SAME_CHECKPOINT = 1 << 4;

  /** The bytes begin where those of the row before with content end. */
  private static final int SEQUENTIAL = 1 << 5;

  /** The offset is given, the segment is that of the row before with content. */
  private static final int SAME_SEGMENT = 1 << 6;

  private static final int FLAGS = (1 << 7) - 1;

  /** First byte, page, checkpoint, encoding, length, segment, offset, checksum. */
  private static final int ROW_BYTES_MAX = 1 + 2 + 8 + 1 + 4 + 5 + 5 + 4;

  private static final int ROW_BYTES_EXPECTED = 16;

  private TractMapFormat() {}

  static byte[] encode(TractMap map) {
    long[] words = map.words();
    long[] zeros = map.zeros();
    int size = map.size();
    PackedOutput out = new PackedOutput(VERSION, 32 + 8 * zeros.length + ROW_BYTES_EXPECTED * size);
    out.varint(zeros.length);
    for (int i = 0; i < zeros.length; i++) {
      out.varint(i == 0 ? zeros[0] : zeros[i - 1] - zeros[i]);
    }
    out.varint(size);
    int page = -1;
    long checkpoint = 0;
    long next = 0;
    for (int at = 0; at < size * TractMap.ROW_WORDS; at += TractMap.ROW_WORDS) {
      long first = words[at];
      long address = words[at + 1];
      long third = words[at + 2];
      int length = TractMap.lengthOf(third);
      int flags =
          pageFlags(TractMap.pageOf(first) - page)
              | shapeFlags(TractMap.encodingOf(third), length)
              | (TractMap.checkpointOf(first) == checkpoint ? SAME_CHECKPOINT : 0)
              | (length > 0 ? placeFlags(address, next) : 0);
      out.reserve(ROW_BYTES_MAX);
      out.u8(flags);
      if ((flags & PAGE_MASK) == PAGE_GIVEN) {
        out.varint(TractMap.pageOf(first) - page);
      }
      if ((flags & SAME_CHECKPOINT) == 0) {
        out.zigzag(TractMap.checkpointOf(first) - checkpoint);
      }
      if ((flags & SHAPE_MASK) == SHAPE_GIVEN) {
        out.u8(TractMap.encodingOf(third));
      }
      if ((flags & SHAPE_MASK) >= ZSTD) {
        out.varint(length);
      }
      if (length > 0) {
        writePlace(out, flags, address, next);
        out.u32(TractMap.checksumOf(third));
        next = endOf(address, length);
      }
      page = TractMap.pageOf(first);
      checkpoint = TractMap.checkpointOf(first);
    }
    return out.finish();
  }

  private static int pageFlags(int distance) {
    return distance == 0 ? SAME_PAGE : distance == 1 ? NEXT_PAGE : PAGE_GIVEN;
  }

  private static int shapeFlags(int encoding, int length) {
    if (encoding == PageEncoding.RAW.code() && length == COMMON_LENGTH) {
      return RAW_COMMON;
    }
    if (encoding == PageEncoding.ZERO.code()) {
      return ZERO;
    }
    return encoding == PageEncoding.ZSTD.code() ? ZSTD : SHAPE_GIVEN;
  }

  private static int placeFlags(long address, long next) {
    if (address == next) {
      return SEQUENTIAL;
    }
    return address >>> 32 == next >>> 32 ? SAME_SEGMENT : 0;
  }

  /** Distances wrap around in 32 bits: every address can be said. */
  private static void writePlace(PackedOutput out, int flags, long address, long next) {
    if ((flags & SEQUENTIAL) != 0) {
      return;
    }
    if ((flags & SAME_SEGMENT) == 0) {
      out.zigzag((int) (address >>> 32) - (int) (next >>> 32));
    }
    out.zigzag((int) address - (int) next);
  }

  private static long endOf(long address, int length) {
    return place((int) (address >>> 32), (int) address + length);
  }

  private static long place(int segment, int offset) {
    return ((long) segment << 32) | (offset & 0xffff_ffffL);
  }

  static TractMap decode(String source, byte[] bytes) throws IOException {
    PackedInput in = new PackedInput(source, bytes, VERSION);
    long[] zeros = new long[in.count(1)];
    for (int i = 0; i < zeros.length; i++) {
      zeros[i] =
          i == 0
              ? in.varint(1, CheckpointId.MAX, "checkpoint of a zero declaration")
              : zeros[i - 1] - in.varint(1, zeros[i - 1] - 1, "distance to the one before");
    }
    int size = in.count(1);
    long[] words = new long[size * TractMap.ROW_WORDS];
    RowReader rows = new RowReader(in);
    for (int at = 0; at < words.length; at += TractMap.ROW_WORDS) {
      rows.next(words, at);
    }
    in.end();
    return size == 0 && zeros.length == 0 ? TractMap.empty() : new TractMap(words, size, zeros);
  }

  /** What a row is told relative to. */
  private static final class RowReader {
    private final PackedInput in;
    private int page = -1;
    private long checkpoint;
    private long next;

    RowReader(PackedInput in) {
      this.in = in;
    }

    void next(long[] words, int at) throws CorruptionException {
      int flags = in.u8();
      if ((flags & ~FLAGS) != 0) {
        throw in.corrupt("a row's first byte", Integer.toString(flags));
      }
      readPageAndCheckpoint(flags);
      int encoding = readEncoding(flags);
      boolean content = PageEncoding.ofCode(encoding).hasContent();
      int length = readLength(flags, content);
      words[at] = TractMap.firstWord(page, checkpoint);
      if (content) {
        long address = readPlace(flags);
        words[at + 1] = address;
        words[at + 2] = TractMap.thirdWord(in.u32(), encoding, length);
        next = endOf(address, length);
      } else {
        in.require(
            (flags & (SEQUENTIAL | SAME_SEGMENT)) == 0,
            "a page without content",
            "one with a place");
        words[at + 2] = TractMap.thirdWord(0, encoding, 0);
      }
    }

    private void readPageAndCheckpoint(int flags) throws CorruptionException {
      int step =
          switch (flags & PAGE_MASK) {
            case SAME_PAGE -> 0;
            case NEXT_PAGE -> 1;
            case PAGE_GIVEN -> (int) in.varint(2, TractMap.PAGES_MAX, "distance to the next page");
            default -> throw in.corrupt("a page step", "the unused code");
          };
      page += step;
      if (page < 0 || page >= TractMap.PAGES_MAX) {
        throw in.corrupt("a page of a tract", Integer.toString(page));
      }
      long before = checkpoint;
      if ((flags & SAME_CHECKPOINT) == 0) {
        checkpoint += in.zigzag();
      }
      if (checkpoint <= 0 || checkpoint > CheckpointId.MAX) {
        throw in.corrupt("a checkpoint id", Long.toString(checkpoint));
      }
      if (step == 0 && checkpoint >= before) {
        throw in.corrupt("an older version of page " + page, "one of checkpoint " + checkpoint);
      }
    }

    private int readEncoding(int flags) throws CorruptionException {
      return switch (flags & SHAPE_MASK) {
        case RAW_COMMON -> PageEncoding.RAW.code();
        case ZERO -> PageEncoding.ZERO.code();
        case ZSTD -> PageEncoding.ZSTD.code();
        default -> {
          int code = in.u8();
          if (!PageEncoding.isKnown(code)) {
            throw in.corrupt("a page encoding", Integer.toString(code));
          }
          yield code;
        }
      };
    }

    private int readLength(int flags, boolean content) throws CorruptionException {
      return switch (flags & SHAPE_MASK) {
        case RAW_COMMON -> COMMON_LENGTH;
        case ZERO -> 0;
        default ->
            content
                ? (int) in.varint(1, RegionSpec.PAGE_BYTES_MAX, "length")
                : (int) in.varint(0, 0, "length");
      };
    }

    private long readPlace(int flags) throws CorruptionException {
      if ((flags & SEQUENTIAL) != 0) {
        in.require((flags & SAME_SEGMENT) == 0, "one kind of place", "two");
        return next;
      }
      int segment = (int) (next >>> 32);
      if ((flags & SAME_SEGMENT) == 0) {
        segment += readDistance();
      }
      return place(segment, (int) next + readDistance());
    }

    private int readDistance() throws CorruptionException {
      long distance = in.zigzag();
      if (distance != (int) distance) {
        throw in.corrupt("a distance of 32 bits", Long.toString(distance));
      }
      return (int) distance;
    }
  }
}
