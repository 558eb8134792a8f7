package io.hydrant.node.peer;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.replica.Frame;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.StagedCheckpoint;
import io.hydrant.node.ingest.Held;
import io.hydrant.node.ingest.StagedGroup;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * An open checkpoint on its way to all replicas: every step is taken here first, which verifies it,
 * and then sent on as it came. Nothing waits for a peer but the end, which waits for enough of
 * them.
 */
final class ForwardedCheckpoint implements StagedGroup {
  private final StagedCheckpoint here;
  private final Forwarding forwarding;
  private final LeaderStreams leader;
  private boolean ended;

  ForwardedCheckpoint(StagedCheckpoint here, Forwarding forwarding, LeaderStreams leader) {
    this.here = here;
    this.forwarding = forwarding;
    this.leader = leader;
  }

  @Override
  public CheckpointKey key() {
    return here.key();
  }

  @Override
  public synchronized void patch(
      int region, int tract, PageTable table, ByteBuffer payload, ByteBuffer asSent)
      throws Refusal, IOException {
    forwarding.requireLive();
    here.patch(region, tract, table, payload);
    leader.forward(
        forwarding,
        new Frame.Step.Batch(region, tract, table, payload, Optional.of(asSent)),
        asSent.remaining());
  }

  @Override
  public synchronized void zeroTracts(int region, long firstTract, long count)
      throws Refusal, IOException {
    forwarding.requireLive();
    here.zeroTracts(region, firstTract, count);
    leader.forward(forwarding, new Frame.Step.ZeroTracts(region, firstTract, count), 0);
  }

  @Override
  public synchronized void slim(long offset, int checksum, ByteBuffer bytes)
      throws Refusal, IOException {
    forwarding.requireLive();
    here.slim(offset, checksum, bytes);
    leader.forward(forwarding, new Frame.Step.Slim(offset, checksum, bytes), bytes.remaining());
  }

  @Override
  public int patches() {
    return here.patches();
  }

  @Override
  public CompletableFuture<Integer> durable(int patches) {
    CompletableFuture<Integer> byMajority = forwarding.durable(patches);
    here.durable(patches)
        .whenComplete((count, failure) -> {
          if (count == null) {
            byMajority.completeExceptionally(failure);
          } else {
            leader.durableHere(forwarding, count);
          }
        });
    return byMajority;
  }

  @Override
  public boolean isOpenForMore() {
    return leader.isOpenForMore();
  }

  @Override
  public void onOpenForMore(Runnable action) {
    leader.onOpenForMore(action);
  }

  @Override
  public synchronized CompletableFuture<Held> finish(Command.Content claimed)
      throws Refusal, IOException {
    forwarding.requireLive();
    CompletableFuture<Command.Content> own = here.finish(claimed);
    if (!ended) {
      ended = true;
      leader.finishing(forwarding, claimed);
      if (!forwarding.isAsked()) {
        leader.forward(forwarding, new Frame.Step.Finish(claimed), 0);
      }
      own.whenComplete((content, failure) -> {
        if (content == null) {
          forwarding.fail(failure);
        } else {
          leader.holdsHere(forwarding, content);
        }
      });
    }
    return forwarding.held();
  }
}
