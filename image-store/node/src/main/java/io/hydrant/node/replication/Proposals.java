package io.hydrant.node.replication;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.RequestId;
import java.util.concurrent.CompletableFuture;

/** Puts commands into the replicated log. */
public interface Proposals {
  /**
   * Completes, on a thread of the log that must not be held up, with the outcome of applying the
   * command here. Fails with {@link NotLeadingException} or {@link
   * io.hydrant.raftlog.UnknownOutcomeException}. Commands proposed one after the other are applied
   * in that order.
   *
   * @param request identifies the request across repeats
   */
  CompletableFuture<Outcome> propose(Command command, RequestId request);

  /** A command that no client repeats. */
  default CompletableFuture<Outcome> propose(Command command) {
    return propose(command, RequestId.NONE);
  }

  /** Completes when everything acknowledged before the call is applied here. */
  CompletableFuture<Long> current();

  /** Whether this replica leads. */
  boolean leads();
}
