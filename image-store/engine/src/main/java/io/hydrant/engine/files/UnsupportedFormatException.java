package io.hydrant.engine.files;

import java.io.IOException;

/** A well-formed file of a format version outside the range that this program reads. */
public final class UnsupportedFormatException extends IOException {
  private static final long serialVersionUID = 1L;

  public UnsupportedFormatException(String path, int version, int oldest, int newest) {
    super(
        version > newest
            ? "%s has format version %d, newer than %d, the newest this version of Hydrant reads: run the newer Hydrant that wrote it"
                .formatted(path, version, newest)
            : "%s has format version %d, older than %d, the oldest this version of Hydrant reads: open it with an older Hydrant first"
                .formatted(path, version, oldest));
  }
}
