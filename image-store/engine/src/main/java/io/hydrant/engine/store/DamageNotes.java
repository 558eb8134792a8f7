package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.index.PageMaps;
import io.hydrant.engine.index.TractMap;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.TractKey;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Where whoever reads says that stored bytes are bad: they are answered DAMAGED, and repaired if
 * another replica has them good. Any thread but one that is within a change.
 */
final class DamageNotes {
  private final Catalog catalog;
  private final PageMaps maps;
  private final MissingTracts missing;
  private final StoreWriter writer;
  private final StoreEvents events;

  DamageNotes(StoreParts parts, StoreWriter writer, StoreEvents events) {
    this(parts.catalog(), parts.maps(), parts.missing(), writer, events);
  }

  DamageNotes(
      Catalog catalog,
      PageMaps maps,
      MissingTracts missing,
      StoreWriter writer,
      StoreEvents events) {
    this.catalog = catalog;
    this.maps = maps;
    this.missing = missing;
    this.writer = writer;
    this.events = events;
  }

  /** A human must look: whatever else is done about it. */
  void report(String where, String what) {
    events.on(new StoreEvent.Damaged(where, what));
  }

  /**
   * Bytes of some pages of a tract are bad, or cannot be read.
   *
   * @param pages within the tract
   * @param addresses where they were read: a row that points elsewhere by now is not meant
   * @return the rows that are bad and to be repaired
   */
  List<BadPages.Bad> pages(TractKey tract, int[] pages, long[] addresses) throws IOException {
    TractMap seen = mapOf(tract);
    List<BadPages.Bad> bad = new ArrayList<>();
    for (int i = 0; i < pages.length; i++) {
      for (int row = 0; row < seen.size(); row++) {
        if (seen.pageInTract(row) == pages[i]
            && seen.address(row) == addresses[i]
            && seen.length(row) > 0) {
          long version = seen.checkpoint(row);
          if (isLost(tract, pages[i], version)) {
            continue;
          }
          bad.add(
              new BadPages.Bad(
                  pages[i], version, addresses[i], commitIndex(tract.image(), version)));
        }
      }
    }
    if (!bad.isEmpty()) {
      writer.changeIfUsable(() -> {
        // Once more: since then the entry that says that it is lost may have been applied, or
        // somebody else found it, and it was repaired. A row that is not in the map any more would
        // be waited for until the map changes again, which may be never.
        TractMap now = mapOf(tract);
        for (BadPages.Bad one : bad) {
          int row = now.rowOf(one.page(), one.version());
          if (row >= 0
              && now.address(row) == one.address()
              && !isLost(tract, one.page(), one.version())) {
            missing.damage(tract, one);
          }
        }
      });
    }
    return bad;
  }

  private TractMap mapOf(TractKey tract) throws IOException {
    TractMap map = maps.get(tract);
    return map == null ? TractMap.empty() : map;
  }

  /** Whether it was marked damaged: nobody has it, so nothing is to be repaired. */
  private boolean isLost(TractKey tract, int page, long version) {
    return catalog
        .image(tract.image())
        .map(image -> image.damaged().has(tract.region(), tract.tract(), page, version))
        .orElse(false);
  }

  /** A chunk of a slim state is bad, or cannot be read. */
  void slim(CheckpointKey key) throws IOException {
    writer.changeIfUsable(() -> {
      if (catalog
          .image(key.image())
          .map(image -> image.committed().containsKey(key.checkpoint()))
          .orElse(false)) {
        missing.damageSlim(key, commitIndex(key.image(), key.checkpoint().value()));
      }
    });
  }

  /** Of a retired checkpoint it is not known any more: none is too early. */
  private long commitIndex(ImageId image, long checkpoint) {
    return catalog
        .image(image)
        .map(state -> state.committed().get(new CheckpointId(checkpoint)))
        .flatMap(info -> info.commit())
        .map(commit -> commit.index())
        .orElse(1L);
  }
}
