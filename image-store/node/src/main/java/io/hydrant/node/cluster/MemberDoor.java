package io.hydrant.node.cluster;

import io.hydrant.node.data.NodeIdentity;
import io.hydrant.peer.v1.AdoptRequest;
import io.hydrant.peer.v1.AdoptResponse;
import io.hydrant.peer.v1.HelloRequest;
import io.hydrant.peer.v1.HelloResponse;
import io.hydrant.peer.v1.Refusal;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The door of a node that belongs to a group. */
public final class MemberDoor implements PeerDoor {
  private static final Logger LOG = LoggerFactory.getLogger(MemberDoor.class);

  private final Doorkeeper keeper;
  private final NodeIdentity identity;
  private final PeerCalls calls;
  private final LongSupplier applied;
  private final InstantSource clock;

  /**
   * @param applied log index that this replica has applied
   */
  public MemberDoor(
      Doorkeeper keeper,
      NodeIdentity identity,
      PeerCalls calls,
      LongSupplier applied,
      InstantSource clock) {
    this.keeper = keeper;
    this.identity = identity;
    this.calls = calls;
    this.applied = applied;
    this.clock = clock;
  }

  @Override
  public CompletableFuture<HelloResponse> hello(HelloRequest request) {
    if (request.getNode().isEmpty()) {
      return CompletableFuture.completedFuture(self());
    }
    Optional<Refusal> refusal = keeper.refusal(request);
    if (refusal.isPresent()) {
      return CompletableFuture.completedFuture(refused(request, refusal.get()));
    }
    List<String> suspects = keeper.suspects(request);
    List<CompletableFuture<Optional<Refusal>>> answers =
        suspects.stream()
            .map(address ->
                calls
                    .hello(address, Introduction.ANONYMOUS)
                    .handle((answer, failure) ->
                        answer == null
                            ? Optional.<Refusal>empty()
                            : keeper.refusal(request, answer.getSelf())))
            .toList();
    return CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
        .thenApply(_ ->
            answers.stream()
                .flatMap(answer -> answer.join().stream())
                .findFirst()
                .map(copy -> refused(request, copy))
                .orElseGet(() -> admitted(request)));
  }

  private HelloResponse admitted(HelloRequest request) {
    keeper.admit(request);
    return self();
  }

  private HelloResponse self() {
    return response().setSelf(keeper.self()).build();
  }

  private HelloResponse refused(HelloRequest request, Refusal refusal) {
    LOG.warn(
        "refused {} at {}: {}", request.getNode(), request.getPeerAddress(), refusal.getMessage());
    return response().setRefusal(refusal).build();
  }

  private HelloResponse.Builder response() {
    return HelloResponse.newBuilder()
        .setAppliedIndex(Math.max(0, applied.getAsLong()))
        .setClockMillis(clock.millis());
  }

  @Override
  public AdoptResponse adopt(AdoptRequest request) {
    return Adopting.answer(request, keeper.self(), identity);
  }
}
