package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.index.PageMaps;
import io.hydrant.engine.index.TractMap;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.TractKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** {@link MissingView} on the catalog and the store's missing tracts. */
final class StoreMissing implements MissingView {
  private final Catalog catalog;
  private final MissingTracts missing;
  private final PageMaps maps;
  private final Staging staging;
  private final StoreWriter writer;

  StoreMissing(StoreParts parts, StoreWriter writer) {
    this.catalog = parts.catalog();
    this.missing = parts.missing();
    this.maps = parts.maps();
    this.staging = parts.staging();
    this.writer = writer;
  }

  @Override
  public boolean isHere(ImageId image, Line line, int region, int tract) {
    return missing.isHere(image, line, region, tract);
  }

  @Override
  public boolean isSlimHere(CheckpointKey key) {
    return missing.isSlimHere(key);
  }

  @Override
  public List<Lack> lacks() {
    List<Lack> lacks = new ArrayList<>();
    for (ImageId id : missing.images().keySet()) {
      Optional<ImageState> image = catalog.image(id);
      if (image.isEmpty()) {
        continue;
      }
      for (CheckpointInfo checkpoint : image.get().committed().values()) {
        Line line = image.get().line(checkpoint.id());
        TractSet tracts = missing.notHere(id, line, checkpoint.regions());
        if (!tracts.isEmpty()) {
          lacks.add(new Lack(id, checkpoint.id(), tracts));
        }
      }
    }
    return lacks;
  }

  @Override
  public List<Lack> damages() {
    BadPages damaged = missing.damaged();
    List<Lack> damages = new ArrayList<>();
    for (ImageId id : damaged.isEmpty() ? List.<ImageId>of() : damaged.images()) {
      catalog.image(id).ifPresent(image -> damages.addAll(damages(image)));
    }
    return damages;
  }

  private List<Lack> damages(ImageState image) {
    SortedMap<CheckpointId, TractSet> byCheckpoint = new TreeMap<>();
    for (CheckpointKey key : missing.damaged().slimsOf(image.id())) {
      byCheckpoint.put(key.checkpoint(), TractSet.NONE.plusSlim());
    }
    for (TractKey tract : missing.damaged().tractsOf(image.id())) {
      for (BadPages.Bad bad : missing.damaged().of(tract)) {
        shownBy(image, tract, bad)
            .ifPresent(checkpoint ->
                byCheckpoint.merge(
                    checkpoint, TractSet.NONE.plus(tract.region(), tract.tract()), TractSet::plus));
      }
    }
    byCheckpoint.keySet().removeIf(checkpoint -> !image.committed().containsKey(checkpoint));
    return byCheckpoint.entrySet().stream()
        .map(entry -> new Lack(image.id(), entry.getKey(), entry.getValue()))
        .toList();
  }

  /** The newest retained checkpoint that shows a row. */
  private Optional<CheckpointId> shownBy(ImageState image, TractKey tract, BadPages.Bad bad) {
    TractMap map = mapOf(tract);
    int row = map.rowOf(bad.page(), bad.version());
    return row < 0 || map.address(row) != bad.address()
        ? Optional.empty()
        : ShownRows.newest(image, image.retainedLines(), map, row).map(CheckpointInfo::id);
  }

  private TractMap mapOf(TractKey tract) {
    try {
      TractMap map = maps.get(tract);
      return map == null ? TractMap.empty() : map;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public TractSet lacking(CheckpointKey asOf) {
    Optional<ImageState> image = catalog.image(asOf.image());
    CheckpointInfo checkpoint =
        image.map(state -> state.committed().get(asOf.checkpoint())).orElse(null);
    return image.isEmpty() || checkpoint == null
        ? TractSet.NONE
        : missing.notHere(asOf.image(), image.get().line(asOf.checkpoint()), checkpoint.regions());
  }

  @Override
  public void proven(CheckpointKey asOf, TractSet tracts) throws IOException {
    writer.changeIfUsable(() -> {
      Optional<ImageState> image = catalog.image(asOf.image());
      CheckpointInfo checkpoint =
          image.map(state -> state.committed().get(asOf.checkpoint())).orElse(null);
      if (checkpoint != null && !lacking(asOf).isEmpty()) {
        missing.proven(asOf, tracts.within(checkpoint.regions()));
        if (lacking(asOf).isEmpty()) {
          tidy(asOf.image());
        }
      }
    });
  }

  private void tidy(ImageId image) {
    catalog.image(image).ifPresent(state -> missing.tidy(state).forEach(staging::forget));
  }
}
