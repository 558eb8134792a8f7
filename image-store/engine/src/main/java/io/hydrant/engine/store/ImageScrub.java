package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.TractKey;
import io.hydrant.engine.segment.SegmentLog;
import io.hydrant.engine.store.SlimReader.Chunk;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/** Verifies one image at a time: its tracts, then its slim states. One thread. */
final class ImageScrub {
  private final Catalog catalog;
  private final SegmentLog log;
  private final LogSlimReader slims;
  private final DamageNotes damage;
  private final ScrubReport report;
  private final TractScrub tractScrub;
  private final VerifiedBytes verified;

  private ImageId image = new ImageId(1);
  private int region;
  private int tract;
  private boolean tractsDone = true;
  private final Deque<CheckpointId> checkpoints = new ArrayDeque<>();

  ImageScrub(
      StoreParts parts,
      LogSlimReader slims,
      TractScrub tractScrub,
      DamageNotes damage,
      ScrubReport report,
      VerifiedBytes verified) {
    this.catalog = parts.catalog();
    this.log = parts.log();
    this.slims = slims;
    this.tractScrub = tractScrub;
    this.damage = damage;
    this.report = report;
    this.verified = verified;
  }

  void begin(ImageId next, int firstRegion, int firstTract) {
    image = next;
    region = firstRegion;
    tract = firstTract;
    tractsDone = false;
    checkpoints.clear();
    tractScrub.leave();
  }

  boolean isDone() {
    return tractsDone && checkpoints.isEmpty();
  }

  /** The tract that is being verified, or comes next. */
  int region() {
    return region;
  }

  int tract() {
    return tract;
  }

  /**
   * Verifies a run of pages, or a slim state.
   *
   * @return bytes read
   */
  long step() throws IOException {
    if (!tractScrub.isDone()) {
      long read = tractScrub.step();
      if (tractScrub.isDone()) {
        tract++;
      }
      return read;
    }
    if (!tractsDone) {
      nextTract();
      return 0;
    }
    return slim(new CheckpointKey(image, checkpoints.removeFirst()));
  }

  private void nextTract() throws IOException {
    Optional<ImageState> state = catalog.image(image);
    int[] tracts = state.map(Pruning::tracts).orElse(new int[0]);
    while (region < tracts.length && tract >= tracts[region]) {
      region++;
      tract = 0;
    }
    if (region < tracts.length) {
      tractScrub.begin(new TractKey(image, region, tract));
      if (tractScrub.isDone()) {
        tract++;
      }
      return;
    }
    tractsDone = true;
    state.ifPresent(known -> checkpoints.addAll(known.committed().keySet()));
  }

  private long slim(CheckpointKey key) throws IOException {
    long read = 0;
    for (Chunk chunk : slims.stored(key).orElse(List.of())) {
      try {
        slims.verifiedPinned(key, chunk);
      } catch (CorruptionException e) {
        bad(key, chunk, e);
      }
      read += chunk.length();
      verified.add(Address.ofPacked(chunk.address()).segment(), chunk.length());
    }
    return read;
  }

  private void bad(CheckpointKey key, Chunk chunk, CorruptionException e) throws IOException {
    boolean retained =
        catalog
            .image(key.image())
            .map(state -> state.committed().containsKey(key.checkpoint()))
            .orElse(false);
    // One that was retired or written anew meanwhile may be gone with its segment.
    if (retained && slims.stored(key).orElse(List.of()).contains(chunk)) {
      Address address = Address.ofPacked(chunk.address());
      damage.slim(key);
      report.bytes(
          new ScrubFinding.Slim(
              key,
              log.pathOf(address),
              address.offset(),
              "expected %s, found %s".formatted(e.expected(), e.actual())),
          chunk.address());
    }
  }
}
