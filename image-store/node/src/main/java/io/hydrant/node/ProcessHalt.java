package io.hydrant.node;

import io.hydrant.node.replication.FailStop;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends the process at once, without closing anything: what is not durable now must not become so by
 * a second try (PROTOCOL R13). A restart recovers.
 */
final class ProcessHalt implements FailStop {
  /** Of sysexits.h: an internal error that a human must look at. */
  static final int EXIT_CODE = 70;

  private static final Logger LOG = LoggerFactory.getLogger(ProcessHalt.class);

  private final AtomicBoolean halting = new AtomicBoolean();

  @Override
  public void stop(String what, Throwable cause) {
    if (halting.compareAndSet(false, true)) {
      LOG.error(
          "stopping the process, exit code {}: {} ({}). What was acknowledged is kept; check the disk, then restart",
          EXIT_CODE,
          what,
          cause.toString(),
          cause);
      System.err.flush();
      Runtime.getRuntime().halt(EXIT_CODE);
    }
  }
}
