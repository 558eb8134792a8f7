package io.hydrant.node;

import io.hydrant.node.replication.FailStop;
import io.hydrant.raftlog.RemovedFromGroupException;
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

  /** Of sysexits.h: it must not be started again as it is. */
  static final int REMOVED_EXIT_CODE = 78;

  private static final Logger LOG = LoggerFactory.getLogger(ProcessHalt.class);

  private final AtomicBoolean halting = new AtomicBoolean();

  @Override
  public void stop(String what, Throwable cause) {
    if (!halting.compareAndSet(false, true)) {
      return;
    }
    int code = cause instanceof RemovedFromGroupException ? REMOVED_EXIT_CODE : EXIT_CODE;
    if (code == REMOVED_EXIT_CODE) {
      LOG.error(
          "stopping the process, exit code {}: this node was removed from its group ({}). Empty its data directory to let it join anew",
          code,
          cause.getMessage());
    } else {
      LOG.error(
          "stopping the process, exit code {}: {} ({}). What was acknowledged is kept; check the disk, then restart",
          code,
          what,
          cause.toString(),
          cause);
    }
    System.err.flush();
    Runtime.getRuntime().halt(code);
  }
}
