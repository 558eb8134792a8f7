package io.hydrant.testkit.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.repair.LocalRepairSource;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.TractSet;
import java.nio.ByteBuffer;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** A replica that has drifted from its group serves and states nothing wrong (PROTOCOL R24). */
class DriftedStoreTest {
  private static final int PAGES = 10;

  private final StoreFixture fixture;
  private final CheckpointKey key;

  DriftedStoreTest() throws Exception {
    fixture = StoreFixture.withPages(PAGES);
    fixture.replica().joinOthers();
    key = fixture.full().raw(1, 0, PAGES - 1).commit();
  }

  private static void assertNotHere(Executable call) {
    assertEquals(Rejection.NOT_HERE, assertThrows(Refusal.class, call).rejection());
  }

  private void read(ReadPoint point) throws Exception {
    fixture
        .store()
        .pages()
        .read(point, 0, new long[] {3}, ByteBuffer.allocateDirect(StoreFixture.PAGE_BYTES));
  }

  @Test
  void mapsThatAreNotTrustedAreServedAgainOnceTheyAreProven() throws Exception {
    ReadPoint point = fixture.read(key);
    read(point);
    fixture.store().distrust(Set.of(fixture.image()));
    assertEquals(0, fixture.store().holdMark());
    assertNotHere(() -> read(point));
    fixture.runBackground();
    fixture.powerCut();
    ReadPoint after = fixture.read(point.session().id());
    assertNotHere(() -> read(after));
    CheckpointKey next = fixture.onHead().raw(9, 0, 0).commit();
    assertNotHere(() -> read(fixture.read(next)));

    fixture.store().missing().proven(key, TractSet.ALL);
    read(after);
    read(fixture.read(next));
    fixture.submit(new Command.SetRetention(fixture.image(), 9));
    fixture.snapshot();
    assertTrue(fixture.store().missing().lacks().isEmpty());
    assertEquals(fixture.store().applied().index(), fixture.store().holdMark());
  }

  @Test
  void oneThatIsFencedServesAndStatesNothing() throws Exception {
    ReadPoint point = fixture.read(key);
    CheckpointKey open = fixture.openOnHead();
    fixture.store().fence("its catalog differs");
    assertNotHere(() -> fixture.store().readPoint(point.session().id()));
    assertNotHere(() -> fixture.store().staged(open, fixture.epoch()));
    assertNotHere(() -> fixture.store().receive(open, fixture.onHeadAs(open.checkpoint().value())));
    assertEquals(0, fixture.store().holdMark());
    assertTrue(
        new LocalRepairSource("n1", fixture.store()).list(key, TractSet.ALL).tracts().isEmpty());
    assertEquals("its catalog differs", fixture.store().fenced().orElseThrow());
    fixture.submit(new Command.SetRetention(fixture.image(), 3));
  }
}
