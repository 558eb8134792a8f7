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
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

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
  public List<StoredVersion> bad(Optional<StoredVersion> after, int max) throws IOException {
    List<StoredVersion> bad = new ArrayList<>();
    BadPages damaged = missing.damaged();
    for (ImageId id : damaged.isEmpty() ? List.<ImageId>of() : damaged.images()) {
      ImageState image = catalog.image(id).orElse(null);
      if (image == null) {
        continue;
      }
      for (TractKey tract : damaged.tractsOf(id)) {
        if (bad.size() < max && after.stream().allMatch(one -> !isBefore(tract, one.tract()))) {
          bad.addAll(shownIfReadable(image, tract));
          bad.removeIf(one -> after.isPresent() && one.compareTo(after.get()) <= 0);
        }
      }
    }
    return List.copyOf(bad.subList(0, Math.min(max, bad.size())));
  }

  private static boolean isBefore(TractKey tract, TractKey other) {
    return tract.compareTo(other) < 0;
  }

  /** Nothing of a tract whose map is bad itself: that is another damage. */
  private SortedSet<StoredVersion> shownIfReadable(ImageState image, TractKey tract)
      throws IOException {
    try {
      return shown(image, tract);
    } catch (CorruptionException e) {
      return Collections.emptySortedSet();
    }
  }

  /** Of a tract, ascending. */
  private SortedSet<StoredVersion> shown(ImageState image, TractKey tract) throws IOException {
    List<Line> lines = linesHere(image, tract);
    TractMap map = mapOf(tract);
    SortedSet<StoredVersion> shown = new TreeSet<>();
    for (BadPages.Bad one : missing.damaged().of(tract)) {
      int row = map.rowOf(one.page(), one.version());
      if (row >= 0
          && map.address(row) == one.address()
          && !isMarked(image, StoredVersion.of(tract, one.version(), one.page()))
          && ShownRows.newest(image, lines, map, row).isPresent()) {
        shown.add(StoredVersion.of(tract, one.version(), one.page()));
      }
    }
    return shown;
  }

  /** Where the tract is not here, a row may be shown because a newer one is missing. */
  private List<Line> linesHere(ImageState image, TractKey tract) {
    return image.retainedLines().stream()
        .filter(line -> missing.isHere(image.id(), line, tract.region(), tract.tract()))
        .toList();
  }

  private TractMap mapOf(TractKey tract) throws IOException {
    TractMap map = maps.get(tract);
    return map == null ? TractMap.empty() : map;
  }

  @Override
  public Answer answer(StoredVersion version) throws IOException {
    try {
      return find(version);
    } catch (CorruptionException e) {
      return Answer.UNKNOWN; // the map is bad itself
    }
  }

  private Answer find(StoredVersion version) throws IOException {
    TractKey tract = version.tract();
    // In this order: what is merged is in the map before its receiver is gone.
    boolean decided = isDecided(version);
    boolean coming =
        staging.anywhere(new CheckpointKey(tract.image(), version.checkpoint())) != null;
    for (int lookup = 0; lookup < TractExtract.LOOKUPS_MAX; lookup++) {
      ImageState image = catalog.image(tract.image()).orElse(null);
      if (image == null || !decided || isMarked(image, version)) {
        return Answer.UNKNOWN;
      }
      TractMap map = mapOf(tract);
      int row = map.rowOf(version.page(), version.checkpoint().value());
      if (row < 0) {
        return absent(image, version, coming);
      }
      Optional<RegionSpec> spec = ShownRows.spec(image, image.retainedLines(), tract, map, row);
      if (spec.isEmpty()) {
        return Answer.UNKNOWN; // retired at this moment
      }
      Answer found = map.length(row) == 0 ? Answer.GOOD : read(tract, spec.get(), map, row);
      if (found == Answer.GOOD || isThere(version, map.address(row))) {
        return found;
      }
    }
    return Answer.UNKNOWN;
  }

  private static boolean isMarked(ImageState image, StoredVersion version) {
    return image
        .damaged()
        .has(
            version.tract().region(),
            version.tract().tract(),
            version.page(),
            version.checkpoint().value());
  }

  private Answer absent(ImageState image, StoredVersion version, boolean coming) {
    CheckpointKey key = new CheckpointKey(image.id(), version.checkpoint());
    if (missing.hole(key).map(ImageHoles.Hole::unreadable).orElse(false)) {
      return Answer.UNREADABLE; // it came, and could not be merged
    }
    return !coming && isLacking(image, version) ? Answer.NONE : Answer.UNKNOWN;
  }

  /** Whether the version is among what this replica knows that it has not. */
  private boolean isLacking(ImageState image, StoredVersion version) {
    long checkpoint = version.checkpoint().value();
    TractKey tract = version.tract();
    return image.retainedLines().stream()
        .filter(line -> line.contains(checkpoint))
        .map(line -> missing.holes(image.id(), line, tract.region(), tract.tract()))
        .anyMatch(holes -> holes.unknown() || holes.leavesOut(checkpoint));
  }

  /** Whether the bytes that were read are still what the map means: neither moved nor repaired. */
  private boolean isThere(StoredVersion version, long address) throws IOException {
    TractMap map = mapOf(version.tract());
    int row = map.rowOf(version.page(), version.checkpoint().value());
    return row >= 0 && map.address(row) == address;
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

  /** Unknown if the segment went meanwhile: the map is another one by now. */
  private Answer read(TractKey tract, RegionSpec spec, TractMap map, int row) throws IOException {
    Address address = Address.ofPacked(map.address(row));
    if (!log.pin(address.segment())) {
      return Answer.UNKNOWN;
    }
    Answer found;
    try {
      ByteBuffer bytes = ByteBuffer.allocate(map.length(row));
      log.read(address, bytes);
      String wrong =
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
      found = wrong.isEmpty() ? Answer.GOOD : Answer.NONE;
    } catch (CorruptionException unreadable) {
      found = Answer.UNREADABLE;
    } finally {
      log.unpin(address.segment());
    }
    if (found != Answer.GOOD && !missing.damaged().isBad(tract, map.address(row))) {
      damage.pages(tract, new int[] {map.pageInTract(row)}, new long[] {map.address(row)});
    }
    return found;
  }
}
