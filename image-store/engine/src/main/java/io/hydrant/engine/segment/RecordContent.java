package io.hydrant.engine.segment;

import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.TractRows;
import java.nio.ByteBuffer;

/**
 * What the kinds of records say of themselves: the fields of a header behind those that every
 * record has, and the tables behind it ({@link SegmentFormat} draws them).
 */
final class RecordContent {
  static final int IMAGE = 32;
  static final int CHECKPOINT = 40;
  static final int EPOCH = 48;
  static final int NUMBER = 56;
  static final int REGION = 60;
  static final int TRACT = 64;
  static final int PAGE_BYTES = 68;
  static final int PAGE_COUNT = 72;
  static final int CHECKSUM = 76;
  static final int OFFSET = 80;
  private static final int TABLE = SegmentFormat.RECORD_FIXED_BYTES;
  private static final int MOVED_ROW_BYTES =
      SegmentFormat.PAGE_ROW_BYTES + SegmentFormat.VERSION_BYTES;

  private RecordContent() {}

  /** Header bytes of a record that is about to be appended. */
  static int headerBytes(LogRecord record) {
    return switch (record) {
      case LogRecord.Patch patch -> TABLE + patch.table().size() * SegmentFormat.PAGE_ROW_BYTES;
      case LogRecord.Moved moved -> TABLE + moved.rows().size() * MOVED_ROW_BYTES;
      case LogRecord.Slim _, LogRecord.MovedSlim _, LogRecord.Manifest _ -> TABLE;
    };
  }

  /** Puts what the kind of record has of its own; everything else is zero before. */
  static void put(ByteBuffer target, int at, LogRecord record) {
    switch (record) {
      case LogRecord.Patch patch -> {
        target.putInt(at + NUMBER, patch.number());
        putPlace(target, at, patch.region(), patch.tract(), patch.pageBytes());
        putTable(target, at, patch.table());
      }
      case LogRecord.Moved moved -> {
        putPlace(target, at, moved.region(), moved.tract(), moved.pageBytes());
        putTable(target, at, moved.rows().table());
        putVersions(target, at, moved.rows());
      }
      case LogRecord.Slim slim ->
          putSlim(target, at, slim.number(), slim.offset(), slim.checksum());
      case LogRecord.MovedSlim slim ->
          putSlim(target, at, slim.number(), slim.offset(), slim.checksum());
      case LogRecord.Manifest manifest -> target.putInt(at + NUMBER, manifest.number());
    }
  }

  private static void putPlace(ByteBuffer target, int at, int region, int tract, int pageBytes) {
    target.putInt(at + REGION, region);
    target.putInt(at + TRACT, tract);
    target.putInt(at + PAGE_BYTES, pageBytes);
  }

  private static void putSlim(ByteBuffer target, int at, int number, long offset, int checksum) {
    target.putInt(at + NUMBER, number);
    target.putInt(at + CHECKSUM, checksum);
    target.putLong(at + OFFSET, offset);
  }

  private static void putTable(ByteBuffer target, int at, PageTable table) {
    target.putInt(at + PAGE_COUNT, table.size());
    int row = at + TABLE;
    for (int page = 0; page < table.size(); page++) {
      target.putInt(row, table.pageInTract(page) | table.encodingCode(page) << 16);
      target.putInt(row + 4, table.length(page));
      target.putInt(row + 8, table.checksum(page));
      row += SegmentFormat.PAGE_ROW_BYTES;
    }
  }

  private static void putVersions(ByteBuffer target, int at, TractRows rows) {
    int next = at + TABLE + rows.size() * SegmentFormat.PAGE_ROW_BYTES;
    for (int row = 0; row < rows.size(); row++) {
      target.putLong(next, rows.version(row));
      next += SegmentFormat.VERSION_BYTES;
    }
  }

  /**
   * The record of a kind.
   *
   * @throws IllegalArgumentException if it is unsound
   */
  static Parsed parse(int kind, ByteBuffer window, int at, Frame frame) {
    return switch (kind) {
      case 1 -> new Parsed.Found(patch(window, at, frame), frame);
      case 2 -> new Parsed.Found(slim(window, at, requireNoTable(frame)), frame);
      case 3 ->
          new Parsed.Found(
              new LogRecord.Manifest(
                  key(window, at),
                  epoch(window, at),
                  window.getInt(at + NUMBER),
                  frame.payloadBytes()),
              requireNoTable(frame));
      case 4 ->
          new Parsed.End(
              new Footer(
                  window.getInt(at + NUMBER),
                  window.getLong(at + OFFSET),
                  window.getInt(at + CHECKSUM)),
              requireNoTable(frame));
      case 5 -> new Parsed.Found(moved(window, at, frame), frame);
      case 6 -> new Parsed.Found(movedSlim(window, at, requireNoTable(frame)), frame);
      default -> new Parsed.Bad("a record kind from 1 to 6", "kind " + kind);
    };
  }

