package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.codec.PageCodec;
import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.index.PageMaps;
import io.hydrant.engine.index.TractMap;
import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.StoredVersion;
import io.hydrant.engine.model.TractKey;
import io.hydrant.engine.replica.DamageVote.Answer;
import io.hydrant.engine.segment.SegmentLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@link PageCopies} on the maps and the segment log. */
final class LogPageCopies implements PageCopies {
  private final Catalog catalog;
  private final PageMaps maps;
  private final MissingTracts missing;
  private final HoldMark settled;
  private final Staging staging;
  private final Fence fence;
  private final SegmentLog log;
  private final DamageNotes damage;
  private final PageCodec codec;

  LogPageCopies(StoreParts parts, Fence fence, DamageNotes damage, PageCodec codec) {
    this.catalog = parts.catalog();
    this.maps = parts.maps();
    this.missing = parts.missing();
    this.settled = parts.holdMark();
    this.staging = parts.staging();
    this.fence = fence;
    this.log = parts.log();
    this.damage = damage;
    this.codec = codec;
  }

  @Override
  public List<StoredVersion> bad(int max) throws IOException {
    List<StoredVersion> bad = new ArrayList<>();
    BadPages damaged = missing.damaged();
    for (ImageId id : damaged.isEmpty() ? List.<ImageId>of() : damaged.images()) {
      ImageState image = catalog.image(id).orElse(null);
      if (image != null) {
        List<Line> lines = image.retainedLines();
        for (TractKey tract : damaged.tractsOf(id)) {
          addShown(bad, image, lines, tract);
        }
      }
    }
    return List.copyOf(bad.subList(0, Math.min(max, bad.size())));
  }

  private void addShown(List<StoredVersion> bad, ImageState image, List<Line> lines, TractKey tract)
      throws IOException {
    TractMap map = mapOf(tract);
    for (BadPages.Bad one : missing.damaged().of(tract)) {
      int row = map.rowOf(one.page(), one.version());
      if (row >= 0 && map.address(row) == one.address()) {
        ShownRows.newest(image, lines, map, row)
            .ifPresent(_ -> bad.add(StoredVersion.of(tract, one.version(), one.page())));
      }
    }
  }

  private TractMap mapOf(TractKey tract) throws IOException {
    TractMap map = maps.get(tract);
    return map == null ? TractMap.empty() : map;
  }

  @Override
  public Answer answer(StoredVersion version) throws IOException {
    ImageId id = version.tract().image();
    // In this order: what is merged is in the map before its receiver is gone.
    boolean decided = isDecided(version);
    boolean coming = staging.anywhere(new CheckpointKey(id, version.checkpoint())) != null;
    for (int lookup = 0; lookup < TractExtract.LOOKUPS_MAX; lookup++) {
      Optional<ImageState> image = catalog.image(id);
      if (image.isEmpty()) {
        return catalog.isDropped(id) ? Answer.NONE : Answer.UNKNOWN;
      }
      TractMap map = mapOf(version.tract());
      int row = map.rowOf(version.page(), version.checkpoint().value());
      if (row < 0) {
        return decided && !coming ? Answer.NONE : Answer.UNKNOWN;
      }
      Optional<RegionSpec> spec =
          ShownRows.spec(image.get(), image.get().retainedLines(), version.tract(), map, row);
      if (spec.isEmpty() || fence.isUp()) {
        return Answer.UNKNOWN; // retired at this moment, or not to be believed
      }
      if (map.length(row) == 0) {
        return Answer.GOOD;
      }
      Optional<Boolean> good = isGood(version.tract(), spec.get(), map, row);
      if (good.isPresent()) {
        return good.get() ? Answer.GOOD : decided ? Answer.NONE : Answer.UNKNOWN;
      }
    }
    return Answer.UNKNOWN;
  }

  /** Whether nothing that this replica has still to apply, or to do, can give it the version. */
  private boolean isDecided(StoredVersion version) {
    long applied = catalog.applied().index();
    Optional<ImageState> image = catalog.image(version.tract().image());
    if (fence.isUp() || image.isEmpty() || !image.get().fate(version.checkpoint()).isFinal()) {
      return false;
    }
    CheckpointInfo retained = image.get().committed().get(version.checkpoint());
    long index =
        retained == null
            ? applied
            : retained.commit().map(commit -> commit.index()).orElse(applied);
    return settled.isSettled(index);
  }

  /** Empty if the segment went meanwhile: the map is another one by now. */
  private Optional<Boolean> isGood(TractKey tract, RegionSpec spec, TractMap map, int row)
      throws IOException {
    Address address = Address.ofPacked(map.address(row));
    if (!log.pin(address.segment())) {
      return Optional.empty();
    }
    String wrong;
    try {
      ByteBuffer bytes = ByteBuffer.allocate(map.length(row));
      log.read(address, bytes);
      wrong =
          new PageVerifier(codec)
              .check(
                  tract.region(),
                  spec.pageOf(tract.tract(), map.pageInTract(row)),
                  spec.pageBytes(),
                  PageEncoding.ofCode(map.encodingCode(row)),
                  map.checksum(row),
                  bytes,
                  0,
                  map.length(row));
    } catch (CorruptionException unreadable) {
      wrong = String.valueOf(unreadable.getMessage());
    } finally {
      log.unpin(address.segment());
    }
    if (!wrong.isEmpty()) {
      damage.pages(tract, new int[] {map.pageInTract(row)}, new long[] {map.address(row)});
    }
    return Optional.of(wrong.isEmpty());
  }
}
