package io.hydrant.engine.files;

import java.io.IOException;

/**
 * Stored bytes that are not what was written. Names file, offset, what was expected and what was
 * found.
 */
public final class CorruptionException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String path;
  private final long offset;
  private final String expected;
  private final String actual;

  public CorruptionException(String path, long offset, String expected, String actual) {
    super("%s at offset %d: expected %s, found %s".formatted(path, offset, expected, actual));
    this.path = path;
    this.offset = offset;
    this.expected = expected;
    this.actual = actual;
  }

  public String path() {
    return path;
  }

  public long offset() {
    return offset;
  }

  public String expected() {
    return expected;
  }

  public String actual() {
    return actual;
  }
}
