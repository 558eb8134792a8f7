package io.hydrant.engine.catalog;

/**
 * What a command may know of the entry that carries it.
 *
 * @param index its place in the log
 * @param nowMillis catalog time: the greatest leader's clock seen so far
 * @param request who repeats what
 */
record EntryContext(long index, long nowMillis, RequestId request) {

  /** Whether this is a repeat of the request that made something. */
  boolean repeats(RequestId first) {
    return request.equals(first) && !request.equals(RequestId.NONE);
  }
}
