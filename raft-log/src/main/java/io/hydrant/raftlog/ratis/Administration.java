package io.hydrant.raftlog.ratis;

import io.hydrant.raftlog.Membership;
import io.hydrant.raftlog.MembershipConflictException;
import io.hydrant.raftlog.NotLeaderException;
import io.hydrant.raftlog.Peer;
import io.hydrant.raftlog.RefusedException;
import io.hydrant.raftlog.UnknownOutcomeException;
import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.SetConfigurationRequest;
import org.apache.ratis.protocol.exceptions.LeaderNotReadyException;
import org.apache.ratis.protocol.exceptions.LeaderSteppingDownException;
import org.apache.ratis.protocol.exceptions.ReconfigurationInProgressException;
import org.apache.ratis.protocol.exceptions.ReconfigurationTimeoutException;
import org.apache.ratis.protocol.exceptions.SetConfigurationException;
import org.jspecify.annotations.Nullable;

/** What a leader does to its group: give it another leader or other members. */
final class Administration {
  private final RunningServer server;
  private final Leadership leadership;
  private final Executor teller;

  Administration(RunningServer server, Leadership leadership, Executor teller) {
    this.server = server;
    this.leadership = leadership;
    this.teller = teller;
  }

  CompletableFuture<Void> transfer(String peerId, Duration timeout) {
    if (!leadership.isLeader()) {
      return CompletableFuture.failedFuture(new NotLeaderException(server.leaderId()));
    }
    String next = peerId.isEmpty() ? mostAdvanced() : peerId;
    if (next.isEmpty()) {
      return refused("there is no other voter", null);
    }
    CompletableFuture<Void> done = new CompletableFuture<>();
    try {
      server
          .transferLeadership(next, timeout)
          .whenCompleteAsync(
              (reply, thrown) -> {
                Throwable refusal = refusal(reply, thrown);
                if (refusal == null) {
                  done.complete(null);
                } else {
                  done.completeExceptionally(
                      new RefusedException(
                          next + " does not lead within " + timeout + ": " + refusal, refusal));
                }
              },
              teller);
    } catch (IOException | RuntimeException e) {
      return refused("leadership cannot be handed to " + next, e);
    }
    return done;
  }

  /** The other voter with most of the log, or empty. */
  private String mostAdvanced() {
    Membership members = server.membership();
    return server.matchIndices().entrySet().stream()
        .filter(member -> !member.getKey().equals(server.selfId()))
        .filter(member -> members.isVoter(member.getKey()))
        .max(Map.Entry.comparingByValue(Comparator.naturalOrder()))
        .map(Map.Entry::getKey)
        .orElse("");
  }

  /** One at a time, so that nothing comes between the comparison and Ratis' own, which is by id. */
  synchronized CompletableFuture<Void> change(
      Membership expected, List<Peer> voters, List<Peer> listeners) {
    if (!leadership.isLeader()) {
      return CompletableFuture.failedFuture(new NotLeaderException(server.leaderId()));
    }
    Membership found = server.membership();
    if (!expected.isStable() || !expected.equals(found)) {
      return CompletableFuture.failedFuture(
          new MembershipConflictException("expected " + expected + ", found " + found));
    }
    CompletableFuture<Void> done = new CompletableFuture<>();
    try {
      server
          .setConfiguration(
              SetConfigurationRequest.Arguments.newBuilder()
                  .setMode(SetConfigurationRequest.Mode.COMPARE_AND_SET)
                  .setServersInCurrentConf(Members.raftPeers(expected.voters()))
                  .setListenersInCurrentConf(Members.raftPeers(expected.listeners()))
                  .setServersInNewConf(Members.raftPeers(voters))
                  .setListenersInNewConf(Members.raftPeers(listeners))
                  .build())
          .whenCompleteAsync((reply, thrown) -> settle(done, refusal(reply, thrown)), teller);
    } catch (IOException | RuntimeException e) {
      settle(done, e);
    }
    return done;
  }

  private static void settle(CompletableFuture<Void> done, @Nullable Throwable refusal) {
    if (refusal == null) {
      done.complete(null);
      return;
    }
    String message = "the members were not changed: " + refusal.getMessage();
    done.completeExceptionally(
        switch (refusal) {
          case ReconfigurationInProgressException _ -> new MembershipConflictException(message);
          case ReconfigurationTimeoutException _ -> new RefusedException(message, refusal);
          case SetConfigurationException _ -> new RefusedException(message, refusal);
          case LeaderNotReadyException _ -> new NotLeaderException("");
          case LeaderSteppingDownException _ -> new NotLeaderException("");
          case IllegalArgumentException _ -> new RefusedException(message, refusal);
          default ->
              new UnknownOutcomeException(
                  "the members may or may not have been changed: " + refusal, refusal);
        });
  }

  private static @Nullable Throwable refusal(
      @Nullable RaftClientReply reply, @Nullable Throwable thrown) {
    if (thrown instanceof CompletionException && thrown.getCause() != null) {
      return thrown.getCause();
    }
    return thrown != null || reply == null ? thrown : reply.getException();
  }

  private static CompletableFuture<Void> refused(String message, @Nullable Throwable cause) {
    Throwable why = cause == null ? new IllegalStateException(message) : cause;
    return CompletableFuture.failedFuture(
        new RefusedException(cause == null ? message : message + ": " + cause, why));
  }
}
