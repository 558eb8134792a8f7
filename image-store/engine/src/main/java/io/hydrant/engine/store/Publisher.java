package io.hydrant.engine.store;

import static java.util.Objects.requireNonNull;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.index.ImageUsage;
import io.hydrant.engine.index.PageMaps;
import io.hydrant.engine.index.Retained;
import io.hydrant.engine.index.SegmentUsage;
import io.hydrant.engine.index.TractMap;
import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.TractKey;
import io.hydrant.engine.segment.Appended;
import io.hydrant.engine.segment.LogRecord;
import io.hydrant.engine.segment.SegmentLog;
import io.hydrant.engine.store.ImageHoles.Hole;
import io.hydrant.engine.store.Manifest.ZeroRun;
import io.hydrant.engine.store.SlimReader.Chunk;
import io.hydrant.engine.store.Staging.Staged;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes a committed checkpoint's staged records readable: merges them into the page maps (PROTOCOL,
 * step "publish"), within a change of the {@link StoreWriter} (R14). Page tables that are not in
 * memory any more are read back from the log, so memory does not grow with the checkpoint, and a
 * replay after a restart goes the same way.
 */
final class Publisher {
  /** A late checkpoint is merged in steps: an entry waits for one of them, not for all. */
  private static final int PATCHES_OF_STEP = 64;

  private final Catalog catalog;
  private final SegmentLog log;
  private final Staging staging;
  private final PageMaps maps;
  private final SlimRows slims;
  private final SegmentUsage usage;
  private final MissingTracts missing;
  private final StoreWriter writer;
  private final Executor executor;
  private final BooleanSupplier alone;
  private final StoreEvents events;

  Publisher(StoreParts parts, StoreWriter writer, ImageStorePorts ports) {
    this.catalog = parts.catalog();
    this.log = parts.log();
    this.staging = parts.staging();
    this.maps = parts.maps();
    this.slims = parts.slims();
    this.usage = parts.usage();
    this.missing = parts.missing();
    this.writer = writer;
    this.executor = ports.publisher();
    this.alone = ports.alone();
    this.events = ports.events();
  }

  /**
   * Publishes a checkpoint as its commit entry is applied, or notes that it is missing: never a
   * reason to skip the entry (R15). Within a change.
   *
   * @param image the image as of that entry
   * @param index of that entry
   */
  void publish(ImageState image, CheckpointKey key, Command.Content content, long index)
      throws IOException {
    Hole hole = new Hole(content.digest(), index, TractSet.ALL, false);
    Staged staged = staging.staged(key);
    if (staged != null && isWhole(staged)) {
      staging.moveToLate(key);
      merge(image, new Merge(key, staged.records()), hole, Integer.MAX_VALUE);
      return;
    }
    if (alone.getAsBoolean()) {
      lost(key, hole, staged);
      return;
    }
    missing.add(key, hole);
    missing.fold(
        key.image(), id -> isForgotten(new CheckpointKey(key.image(), new CheckpointId(id))));
    events.on(new StoreEvent.BytesAwaited(key, staged != null && staged.session() != null));
    if (staged == null) {
      return;
    }
    if (staged.session() == null) {
      staging.drop(key); // begun in an earlier life: it can never become whole
    } else {
      staging.moveToLateBounded(key);
      completeWhenWhole(key, staged);
    }
  }

  /** Whether nothing of a checkpoint is on its way. */
  private boolean isForgotten(CheckpointKey key) {
    return staging.anywhere(key) == null;
  }

  /**
   * Nobody else can have these bytes: nothing may build on them (SEND_FULL), and what is left of
   * them is kept, should somebody be able to read it.
   */
  private void lost(CheckpointKey key, Hole hole, @Nullable Staged staged) {
    missing.add(key, hole.withUnreadable());
    events.on(
        new StoreEvent.BytesMissing(
            key, staged == null ? "nothing of it is here" : "not all of it is durable here"));
    staging.moveToLate(key);
    if (staged != null && staged.session() != null) {
      completeWhenWhole(key, staged);
    }
  }

  /** Whether everything of it is here and durable. Waits for nobody. */
  boolean isWhole(Staged staged) throws IOException {
    return staged.session() == null
        ? staging.reader().isWhole(staged.records())
        : staged.session().isWhole(log.durable());
  }

  /** As {@link ImageStore#isCompleting}. */
  boolean isCompleting(CheckpointKey asOf) {
    return staging.isCompletingUpTo(
        asOf, key -> missing.hole(key).map(Hole::unreadable).orElse(false));
  }

