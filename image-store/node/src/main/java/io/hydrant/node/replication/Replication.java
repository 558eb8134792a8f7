package io.hydrant.node.replication;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Entry;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.raftlog.NotLeaderException;
import io.hydrant.raftlog.RaftLog;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

/** Stamps commands with the leader's time and hands them to the log. */
public final class Replication implements Proposals {
  private final RaftLog log;
  private final InstantSource clock;
  private final RequestId client;
  private final Function<String, Optional<String>> addresses;

  /**
   * @param client this node, as the one who speaks for its callers
   * @param addresses where clients reach a member, by its name
   */
  public Replication(
      RaftLog log,
      InstantSource clock,
      RequestId client,
      Function<String, Optional<String>> addresses) {
    this.log = log;
    this.clock = clock;
    this.client = client;
    this.addresses = addresses;
  }

  @Override
  public CompletableFuture<Outcome> propose(Command command, RequestId request) {
    byte[] bytes = EntryCodec.encode(new Entry(clock.millis(), client, request, command));
    if (bytes.length > RaftLog.COMMAND_BYTES_MAX) {
      throw new IllegalArgumentException(
          "a command of %d bytes; at most %d go into the log"
              .formatted(bytes.length, RaftLog.COMMAND_BYTES_MAX));
    }
    return hinting(log.submit(bytes).thenApply(OutcomeCodec::decode));
  }

  @Override
  public CompletableFuture<Long> current() {
    return hinting(log.readIndex());
  }

  /** The log knows a leader by its name only. */
  private <T> CompletableFuture<T> hinting(CompletableFuture<T> answer) {
    return answer.exceptionallyCompose(failure ->
        CompletableFuture.failedFuture(
            cause(failure) instanceof NotLeaderException notLeader
                ? new NotLeadingException(
                    notLeader.leaderId(), addresses.apply(notLeader.leaderId()))
                : failure));
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