  private static Frame requireNoTable(Frame frame) {
    if (frame.headerBytes() != TABLE) {
      throw new IllegalArgumentException("header of " + frame.headerBytes() + " bytes");
    }
    return frame;
  }

  private static LogRecord.Patch patch(ByteBuffer window, int at, Frame frame) {
    return new LogRecord.Patch(
        key(window, at),
        epoch(window, at),
        window.getInt(at + NUMBER),
        window.getInt(at + REGION),
        window.getInt(at + TRACT),
        window.getInt(at + PAGE_BYTES),
        pages(window, at, frame, SegmentFormat.PAGE_ROW_BYTES));
  }

  private static LogRecord.Moved moved(ByteBuffer window, int at, Frame frame) {
    PageTable table = pages(window, at, frame, MOVED_ROW_BYTES);
    long[] versions = new long[table.size()];
    int next = at + TABLE + versions.length * SegmentFormat.PAGE_ROW_BYTES;
    for (int row = 0; row < versions.length; row++) {
      versions[row] = window.getLong(next);
      next += SegmentFormat.VERSION_BYTES;
    }
    return new LogRecord.Moved(
        key(window, at),
        window.getInt(at + REGION),
        window.getInt(at + TRACT),
        window.getInt(at + PAGE_BYTES),
        new TractRows(table, versions, 0));
  }

  /**
   * @param rowBytes that the header has for each page
   */
  private static PageTable pages(ByteBuffer window, int at, Frame frame, int rowBytes) {
    int count = window.getInt(at + PAGE_COUNT);
    if (count < 0
        || count > SegmentFormat.PAGES_MAX
        || TABLE + count * rowBytes != frame.headerBytes()) {
      throw new IllegalArgumentException(
          "%d pages in a header of %d bytes".formatted(count, frame.headerBytes()));
    }
    short[] pages = new short[count];
    byte[] encodings = new byte[count];
    int[] lengths = new int[count];
    int[] checksums = new int[count];
    int row = at + TABLE;
    for (int page = 0; page < count; page++) {
      pages[page] = window.getShort(row);
      encodings[page] = window.get(row + 2);
      lengths[page] = window.getInt(row + 4);
      checksums[page] = window.getInt(row + 8);
      row += SegmentFormat.PAGE_ROW_BYTES;
    }
    PageTable table = table(pages, encodings, lengths, checksums);
    if (table.payloadBytes() != frame.payloadBytes()) {
      throw new IllegalArgumentException(
          "pages of %d bytes in a payload of %d"
              .formatted(table.payloadBytes(), frame.payloadBytes()));
    }
    return table;
  }

  private static PageTable table(short[] pages, byte[] encodings, int[] lengths, int[] checksums) {
    try {
      return new PageTable(pages, encodings, lengths, checksums);
    } catch (ArithmeticException overflow) {
      throw new IllegalArgumentException("page lengths overflow", overflow);
    }
  }

  private static LogRecord.Slim slim(ByteBuffer window, int at, Frame frame) {
    return new LogRecord.Slim(
        key(window, at),
        epoch(window, at),
        window.getInt(at + NUMBER),
        window.getLong(at + OFFSET),
        window.getInt(at + CHECKSUM),
        frame.payloadBytes());
  }

  private static LogRecord.MovedSlim movedSlim(ByteBuffer window, int at, Frame frame) {
    return new LogRecord.MovedSlim(
        key(window, at),
        window.getInt(at + NUMBER),
        window.getLong(at + OFFSET),
        window.getInt(at + CHECKSUM),
        frame.payloadBytes());
  }

  private static CheckpointKey key(ByteBuffer window, int at) {
    return CheckpointKey.of(window.getLong(at + IMAGE), window.getLong(at + CHECKPOINT));
  }

  private static Epoch epoch(ByteBuffer window, int at) {
    return new Epoch(window.getLong(at + EPOCH));
  }
}
