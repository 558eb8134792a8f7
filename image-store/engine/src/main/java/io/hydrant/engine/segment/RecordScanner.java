package io.hydrant.engine.segment;

import io.hydrant.engine.files.CorruptionException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Reads the headers of one segment's records through a window, so that small records cost few reads
 * and the payloads of large ones are not read. One thread.
 */
final class RecordScanner {
  /** What is read when records are small: dozens of them at once. */
  private static final int WINDOW_BYTES_MAX = 256 << 10;

  /** What is read when the next header is far away: a header with a page table of usual size. */
  private static final int WINDOW_BYTES_MIN = 8 << 10;

  /** Records below this length are worth a large window. */
  private static final int SMALL_RECORD_BYTES = 32 << 10;

  private final OpenHandles handles;
  private final SegmentFile segment;
  private final String path;
  private final RecordCodec codec = new RecordCodec();
  private final ByteBuffer window;
  private int windowOffset;
  private int windowBytes = WINDOW_BYTES_MAX;

  /**
   * @param path for messages
   */
  RecordScanner(OpenHandles handles, SegmentFile segment, String path) {
    this(handles, segment, path, newWindow());
  }

  /**
   * @param window of {@link #newWindow}; nobody else uses it meanwhile
   */
  RecordScanner(OpenHandles handles, SegmentFile segment, String path, ByteBuffer window) {
    this.handles = handles;
    this.segment = segment;
    this.path = path;
    this.window = window.limit(0);
  }

  /** For whoever scans one segment after the other. */
  static ByteBuffer newWindow() {
    return ByteBuffer.allocateDirect(WINDOW_BYTES_MAX).order(ByteOrder.LITTLE_ENDIAN);
  }

  int lengthBytes() {
    return segment.header().lengthBytes();
  }

  SegmentFile segment() {
    return segment;
  }

  /** What begins at an offset; never {@link Parsed.Short}. */
  Parsed at(int offset) throws IOException {
    if (lengthBytes() - offset < SegmentFormat.RECORD_FIXED_BYTES) {
      return new Parsed.Bad("a record", "the end of the segment");
    }
    if (offset < windowOffset || offset >= windowOffset + window.limit()) {
      fill(offset, windowBytes);
    }
    Placement placement = new Placement(segment.header().life(), offset);
    Parsed parsed = codec.parse(window, offset - windowOffset, placement, lengthBytes());
    if (parsed instanceof Parsed.Short tooShort) {
      fill(offset, Math.max(windowBytes, tooShort.bytes()));
      parsed = codec.parse(window, offset - windowOffset, placement, lengthBytes());
      if (parsed instanceof Parsed.Short still) {
        // The fixed header was cut off first, the page table now.
        fill(offset, Math.max(windowBytes, still.bytes()));
        parsed = codec.parse(window, offset - windowOffset, placement, lengthBytes());
      }
    }
    return switch (parsed) {
      case Parsed.Found found -> {
        windowBytes =
            found.frame().recordBytes() < SMALL_RECORD_BYTES ? WINDOW_BYTES_MAX : WINDOW_BYTES_MIN;
        yield found;
      }
      case Parsed.End end -> end;
      case Parsed.Bad bad -> bad;
      case Parsed.Short _ ->
          new Parsed.Bad("a file of %d bytes".formatted(lengthBytes()), "the end of the file");
    };
  }

  /**
   * Looks for a record of this life behind a bad one.
   *
   * @return "durable through" of the first record behind {@code offset} that says {@code offset}
   *     was durable when it was appended, or 0 if there is none
   */
  int evidenceBehind(int offset) throws IOException {
    long signature = RecordCodec.signature(segment.header().life());
    int last = lengthBytes() - SegmentFormat.RECORD_FIXED_BYTES;
    windowBytes = WINDOW_BYTES_MAX;
    int at = SegmentFormat.aligned(offset + 1);
    while (at <= last) {
      if (at < windowOffset || at + Long.BYTES > windowOffset + window.limit()) {
        fill(at, WINDOW_BYTES_MAX);
        if (window.limit() < Long.BYTES) {
          return 0;
        }
      }
      if (window.getLong(at - windowOffset) == signature) {
        int durableThrough =
            switch (at(at)) {
              case Parsed.Found found -> found.frame().durableThrough();
              case Parsed.End end -> end.frame().durableThrough();
              case Parsed.Bad _, Parsed.Short _ -> 0;
            };
        windowBytes = WINDOW_BYTES_MAX;
        if (durableThrough > offset) {
          return durableThrough;
        }
      }
      at += SegmentFormat.RECORD_ALIGNMENT;
    }
    return 0;
  }

  /**
   * Where a walk goes on behind a record whose header is bad, so that one bad record does not hide
   * the next one: where its lengths say, if anything like a record or the end is there; else at the
   * next signature of this life, sound or not.
   *
   * @param end of the segment's records
   */
  int behindBad(int offset, int end) throws IOException {
    long claimed = claimedEnd(offset);
    if (claimed == end || claimed < end && isLikeRecord((int) claimed)) {
      return (int) claimed;
    }
    long signature = RecordCodec.signature(segment.header().life());
    for (int at = SegmentFormat.aligned(offset + 1);
        at <= end - SegmentFormat.RECORD_FIXED_BYTES;
        at += SegmentFormat.RECORD_ALIGNMENT) {
      if (word(at) == signature) {
        return at;
      }
    }
    return end;
  }

  private long claimedEnd(int offset) throws IOException {
    require(offset, SegmentFormat.RECORD_FIXED_BYTES);
    return window.limit() < offset - windowOffset + SegmentFormat.RECORD_FIXED_BYTES
        ? Long.MAX_VALUE
        : offset + RecordCodec.claimedBytes(window, offset - windowOffset);
  }

  /** One half of a signature may be bad as well. */
  private boolean isLikeRecord(int offset) throws IOException {
    long signature = RecordCodec.signature(segment.header().life());
    long word = word(offset);
    return (int) word == (int) signature || word >>> 32 == signature >>> 32;
  }

  private long word(int offset) throws IOException {
    require(offset, Long.BYTES);
    int at = offset - windowOffset;
    return at + Long.BYTES <= window.limit() ? window.getLong(at) : 0;
  }

  /** Whether there are only zeros; a few bytes. */
  boolean isZero(int from, int end) throws IOException {
    for (int offset = from; offset < end; offset++) {
      require(offset, 1);
      if (offset - windowOffset >= window.limit() || window.get(offset - windowOffset) != 0) {
        return false;
      }
    }
    return true;
  }

  private void require(int offset, int bytes) throws IOException {
    if (offset < windowOffset || offset + bytes > windowOffset + window.limit()) {
      fill(offset, Math.max(bytes, windowBytes));
    }
  }

  CorruptionException corrupt(int offset, Parsed.Bad bad) {
    return new CorruptionException(path, offset, bad.expected(), bad.actual());
  }

  CorruptionException corrupt(int offset, String expected, String actual) {
    return new CorruptionException(path, offset, expected, actual);
  }

  private void fill(int offset, int bytes) throws IOException {
    windowOffset = offset;
    window.clear().limit(Math.min(bytes, lengthBytes() - offset));
    handles.read(segment, offset, window);
    window.flip();
  }
}
