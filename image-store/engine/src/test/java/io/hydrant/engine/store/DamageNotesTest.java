package io.hydrant.engine.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.index.PageIndex;
import io.hydrant.engine.index.PageMaps;
import io.hydrant.engine.index.PlainIndex;
import io.hydrant.engine.index.Retained;
import io.hydrant.engine.index.SegmentUsage;
import io.hydrant.engine.index.Tables;
import io.hydrant.engine.index.TractMap;
import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.TractKey;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What several who read find out about the same bytes, and when. */
class DamageNotesTest {
  private static final TractKey TRACT = new TractKey(new ImageId(1), 0, 0);
  private static final Retained ALL = Retained.of(List.of(Line.of(1, 1)));
  private static final Address BAD = new Address(1, 0);
  private static final Address REPAIRED = new Address(2, 0);

  private final PlainIndex index = new PlainIndex();
  private final PageMaps maps = new PageMaps(index, 0);
  private final MissingTracts missing = new MissingTracts();
  private final StoreWriter writer = new StoreWriter();
  private final DamageNotes notes = new DamageNotes(new Catalog(), maps, missing, writer, _ -> {});

  @BeforeEach
  void onePage() throws IOException {
    maps.put(TRACT, map(BAD));
    PageMaps.Frozen frozen = maps.freeze();
    List<PageIndex.Change> changes = frozen.changes();
    index.flush(changes);
    maps.flushed(frozen);
  }

  private static TractMap map(Address address) {
    return TractMap.empty()
        .merge(1, Tables.raw(5), address, ALL, new SegmentUsage().image(TRACT.image()));
  }

  private void note() throws IOException {
    notes.pages(TRACT, new int[] {5}, new long[] {BAD.packed()});
  }

  private void repair() {
    try {
      writer.changeIfUsable(() -> {
        maps.put(TRACT, map(REPAIRED));
        missing.repaired(TRACT, map(REPAIRED));
      });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void whatIsBadIsWaitedForUntilItIsRepaired() throws IOException {
    note();
    note();
    assertEquals(1, missing.damaged().size());
    assertTrue(missing.damaged().isBad(TRACT, BAD.packed()));
    assertEquals(0, missing.markOf(9));
    repair();
    assertEquals(9, missing.markOf(9));
  }

  /** Who finds it out last would else be waited for until the map changes again. */
  @Test
  void whatWasRepairedSinceItWasReadIsNotBad() throws IOException {
    index.afterGet(() -> {
      index.afterGet(() -> {});
      repair();
    });
    note();
    assertFalse(missing.damaged().isBad(TRACT, BAD.packed()));
    assertEquals(9, missing.markOf(9));
  }
}
