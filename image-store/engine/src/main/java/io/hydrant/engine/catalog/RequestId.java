package io.hydrant.engine.catalog;

import java.util.UUID;

/** 16 random bytes that identify a request, or an owner, across repeats. */
public record RequestId(UUID value) {
  /** For entries that are never repeated by a client. */
  public static final RequestId NONE = new RequestId(new UUID(0, 0));
}
