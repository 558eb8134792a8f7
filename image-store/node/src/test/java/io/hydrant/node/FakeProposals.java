package io.hydrant.node;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Entry;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.node.replication.Proposals;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** A log that applies to a catalog at once, or holds entries back until it is told to go on. */
public final class FakeProposals implements Proposals {
  private final Catalog catalog;
  private final List<Command> proposed = new ArrayList<>();
  private final Deque<Runnable> held = new ArrayDeque<>();
  private long index;
  private @Nullable Throwable failing;

  /** What entries are stamped with. */
  public LongSupplier clock = () -> index;

  /** Whether this replica leads. */
  public boolean leads = true;

  /** Entries wait for {@link #go}. */
  public boolean silent;

  public FakeProposals(Catalog catalog) {
    this.catalog = catalog;
  }

  public Outcome apply(Command command) {
    return catalog
        .apply(
            new EntryPosition(1, index++),
            new Entry(clock.getAsLong(), RequestId.NONE, RequestId.NONE, command))
        .outcome();
  }

  @Override
  public CompletableFuture<Outcome> propose(Command command, RequestId request) {
    proposed.add(command);
    CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    Throwable failure = failing;
    if (failure != null) {
      failing = null;
      outcome.completeExceptionally(failure);
      return outcome;
    }
    held.add(() -> outcome.complete(apply(command)));
    if (!silent) {
      go(held.size());
    }
    return outcome;
  }

  /** The next proposal fails so. */
  public void failNext(Throwable failure) {
    failing = failure;
  }

  /** Applies the next entries that were held back. */
  public void go(int count) {
    for (int i = 0; i < count; i++) {
      held.remove().run();
    }
  }

  /** What was proposed since the last time. */
  public List<Command> take() {
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