  /**
   * The receiver of a checkpoint that is committed and missing: what comes late may complete it.
   * Within a change.
   */
  Late receiveLate(CheckpointKey key, CheckpointInfo checkpoint) {
    if (missing.hole(key).map(Hole::unreadable).orElse(true)) {
      return new Late.NotAwaited();
    }
    Staged known = staging.late(key);
    Optional<Staged> receiver = staging.receiverOfLate(key, checkpoint);
    if (receiver.isEmpty()) {
      return new Late.TooMany();
    }
    Staged late = receiver.get();
    StagingSession session = late.session();
    if (session == null) {
      return new Late.NotAwaited(); // an earlier life's is not continued
    }
    if (late != known) {
      completeWhenWhole(key, late);
    }
    return new Late.Receiver(session);
  }

  /** Who takes what comes late. */
  sealed interface Late {
    record Receiver(StagedCheckpoint receiver) implements Late {}

    /** All of it is here, cannot be read, or is of no use. */
    record NotAwaited() implements Late {}

    record TooMany() implements Late {}
  }

  /** Completes what is late as soon as it is whole, perhaps at once, but not in the caller. */
  void completeSoon(CheckpointKey key) {
    Staged late = staging.late(key);
    if (late != null && late.session() != null) {
      completeWhenWhole(key, late);
    } else if (late != null) {
      executor.execute(() -> completeLate(key, late));
    }
  }

  private void completeWhenWhole(CheckpointKey key, Staged late) {
    requireNonNull(late.session())
        .whole()
        .whenComplete((_, _) -> executor.execute(() -> completeLate(key, late)));
  }

  private void completeLate(CheckpointKey key, Staged late) {
    try {
      completeInSteps(key, late);
    } catch (Throwable e) {
      if (!writer.isClosed()) {
        events.on(new StoreEvent.Fault(e));
      }
      if (e instanceof Error error) {
        throw error;
      }
    }
  }

  /**
   * Publishes what an earlier life left of committed checkpoints. Before anything is applied; a few
   * changes for each.
   */
  void completeRecovered() throws IOException {
    for (CheckpointKey key : staging.lateKeys()) {
      Staged late = staging.late(key);
      if (late != null) {
        completeInSteps(key, late);
      }
    }
  }

  /** Entries are applied in between: until the last step the checkpoint is missing as before. */
  private void completeInSteps(CheckpointKey key, Staged late) throws IOException {
    Merge merge = new Merge(key, late.records());
    boolean more = true;
    while (more) {
      more = writer.tryChange(() -> completeIfWhole(merge, late)).orElse(false);
    }
  }

  /**
   * @param late as it was when this was asked for: another one has been begun since if it is gone
   * @return whether there is more to do
   */
  private boolean completeIfWhole(Merge merge, Staged late) throws IOException {
    CheckpointKey key = merge.key;
    Optional<ImageState> image = catalog.image(key.image());
    Optional<Hole> hole = missing.hole(key);
    if (staging.late(key) != late) {
      return false;
    }
    if (image.isPresent() && hole.isPresent() && isWhole(late)) {
      return merge(image.get(), merge, hole.get(), PATCHES_OF_STEP);
    }
    if (image.isEmpty() || !hole.map(Hole::unreadable).orElse(false)) {
      staging.forget(key);
    }
    return false;
  }

  /** How far a checkpoint has been merged. */
  private static final class Merge {
    private final CheckpointKey key;
    private final StagedRecords records;
    private @Nullable Manifest manifest;
    private int patches;

    Merge(CheckpointKey key, StagedRecords records) {
      this.key = key;
      this.records = records;
    }
  }

  /**
   * Merges what is whole here; what is left of a failure is that the checkpoint is missing.
   *
   * @return whether there is more to do
   */
  private boolean merge(ImageState image, Merge merge, Hole hole, int patchesMax)
      throws IOException {
    CheckpointKey key = merge.key;
    try {
      Manifest manifest = merge.manifest;
      if (manifest == null) {
        manifest = staging.reader().manifest(merge.records);
        merge.manifest = manifest;
      }
      Digest own = manifest.content().digest();
      if (!own.equals(hole.digest())) {
        if (hole.unreadable() || alone.getAsBoolean()) {
          missing.add(key, hole.withUnreadable());
        } else {
          missing.add(key, hole);
          staging.forget(key); // other bytes than those that were committed: of no use
        }
        events.on(
            new StoreEvent.BytesMissing(
                key, "what came has digest %s, committed was %s".formatted(own, hole.digest())));
        return false;
      }
      staging.mergeBegins(key.image(), usage.total(key.image()));
      boolean more;
      try {
        more = mergeSome(image, merge, manifest, patchesMax);
      } finally {
        staging.mergeEnds(key, usage.total(key.image()));
      }
      if (more) {
        return true;
      }
      missing.remove(key);
      staging.published(key);
    } catch (CorruptionException e) {
      // The records stay: the error may pass, and they are the only copy here.
      missing.add(key, hole.withUnreadable());
      events.on(new StoreEvent.BytesMissing(key, "" + e.getMessage()));
    }
    return false;
  }

