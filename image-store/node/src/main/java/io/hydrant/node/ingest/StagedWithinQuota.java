package io.hydrant.node.ingest;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.store.Refusal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One open checkpoint, held to its image's quota: its stream pauses where the image has to be
 * counted first, and a message that would make the image exceed the quota is refused. Confined to
 * the stream's mailbox, as its stream is.
 */
final class StagedWithinQuota implements StagedGroup {
  private final StagedGroup within;
  private final Quotas quotas;

  /**
   * The count that the stream waits for, or has waited for: the message behind it goes by what it
   * found, however late it comes to it. Null if none was needed.
   */
  private @Nullable CompletableFuture<?> count;

  StagedWithinQuota(StagedGroup within, Quotas quotas) {
    this.within = within;
    this.quotas = quotas;
  }

  @Override
  public CheckpointKey key() {
    return within.key();
  }

  /** What is staged. */
  private interface Step {
    void run() throws Refusal, IOException;
  }

  @Override
  public void patch(int region, int tract, PageTable table, ByteBuffer payload, ByteBuffer asSent)
      throws Refusal, IOException {
    stage(payload.remaining(), () -> within.patch(region, tract, table, payload, asSent));
  }

  @Override
  public void slim(long offset, int checksum, ByteBuffer bytes) throws Refusal, IOException {
    stage(bytes.remaining(), () -> within.slim(offset, checksum, bytes));
  }

  private void stage(long bytes, Step step) throws Refusal, IOException {
    count = null;
    if (!quotas.reserve(key(), bytes)) {
      step.run();
      return;
    }
    try {
      step.run();
    } finally {
      quotas.release(key().image(), bytes);
    }
  }

  @Override
  public void zeroTracts(int region, long firstTract, long number) throws Refusal, IOException {
    within.zeroTracts(region, firstTract, number);
  }

  @Override
  public int patches() {
    return within.patches();
  }

  @Override
  public CompletableFuture<Integer> durable(int patches) {
    return within.durable(patches);
  }

  @Override
  public boolean isOpenForMore() {
    return within.isOpenForMore() && isCounted();
  }

  private boolean isCounted() {
    if (count == null) {
      CompletableFuture<?> known = quotas.known(key().image());
      if (known.isDone()) {
        return true;
      }
      count = known;
    }
    return count.isDone();
  }

  @Override
  public void onOpenForMore(Runnable action) {
    if (count == null || !within.isOpenForMore()) {
      within.onOpenForMore(action);
    } else {
      count.whenComplete((_, _) -> action.run());
    }
  }

  @Override
  public CompletableFuture<Held> finish(Command.Content claimed) throws Refusal, IOException {
    return within.finish(claimed);
  }
}
