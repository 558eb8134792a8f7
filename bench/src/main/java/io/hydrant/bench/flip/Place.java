package io.hydrant.bench.flip;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A part of a segment file that has a checksum, or must be zeros: whatever bit of it turns over has
 * to be found.
 *
 * @param from first byte
 * @param to behind the last byte
 * @param record first byte of the record that it belongs to; 0 of the header block
 * @param page of a page's bytes: which one
 */
record Place(Path file, Kind kind, long from, long to, long record, Optional<PageRow> page) {
  enum Kind {
    HEADER_BLOCK("header blocks"),
    FOOTER("footers"),
    RECORD_HEADER("record headers"),
    PAYLOAD("payloads");

    private final String text;

    Kind(String text) {
      this.text = text;
    }

    String text() {
      return text;
    }
  }

  /**
   * Bytes that a checkpoint wrote.
   *
   * @param image uid
   * @param writer checkpoint
   */
  record PageRow(long image, long page, long writer) {}

  boolean has(Path path, long offset) {
    return file.equals(path) && offset >= from && offset < to;
  }
}
