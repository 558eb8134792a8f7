package io.hydrant.node;

import io.hydrant.node.config.NodeConfig;
import io.hydrant.node.replication.FailStop;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running Hydrant server, as a process's whole or embedded in another.
 *
 * <p>{@link #close} stops in order: no more calls, streams end, a last snapshot, all files closed.
 * It is a courtesy only: a process killed at any instant recovers everything it acknowledged.
 */
public final class HydrantNode implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HydrantNode.class);

  private final NodeWiring wiring;
  private final AtomicBoolean closing;
  private final int port;
  private final CountDownLatch terminated = new CountDownLatch(1);

  private HydrantNode(NodeWiring wiring, AtomicBoolean closing) {
    this.wiring = wiring;
    this.closing = closing;
    this.port = wiring.port();
  }

  /**
   * Starts a server; it serves when this returns, or waits to be made part of a cluster. A disk
   * that fails later halts the process with exit code 70.
   *
   * @throws IOException data directory unfit, in use or damaged; address not free; the message says
   *     what to do
   */
  public static HydrantNode start(NodeConfig config) throws IOException {
    return start(config, new ProcessHalt());
  }

  /**
   * As {@link #start(NodeConfig)}, with another reaction to a failed disk or a broken invariant.
   *
   * @param failStop must see to it that this node answers nothing any more
   */
  public static HydrantNode start(NodeConfig config, FailStop failStop) throws IOException {
    AtomicBoolean closing = new AtomicBoolean();
    FailStop unlessClosing =
        (what, cause) -> {
          if (closing.get()) {
            LOG.warn("while stopping: {}: {}", what, cause.toString());
          } else {
            failStop.stop(what, cause);
          }
        };
    HydrantNode node = new HydrantNode(NodeWiring.start(config, unlessClosing), closing);
    LOG.info(
        "serving on {} port {}, data in {}",
        config.listen().host(),
        node.port,
        config.dataDirectory());
    return node;
  }

  /** Where it listens; the one that was found if any was asked for. */
  public int port() {
    return port;
  }

  /** Waits until {@link #close} has ended. */
  public void awaitTermination() throws InterruptedException {
    terminated.await();
  }

  /** Stops in order; a second call waits for the first. */
  @Override
  public void close() throws IOException {
    if (!closing.compareAndSet(false, true)) {
      awaitClosed();
      return;
    }
    try {
      wiring.close();
    } finally {
      terminated.countDown();
    }
  }

  private void awaitClosed() {
    try {
      terminated.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
