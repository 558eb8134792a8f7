package io.hydrant.chaos.link;

import java.util.concurrent.TimeUnit;

/**
 * What happens to bytes on their way from one server to another, whichever of the two opened the
 * connection. Safe for use by several threads.
 */
final class Way {
  private boolean open = true;
  private int delayMillis;

  synchronized void close() {
    open = false;
  }

  synchronized void delay(int millis) {
    delayMillis = millis;
  }

  synchronized void heal() {
    open = true;
    delayMillis = 0;
    notifyAll();
  }

  /**
   * Waits while the way is closed: as in a network that loses packets, the bytes come when they are
   * sent once more after it has healed.
   */
  synchronized void pass() throws InterruptedException {
    if (delayMillis > 0) {
      TimeUnit.MILLISECONDS.timedWait(this, delayMillis);
    }
    while (!open) {
      wait();
    }
  }
}
