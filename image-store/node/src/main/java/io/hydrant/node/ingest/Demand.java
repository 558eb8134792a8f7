package io.hydrant.node.ingest;

import java.util.function.IntConsumer;

/**
 * How many messages a stream may still receive: at most a window's are received and not yet taken.
 * They are asked for half a window at a time, since each asking is a hop to the connection's
 * thread, which costs more than taking a small message. Not safe for use by several threads at
 * once.
 */
public final class Demand {
  private final IntConsumer request;
  private final int lump;
  private int taken;

  /**
   * Asks for the first ones.
   *
   * @param request asks the transport for so many more
   * @param window messages, 1 or more
   */
  public Demand(IntConsumer request, int window) {
    this.request = request;
    this.lump = Math.max(1, window / 2);
    request.accept(window);
  }

  /** One has been taken. */
  public void taken() {
    taken++;
    if (taken == lump) {
      taken = 0;
      request.accept(lump);
    }
  }
}
