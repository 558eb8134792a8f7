package io.hydrant.bench.cadence;

import io.hydrant.bench.data.PageSet;
import io.hydrant.bench.kill.StepWriter;
import io.hydrant.bench.store.StoreImage;
import io.hydrant.client.CheckpointWriter;
import io.hydrant.client.CommittedCheckpoint;
import io.hydrant.client.ProtectionStream;
import io.hydrant.client.UnavailableException;
import io.hydrant.v1.Region;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** A guest's checkpoints to the store, through the client library. */
public final class StoreSender implements CheckpointSender {
  /**
   * Of the first checkpoint, which is larger than what the library keeps to send it again: a leader
   * that is lost meanwhile, among processes that have just started, costs it as a whole.
   */
  private static final int BEGINNINGS_MAX = 5;

  private final GuestStream stream;
  private final ProtectionStream protection;
  private final List<String> failures = new ArrayList<>();
  private @Nullable CheckpointWriter writer;
  private long number;

  public StoreSender(GuestStream stream, ProtectionStream protection) {
    this.stream = stream;
    this.protection = protection;
  }

  /**
   * Commits what the image has in the beginning: before the first loop.
   *
   * @throws ExecutionException the library's failure
   */
  public void begin() throws InterruptedException, ExecutionException {
    for (int beginning = 1; ; beginning++) {
      try {
        full();
        return;
      } catch (UnavailableException e) {
        failures.add("at the beginning: " + e.getMessage());
        if (beginning == BEGINNINGS_MAX) {
          throw e;
        }
      } catch (ExecutionException e) {
        failures.add("at the beginning: " + e.getMessage());
        if (!(e.getCause() instanceof UnavailableException) || beginning == BEGINNINGS_MAX) {
          throw e;
        }
      }
    }
  }

  private void full() throws InterruptedException, ExecutionException {
    Region region = StoreImage.region(stream.imageBytes());
    try (CheckpointWriter full = protection.openFull(List.of(region))) {
      StepWriter.full(full, stream.begin(), stream.imageBytes() / region.getPageBytes());
      full.commit().get();
    }
  }

  /** What went wrong in the beginning. */
  public List<String> failures() {
    return List.copyOf(failures);
  }

  /** The first of a loop builds on the newest that is committed, the others on the one before. */
  @Override
  public void open(long number) {
    this.number = number;
    writer =
        number == 0
            ? protection.openIncremental(protection.head().orElseThrow())
            : protection.openIncremental(opened());
  }

  @Override
  public CompletableFuture<Long> send() {
    CheckpointWriter due = opened();
    PageSet set = stream.pages(number);
    due.batch(0, set.pages(), set.content());
    byte[] slim = stream.slim(number);
    if (slim.length > 0) {
      due.slim(slim);
    }
    CompletableFuture<CommittedCheckpoint> committed = due.commit();
    return committed.thenApply(_ -> System.nanoTime());
  }

  @Override
  public void end() {
    opened().close();
  }

  private CheckpointWriter opened() {
    if (writer == null) {
      throw new IllegalStateException("no checkpoint was opened");
    }
    return writer;
  }
}
