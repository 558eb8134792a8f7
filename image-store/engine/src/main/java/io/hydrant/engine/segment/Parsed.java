package io.hydrant.engine.segment;

/** What was found where a record should begin. */
sealed interface Parsed {
  /** A record whose header and page table are sound; its payload was not looked at. */
  record Found(LogRecord record, Frame frame) implements Parsed {}

  /** The segment's footer. */
  record End(Footer footer, Frame frame) implements Parsed {}

  /** The window ends too early: try again with at least that many bytes. */
  record Short(int bytes) implements Parsed {}

  /** No record of this life of this segment. */
  record Bad(String expected, String actual) implements Parsed {}
}
