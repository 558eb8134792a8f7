package io.hydrant.node.ingest;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.store.Refusal;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/** Stages what the quotas of images leave room for. */
public record WithinQuota(Staging within, Quotas quotas) implements Staging {
  @Override
  public CompletableFuture<?> readyToAdmit(ImageId image) {
    CompletableFuture<?> ready = within.readyToAdmit(image);
    CompletableFuture<?> known = quotas.known(image);
    return known.isDone() ? ready : CompletableFuture.allOf(ready, known);
  }

  @Override
  public void admitOpen(Command.Open open) throws Refusal, IOException {
    within.admitOpen(open);
    quotas.requireRoom(open.image());
  }

  @Override
  public StagedGroup staged(CheckpointKey key, Epoch epoch) throws Refusal {
    return new StagedWithinQuota(within.staged(key, epoch), quotas);
  }

  @Override
  public void requireHeld(ImageId image, Held held) throws Refusal {
    within.requireHeld(image, held);
  }

  /** Brings nothing: every byte was admitted when it was staged. */
  @Override
  public CompletableFuture<Held> held(CheckpointKey key, Epoch epoch, Command.Content claimed)
      throws Refusal, IOException {
    return within.held(key, epoch, claimed);
  }
}
