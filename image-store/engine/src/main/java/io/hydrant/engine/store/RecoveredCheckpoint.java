package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.codec.PageCodec;
import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.PageTable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/**
 * Staged records that an earlier life of the process left behind. Nothing can be added to them (the
 * running digest and the protector's stream are gone), but a checkpoint whose manifest is here can
 * still be committed: its records are checked again, and this replica states it anew (PROTOCOL R7).
 */
final class RecoveredCheckpoint implements StagedCheckpoint {
  private final StagedRecords records;
  private final StagedReader reader;

  private final PageCodec codec;

  RecoveredCheckpoint(StagedRecords records, StagedReader reader, PageCodec codec) {
    this.records = records;
    this.reader = reader;
    this.codec = codec;
  }

  @Override
  public CheckpointKey key() {
    return records.key();
  }

  @Override
  public void patch(int region, int tract, PageTable table, ByteBuffer payload) throws Refusal {
    throw refuse();
  }

  @Override
  public void zeroTracts(int region, long firstTract, long count) throws Refusal {
    throw refuse();
  }

  @Override
  public void slim(long offset, int checksum, ByteBuffer bytes) throws Refusal {
    throw refuse();
  }

  @Override
  public int patches() {
    return records.patches().size();
  }

  @Override
  public CompletableFuture<Integer> durable(int patches) {
    // Recovery has synced whatever it kept.
    return CompletableFuture.completedFuture(patches());
  }

  @Override
  public CompletableFuture<Command.Content> finish(Command.Content claimed)
      throws Refusal, IOException {
    Command.Content own;
    try {
      own =
          reader
              .verifiedIfHere(records, codec)
              .orElseThrow(() ->
                  new Refusal(
                      Rejection.ABORTED,
                      key() + " has ended, and its bytes are gone; open a new one"))
              .content();
    } catch (CorruptionException e) {
      throw new Refusal(
          Rejection.ABORTED,
          "%s was not complete when the server stopped (%s); open a new one"
              .formatted(key(), e.getMessage()));
    }
    if (!own.digest().equals(claimed.digest())) {
      throw new Refusal(
          Rejection.DIGEST_MISMATCH,
          "%s: the commit states digest %s, but what is stored has %s; open a new checkpoint"
              .formatted(key(), claimed.digest(), own.digest()));
    }
    return CompletableFuture.completedFuture(own);
  }

  private Refusal refuse() {
    return new Refusal(
        Rejection.ABORTED,
        "%s was interrupted when the server stopped and cannot be continued; open a new one"
            .formatted(key()));
  }
}