  private boolean mergeSome(ImageState image, Merge merge, Manifest manifest, int patchesMax)
      throws IOException {
    CheckpointKey key = merge.key;
    StagedRecords records = merge.records;
    Retained retained = Retained.of(image.retainedLines());
    ImageUsage imageUsage = usage.image(key.image());
    int end = (int) Math.min(manifest.patches().size(), (long) merge.patches + patchesMax);
    mergePatches(merge, end, manifest, retained, imageUsage);
    if (end < manifest.patches().size()) {
      return true;
    }
    mergeZeroTracts(key, manifest, retained, imageUsage);
    if (image.committed().containsKey(key.checkpoint())) {
      putSlim(key, records, manifest, imageUsage);
    }
    return false;
  }

  private void mergePatches(
      Merge merge, int end, Manifest manifest, Retained retained, ImageUsage imageUsage)
      throws IOException {
    CheckpointKey key = merge.key;
    StagedRecords records = merge.records;
    for (int number = merge.patches; number < end; number++) {
      LogRecord.Patch patch = staging.reader().patch(records, manifest, number);
      TractKey tract = new TractKey(key.image(), patch.region(), patch.tract());
      maps.put(
          tract,
          current(tract)
              .merge(
                  key.checkpoint().value(),
                  patch.table(),
                  records.patches().get(number).payload(),
                  retained,
                  imageUsage));
    }
    merge.patches = end;
  }

  private void mergeZeroTracts(
      CheckpointKey key, Manifest manifest, Retained retained, ImageUsage imageUsage)
      throws IOException {
    for (ZeroRun run : manifest.zeroRuns()) {
      for (long tract = run.firstTract(); tract < run.firstTract() + run.count(); tract++) {
        TractKey tractKey = new TractKey(key.image(), run.region(), (int) tract);
        maps.put(
            tractKey, current(tractKey).mergeZero(key.checkpoint().value(), retained, imageUsage));
      }
    }
  }

  private TractMap current(TractKey key) throws IOException {
    TractMap map = maps.get(key);
    return map == null ? TractMap.empty() : map;
  }

  private void putSlim(
      CheckpointKey key, StagedRecords records, Manifest manifest, ImageUsage imageUsage)
      throws IOException {
    List<Chunk> chunks = new ArrayList<>(manifest.slimChunks());
    for (int number = 0; number < manifest.slimChunks(); number++) {
      LogRecord.Slim slim = staging.reader().slim(records, number);
      Appended at = records.slims().get(number);
      chunks.add(
          new Chunk(slim.offset(), slim.payloadBytes(), slim.checksum(), at.payload().packed()));
    }
    retire(key);
    for (Chunk chunk : chunks) {
      imageUsage.add(Address.ofPacked(chunk.address()).segment(), chunk.length());
    }
    slims.put(key, chunks);
  }

  /** Everything of the image is dead. Within a change. */
  void dropImage(ImageId image) {
    staging.dropImage(image);
    maps.dropImage(image);
    slims.dropImage(image);
    usage.dropImage(image);
    missing.dropImage(image);
  }

  /** Lets go of missing checkpoints that nothing retained builds on, or lacks any more. */
  void forgetMissing(ImageState image) {
    missing.tidy(image).forEach(staging::forget);
  }

  /** Takes bad rows that nothing retained shows any more out of their maps. Within a change. */
  void forgetDamaged(ImageState image) throws IOException {
    for (CheckpointKey key : missing.damaged().slimsOf(image.id())) {
      if (!image.committed().containsKey(key.checkpoint())) {
        missing.repairedSlim(key);
      }
    }
    List<TractKey> tracts = missing.damaged().tractsOf(image.id());
    if (tracts.isEmpty()) {
      return;
    }
    Retained retained = Retained.of(image.retainedLines());
    for (TractKey tract : tracts) {
      TractMap pruned = current(tract).prune(retained, usage.image(image.id()));
      maps.put(tract, pruned);
      missing.repaired(tract, pruned);
    }
  }

  /**
   * The checkpoint cannot be restored any more: its slim state is dead. Its pages go as maps are
   * pruned.
   */
  void retire(CheckpointKey key) throws IOException {
    List<Chunk> chunks = slims.get(key).orElse(List.of());
    ImageUsage imageUsage = usage.image(key.image());
    for (Chunk chunk : chunks) {
      imageUsage.add(Address.ofPacked(chunk.address()).segment(), -chunk.length());
    }
    slims.remove(key);
  }
}
