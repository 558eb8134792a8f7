package io.hydrant.node.peer;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.node.ingest.Mailbox;
import io.hydrant.peer.v1.AskStatedRequest;
import io.hydrant.peer.v1.PeerServiceGrpc;
import io.hydrant.peer.v1.Stated;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Asks one other member what it holds of a checkpoint (PROTOCOL, AskStated): what it had said
 * before was lost with a leader, or with its own life. Used within its link's mailbox.
 */
final class StatedQuestions {
  private static final long ASK_MILLIS_MAX = 2_000;

  private final PeerServiceGrpc.PeerServiceStub stub;
  private final Mailbox mailbox;

  /** Questions under way: one for each checkpoint is enough. */
  private final Set<CheckpointKey> asking = new HashSet<>();

  StatedQuestions(PeerServiceGrpc.PeerServiceStub stub, Mailbox mailbox) {
    this.stub = stub;
    this.mailbox = mailbox;
  }

  /**
   * @param heard gets the answer, in the mailbox; nothing if none comes
   */
  void ask(Forwarding forwarding, Consumer<Stated> heard) {
    Command.Content claimed = forwarding.claimed();
    CheckpointKey key = forwarding.key();
    if (claimed == null || !asking.add(key)) {
      return;
    }
    stub.withDeadlineAfter(ASK_MILLIS_MAX, TimeUnit.MILLISECONDS)
        .askStated(
            AskStatedRequest.newBuilder()
                .setImage(key.image().value())
                .setCheckpoint(key.checkpoint().value())
                .setEpoch(forwarding.epoch().value())
                .setClaim(StageMessages.finish(claimed))
                .build(),
            new PeerAnswer<>() {
              @Override
              public void onNext(Stated stated) {
                mailbox.post(() -> {
                  asking.remove(key);
                  heard.accept(stated);
                });
              }

              @Override
              public void onError(Throwable failure) {
                mailbox.post(() -> asking.remove(key));
              }
            });
  }
}
