package io.hydrant.node.peer;

import java.util.HashMap;
import java.util.Map;

/**
 * Lets what would be said again and again be said once in a while. Not safe for several threads.
 */
final class Seldom<K> {
  private final long everyNanos;
  private final Map<K, Long> saidNanos = new HashMap<>();

  Seldom(long everyNanos) {
    this.everyNanos = everyNanos;
  }

  /** Whether it was not said for so long, or never; if so, it counts as said now. */
  boolean isDue(K what, long nowNanos) {
    Long said = saidNanos.get(what);
    if (said != null && nowNanos - said < everyNanos) {
      return false;
    }
    saidNanos.put(what, nowNanos);
    return true;
  }

  void forget(K what) {
    saidNanos.remove(what);
  }
}
