package io.hydrant.testkit.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.clean.CleaningPolicy;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.store.SpaceAccount.ImageSpace;
import io.hydrant.engine.store.SpaceAccount.Known;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What an image is said to take is what it takes, to the byte. */
class SpaceTest {
  private static final int PAGES = 256;
  private static final long PAGE_BYTES = StoreFixture.PAGE_BYTES;

  private final StoreFixture fixture = StoreFixture.withPages(PAGES);

  SpaceTest() throws Exception {}

  private ImageSpace space() throws Exception {
    ImageSpace space = fixture.store().space().of(fixture.image()).orElseThrow();
    assertEquals(
        fixture.store().cleaner().liveBytes().get(fixture.image()),
        space.totalBytes(),
        "the count that cleaning goes by");
    assertEquals(space.totalBytes(), known().mappedBytes(), "what is known without counting");
    return space;
  }

  private Known known() {
    return fixture.store().space().known(fixture.image());
  }

  @Test
  void whatIsStagedIsKnownUntilItIsPublishedOrDropped() throws Exception {
    assertEquals(new Known(0, 0, 0, false), fixture.store().space().known(new ImageId(99)));
    CheckpointScript full = fixture.full().raw(1, 0, 19).zero(20, PAGES - 1).slim(1, 504);
    long fullBytes = 20 * PAGE_BYTES + 504;
    assertEquals(new Known(0, fullBytes, 0, false), known());
    CheckpointScript next = fixture.on(full.key().checkpoint()).raw(1_000, 0, 7);
    assertEquals(new Known(0, fullBytes + 8 * PAGE_BYTES, 0, false), known());
    full.commit();
    assertEquals(new Known(fullBytes, 8 * PAGE_BYTES, fullBytes, false), known());
    fixture.submit(new Command.Abort(next.key(), Optional.empty()));
    assertEquals(new Known(fullBytes, 0, fullBytes, false), known());
    fixture.submit(new Command.DeleteImage(fixture.image(), false));
    assertEquals(new Known(0, 0, 0, false), known());
  }

  /** A checkpoint that is being published is not held against its image twice. */
  @Test
  void whatGoesIntoTheMapsIsKnownOnce() throws Exception {
    fixture.full().all(1, 20).commit();
    AtomicLong most = new AtomicLong(20 * PAGE_BYTES);
    AtomicLong over = new AtomicLong();
    AtomicBoolean ended = new AtomicBoolean();
    Thread reader =
        Thread.ofPlatform()
            .start(() -> {
              while (!ended.get()) {
                Known known = known();
                over.accumulateAndGet(
                    known.mappedBytes() + known.stagedBytes() - most.get(), Math::max);
              }
            });
    for (int i = 0; i < 300; i++) {
      CheckpointScript next = fixture.onHead();
      for (int first = 0; first < PAGES; first += 16) {
        most.addAndGet(16 * PAGE_BYTES);
        next.raw(1_000L * i, first, first + 15);
      }
      next.commit();
    }
    ended.set(true);
    reader.join();
    assertEquals(0, Math.max(0, over.get()));
    assertEquals(most.get(), known().mappedBytes() + known().stagedBytes());
  }

  @Test
  void whatAnEarlierLifeStagedIsKnownWithItsPadding() throws Exception {
    CheckpointScript full = fixture.full().raw(1, 0, 19).slim(1, 504);
    fixture.replica().await(full.staged().durable(1));
    fixture.snapshot();
    full.raw(21, 20, 29);
    fixture.replica().await(full.staged().durable(2));
    fixture.closeAndReopen();
    long staged = known().stagedBytes();
    long bytes = 30 * PAGE_BYTES + 504;
    assertTrue(staged >= bytes && staged < bytes + 100, "staged: " + staged);
  }

  @Test
  void countsByWhoNeedsIt() throws Exception {
    assertEquals(Optional.empty(), fixture.store().space().of(new ImageId(99)));
    assertEquals(new ImageSpace(0, 0, 0), space());
    fixture.full().raw(1, 0, 19).zero(20, PAGES - 1).slim(1, 504).commit();
    assertEquals(new ImageSpace(20 * PAGE_BYTES + 504, 0, 0), space());
    fixture.onHead().raw(1_000, 0, 7).slim(2, 304).commit();
    assertEquals(new ImageSpace(20 * PAGE_BYTES + 304, 8 * PAGE_BYTES + 504, 0), space());
    // Zero hides: what it hides is history only.
    fixture.onHead().zero(0, 9).commit();
    assertEquals(new ImageSpace(10 * PAGE_BYTES, 18 * PAGE_BYTES + 808, 0), space());
    for (int i = 1; i <= 30; i++) {
      fixture.onHead().raw(10_000L * i, 10, 10).commit();
      fixture.retireAll();
    }
    int kept = fixture.store().catalog().image(fixture.image()).orElseThrow().committed().size();
    assertTrue(kept < 30, "kept: " + kept);
    ImageSpace retired = space();
    assertEquals(10 * PAGE_BYTES, retired.liveBytes());
    assertEquals((kept - 1) * PAGE_BYTES, retired.historyBytes());
    for (int round = 0; round < 20; round++) {
      fixture.store().cleaner().step(new CleaningPolicy(1, 0, 0));
      fixture.runBackground();
    }
    assertEquals(new ImageSpace(10 * PAGE_BYTES, (kept - 1) * PAGE_BYTES, 0), space());
  }

  @Test
  void aFullCheckpointBeginsANewLine() throws Exception {
    fixture.full().raw(1, 0, 19).zero(20, PAGES - 1).commit();
    fixture.onHead().raw(1_000, 10, 14).commit();
    fixture.full().raw(2_000, 0, 9).zero(10, PAGES - 1).commit();
    assertEquals(new ImageSpace(10 * PAGE_BYTES, 25 * PAGE_BYTES, 0), space());
    CheckpointId newest =
        fixture.store().catalog().image(fixture.image()).orElseThrow().committed().lastKey();
    assertTrue(newest.value() >= 3);
  }

  @Test
  void filesAndRoomAddUpToWhatThereIs() throws Exception {
    fixture.full().raw(1, 0, 19).zero(20, PAGES - 1).commit();
    long files = fixture.store().files().fileBytes();
    long free = fixture.store().files().freeBytes();
    assertTrue(files > 0 && free > 0);
    assertEquals(
        fixture.store().cleaner().look().orElseThrow().allocatedBytes(), files, "no spares yet");
  }
}
