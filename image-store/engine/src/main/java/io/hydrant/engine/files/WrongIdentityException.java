package io.hydrant.engine.files;

import java.io.IOException;

/** A file of another cluster, group or store: it must not be opened as ours. */
public final class WrongIdentityException extends IOException {
  private static final long serialVersionUID = 1L;

  public WrongIdentityException(String path, String what, Object expected, Object actual) {
    super(
        "%s belongs to %s %s, not to %s: this directory was mixed up; put the right one in its place"
            .formatted(path, what, actual, expected));
  }
}
