package io.hydrant.testkit.raft;

/**
 * A place in the log. Known by its identity: the same object wherever it was replicated to.
 *
 * @param <C> commands
 */
public final class RaftEntry<C> {
  private final long term;
  private final long index;
  private final Payload<C> payload;

  RaftEntry(long term, long index, Payload<C> payload) {
    this.term = term;
    this.index = index;
    this.payload = payload;
  }

  /** What it carries. */
  public sealed interface Payload<C> {
    record Command<C>(C command) implements Payload<C> {}

    /** The members from here on, committed or not. */
    record Configured<C>(RaftMembers members) implements Payload<C> {}

    /** A leader's first entry: what is committed with it is known to be. */
    record Started<C>() implements Payload<C> {}
  }

  public long term() {
    return term;
  }

  public long index() {
    return index;
  }

  public Payload<C> payload() {
    return payload;
  }

  @Override
  public String toString() {
    return "%d/%d %s".formatted(term, index, payload);
  }
}
