package io.hydrant.node.ingest;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.StagedCheckpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A group of one: what this replica holds is held.
 *
 * @param here this replica's staged records
 * @param selfId this replica, as the only holder
 */
public record StagedAlone(StagedCheckpoint here, String selfId) implements StagedGroup {
  @Override
  public CheckpointKey key() {
    return here.key();
  }

  @Override
  public void patch(int region, int tract, PageTable table, ByteBuffer payload, ByteBuffer asSent)
      throws Refusal, IOException {
    here.patch(region, tract, table, payload);
  }

  @Override
  public void zeroTracts(int region, long firstTract, long count) throws Refusal, IOException {
    here.zeroTracts(region, firstTract, count);
  }

  @Override
  public void slim(long offset, int checksum, ByteBuffer bytes) throws Refusal, IOException {
    here.slim(offset, checksum, bytes);
  }

  @Override
  public int patches() {
    return here.patches();
  }

  @Override
  public CompletableFuture<Integer> durable(int patches) {
    return here.durable(patches);
  }

  @Override
  public boolean isOpenForMore() {
    return true;
  }

  @Override
  public void onOpenForMore(Runnable action) {
    action.run();
  }

  @Override
  public CompletableFuture<Held> finish(Command.Content claimed) throws Refusal, IOException {
    return here.finish(claimed).thenApply(content -> new Held(content, List.of(selfId)));
  }
}
