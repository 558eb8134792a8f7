package io.hydrant.client.trace;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A trace's file is not what docs/formats/trace.md says. Names the file, the place, the cause and
 * the cure.
 */
public final class MalformedTraceException extends IOException {
  private static final long serialVersionUID = 1L;

  private final String file;
  private final long offset;

  MalformedTraceException(String file, long offset, String why, @Nullable Throwable cause) {
    super(
        "%s, offset %d: %s; copy the trace again from where it came, or record it anew"
            .formatted(file, offset, why),
        cause);
    this.file = file;
    this.offset = offset;
  }

  public String file() {
    return file;
  }

  /** Bytes from the start of trace.json, or of the decompressed checkpoint. */
  public long offset() {
    return offset;
  }
}
