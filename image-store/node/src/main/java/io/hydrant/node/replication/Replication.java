package io.hydrant.node.replication;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Entry;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.raftlog.RaftLog;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Stamps commands with the leader's time and hands them to the log. */
public final class Replication implements Proposals {
  private final RaftLog log;
  private final InstantSource clock;
  private final RequestId client;

  /**
   * @param client this node, as the one who speaks for its callers
   */
  public Replication(RaftLog log, InstantSource clock, RequestId client) {
    this.log = log;
    this.clock = clock;
    this.client = client;
  }

  @Override
  public CompletableFuture<Outcome> propose(Command command, RequestId request) {
    byte[] bytes = EntryCodec.encode(new Entry(clock.millis(), client, request, command));
    if (bytes.length > RaftLog.COMMAND_BYTES_MAX) {
      throw new IllegalArgumentException(
          "a command of %d bytes; at most %d go into the log"
              .formatted(bytes.length, RaftLog.COMMAND_BYTES_MAX));
    }
    return log.submit(bytes).thenApply(OutcomeCodec::decode);
  }

  @Override
  public CompletableFuture<Long> current() {
    return log.readIndex();
  }

  @Override
  public boolean leads() {
    return log.status().leader();
  }

  /** The failure itself, without the wrapping that futures add. */
  public static Throwable cause(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }
}
