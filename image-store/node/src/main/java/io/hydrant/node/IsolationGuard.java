package io.hydrant.node;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.node.replication.NotLeadingException;
import io.hydrant.node.replication.Proposals;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/**
 * Keeps a node that its own group refuses from acting as one of it: it proposes nothing, and says
 * of nothing that it is current. What it has, it still serves.
 */
record IsolationGuard(Proposals log, BooleanSupplier isolated) implements Proposals {
  @Override
  public CompletableFuture<Outcome> propose(Command command, RequestId request) {
    return isolated.getAsBoolean() ? refused() : log.propose(command, request);
  }

  @Override
  public CompletableFuture<Long> current() {
    return isolated.getAsBoolean() ? refused() : log.current();
  }

  @Override
  public boolean leads() {
    return log.leads() && !isolated.getAsBoolean();
  }

  private static <T> CompletableFuture<T> refused() {
    return CompletableFuture.failedFuture(new NotLeadingException("", Optional.empty()));
  }
}
