package io.hydrant.engine.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.hydrant.engine.files.UnsupportedFormatException;
import io.hydrant.engine.index.IndexKeys;
import io.hydrant.engine.index.PageIndex;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.StoreIdentity;
import io.hydrant.testkit.simulation.SimulatedMedia;
import io.hydrant.testkit.simulation.SimulatedReplica;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Which versions of the state rows are read. */
class StateRowsTest {
  private static final StoreIdentity IDENTITY = SimulatedReplica.SMALL.identity();
  private static final StateRows.Position POSITION =
      new StateRows.Position(new EntryPosition(3, 77), 5, 9);

  private final PageIndex index = new SimulatedMedia(new SplittableRandom(1)).index();

  private void put(int version) throws Exception {
    PageIndex.Change.Put put = (PageIndex.Change.Put) StateRows.putPosition(POSITION, IDENTITY);
    int bytes = put.value().length - (version <= 3 ? Long.BYTES : 0);
    byte[] row = Arrays.copyOf(put.value(), bytes);
    assertEquals(4, row[0], "older versions of Hydrant must say that it is too new");
    row[0] = (byte) version;
    index.flush(List.of(new PageIndex.Change.Put(IndexKeys.state("position"), row)));
  }

  @Test
  void earlierVersionsAreStillRead() throws Exception {
    for (int version = 1; version <= 3; version++) {
      put(version);
      assertEquals(
          new StateRows.Position(POSITION.applied(), POSITION.scanStart(), 0),
          StateRows.position(index, IDENTITY));
    }
    put(4);
    assertEquals(POSITION, StateRows.position(index, IDENTITY));
    put(5);
    assertThrows(UnsupportedFormatException.class, () -> StateRows.position(index, IDENTITY));
  }
}
