package io.hydrant.node.cluster;

import io.hydrant.node.data.MemberAddress;
import io.hydrant.peer.v1.HelloRequest;
import io.hydrant.peer.v1.HelloResponse;
import io.hydrant.peer.v1.Refusal;
import io.hydrant.v1.Reason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a node does before it opens its log: it says Hello to all members that can be reached, so
 * that one which does not belong there never sends them a message of the log.
 *
 * <p>One that was told to be a copy stops. For other reasons it stops if nobody accepts it: a
 * member that lags may not know yet who belongs to the group, and a stranger may sit at the address
 * of a member that is away.
 */
public final class Arrival {
  private static final Logger LOG = LoggerFactory.getLogger(Arrival.class);

  private final Doorkeeper keeper;
  private final PeerCalls calls;

  public Arrival(Doorkeeper keeper, PeerCalls calls) {
    this.keeper = keeper;
    this.calls = calls;
  }

  /**
   * Waits for the answers of those that are there.
   *
   * @param members as they are known here, this node among them
   * @throws RefusedByGroupException this node must not start
   */
  public void greet(List<MemberAddress> members) throws IOException {
    Answers answers = ask(members);
    if (answers.accepted() == 0 && !answers.refusals().isEmpty()) {
      throw new RefusedByGroupException(
          "no member takes this node in: " + String.join("; ", answers.refusals()));
    }
    answers.refusals().forEach(refusal -> LOG.warn("a member refused this node: {}", refusal));
  }

  /**
   * As {@link #greet}, for one that is to join and has no log yet: nobody may know of it before a
   * leader has made it a member, and until then it says nothing to the others.
   */
  public void introduce(List<MemberAddress> members) throws IOException {
    ask(members)
        .refusals()
        .forEach(refusal -> LOG.info("a member does not know this node yet: {}", refusal));
  }

  private record Answers(int accepted, List<String> refusals) {}

  private Answers ask(List<MemberAddress> members) throws IOException {
    HelloRequest self = keeper.self();
    List<CompletableFuture<HelloResponse>> answers = new ArrayList<>();
    List<String> addresses = new ArrayList<>();
    for (MemberAddress member : members) {
      // Its own name at another address is either a copy, or it has moved and nobody is there.
      if (!member.peerAddress().equals(self.getPeerAddress())) {
        addresses.add(member.peerAddress());
        answers.add(calls.helloIfThere(member.peerAddress(), self));
      }
    }
    int accepted = 0;
    List<String> refusals = new ArrayList<>();
    for (int i = 0; i < answers.size(); i++) {
      HelloResponse answer = await(answers.get(i));
      if (answer == null) {
        LOG.info("no answer from the peer at {}", addresses.get(i));
        continue;
      }
      if (answer.hasRefusal()) {
        Refusal refusal = answer.getRefusal();
        if (refusal.getReason() == Reason.REASON_NAME_TAKEN) {
          throw new RefusedByGroupException(refusal.getMessage());
        }
        refusals.add(refusal.getMessage());
      } else if (keeper.refusal(answer.getSelf()).isPresent()) {
        refusals.add(keeper.refusal(answer.getSelf()).get().getMessage());
      } else {
        keeper.admit(answer.getSelf());
        accepted++;
      }
    }
    return new Answers(accepted, refusals);
  }

  private static @Nullable HelloResponse await(CompletableFuture<HelloResponse> answer)
      throws IOException {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while starting", e);
    }
  }
}
