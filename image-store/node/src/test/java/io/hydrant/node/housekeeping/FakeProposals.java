package io.hydrant.node.housekeeping;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Entry;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.node.replication.Proposals;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A log that applies to a catalog at once, or holds answers back. */
final class FakeProposals implements Proposals {
  private final Catalog catalog;
  final List<Command> proposed = new ArrayList<>();
  boolean leads = true;
  boolean silent;
  private long index;

  FakeProposals(Catalog catalog) {
    this.catalog = catalog;
  }

  Outcome apply(Command command) {
    return catalog
        .apply(
            new EntryPosition(1, index++),
            new Entry(index, RequestId.NONE, RequestId.NONE, command))
        .outcome();
  }

  @Override
  public CompletableFuture<Outcome> propose(Command command, RequestId request) {
    proposed.add(command);
    return silent ? new CompletableFuture<>() : CompletableFuture.completedFuture(apply(command));
  }

  /** What was proposed since the last time. */
  List<Command> take() {
    List<Command> taken = List.copyOf(proposed);
    proposed.clear();
    return taken;
  }

  @Override
  public CompletableFuture<Long> current() {
    return CompletableFuture.completedFuture(index - 1);
  }

  @Override
  public boolean leads() {
    return leads;
  }
}
