package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.index.ImageUsage;
import io.hydrant.engine.index.PageMaps;
import io.hydrant.engine.index.Retained;
import io.hydrant.engine.index.SegmentUsage;
import io.hydrant.engine.index.TractMap;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.TractKey;
import io.hydrant.engine.segment.Appended;
import io.hydrant.engine.segment.LogRecord;
import io.hydrant.engine.store.Manifest.ZeroRun;
import io.hydrant.engine.store.SlimReader.Chunk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes a committed checkpoint's staged records readable: merges them into the page maps (PROTOCOL,
 * step "publish"), within a change of the {@link StoreWriter} (R14). Page tables that are not in
 * memory any more are read back from the log, so memory does not grow with the checkpoint, and a
 * replay after a restart goes the same way.
 */
final class Publisher {
  private final Staging staging;
  private final PageMaps maps;
  private final SlimRows slims;
  private final SegmentUsage usage;
  private final MissingTracts missing;
  private final StoreEvents events;

  Publisher(
      Staging staging,
      PageMaps maps,
      SlimRows slims,
      SegmentUsage usage,
      MissingTracts missing,
      StoreEvents events) {
    this.staging = staging;
    this.maps = maps;
    this.slims = slims;
    this.usage = usage;
    this.missing = missing;
    this.events = events;
  }

  /**
   * Publishes a checkpoint as its commit entry is applied.
   *
   * @param image the image as of that entry
   * @param index of that entry
   */
  void publish(ImageState image, CheckpointKey key, Command.Content content, long index)
      throws IOException {
    StagedRecords records = staging.take(key);
    try {
      merge(image, key, required(key, records), content);
    } catch (CorruptionException e) {
      // Never a reason to skip the entry (R15): the bytes are missing here, and said to be.
      // Its records stay: the error may pass, and they are the only copy here.
      missing.add(key, new ImageHoles.Hole(content.digest(), index, TractSet.ALL, records != null));
      if (records != null) {
        staging.keep(records);
      }
      events.on(new StoreEvent.BytesMissing(key, "" + e.getMessage()));
    }
  }

  private static StagedRecords required(CheckpointKey key, @Nullable StagedRecords records)
      throws CorruptionException {
    if (records == null) {
      throw new CorruptionException(key.toString(), 0, "staged records", "none");
    }
    return records;
  }

  private void merge(
      ImageState image, CheckpointKey key, StagedRecords records, Command.Content content)
      throws IOException {
    Manifest manifest = staging.reader().manifest(records);
    if (!manifest.content().digest().equals(content.digest())) {
      throw new CorruptionException(
          key.toString(), 0, "digest " + content.digest(), "" + manifest.content().digest());
    }
    Retained retained = Retained.of(image.retainedLines());
    ImageUsage imageUsage = usage.image(key.image());
    mergePatches(key, records, manifest, retained, imageUsage);
    mergeZeroTracts(key, manifest, retained, imageUsage);
    putSlim(key, records, manifest, imageUsage);
  }

  private void mergePatches(
      CheckpointKey key,
      StagedRecords records,
      Manifest manifest,
      Retained retained,
      ImageUsage imageUsage)
      throws IOException {
    for (int number = 0; number < manifest.patches().size(); number++) {
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
      imageUsage.add(at.payload().segment(), slim.payloadBytes());
    }
    slims.put(key, chunks);
  }

  /** Lets go of missing checkpoints that nothing retained builds on, or lacks any more. */
  void forgetMissing(ImageState image) {
    missing.tidy(image).forEach(staging::forget);
  }

  /**
   * The checkpoint cannot be restored any more: its slim state is dead. Its pages go as maps are
   * pruned.
   */
  void retire(CheckpointKey key) throws IOException {
    List<Chunk> chunks = slims.get(key).orElse(List.of());
    ImageUsage imageUsage = usage.image(key.image());
    for (Chunk chunk : chunks) {
      imageUsage.add(
          io.hydrant.engine.model.Address.ofPacked(chunk.address()).segment(), -chunk.length());
    }
    slims.remove(key);
  }
}
