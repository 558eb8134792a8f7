package io.hydrant.testkit.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.hydrant.engine.index.PageIndex;
import io.hydrant.engine.index.PageIndex.Change;
import io.hydrant.testkit.index.MemoryPageIndex.FlushHook;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryPageIndexTest extends PageIndexContract {
  private static final byte[] KEY = {1};

  private boolean failing;
  private final FlushHook hook =
      () -> {
        if (failing) {
          throw new IOException("power cut");
        }
      };

  @Override
  protected PageIndex create() {
    return new MemoryPageIndex();
  }

  @Override
  protected PageIndex reopen(PageIndex closed) {
    return ((MemoryPageIndex) closed).reopen();
  }

  @Test
  void flushInterruptedBeforeItIsDurableIsThereOrNotAsTheCrashDecides() throws IOException {
    for (boolean keep : new boolean[] {false, true}) {
      MemoryPageIndex index = interrupted(new MemoryPageIndex(hook, () -> {}));
      assertThrows(IllegalStateException.class, () -> index.get(KEY));
      assertThrows(IllegalStateException.class, () -> index.flush(List.of()));
      MemoryPageIndex next = index.crash(keep);
      assertEquals(keep ? 2 : 1, value(next));
      assertEquals(keep ? 2 : 1, next.size());
    }
  }

  @Test
  void flushInterruptedAfterItIsDurableIsThere() throws IOException {
    for (boolean keep : new boolean[] {false, true}) {
      assertEquals(2, value(interrupted(new MemoryPageIndex(() -> {}, hook)).crash(keep)));
    }
  }

  @Test
  void crashBetweenFlushesKeepsTheLastOne() throws IOException {
    MemoryPageIndex index = new MemoryPageIndex();
    index.flush(List.of(new Change.Put(KEY, new byte[] {7})));
    assertEquals(7, value(index.crash(true)));
    assertThrows(IllegalStateException.class, () -> index.get(KEY));
    assertNull(new MemoryPageIndex().crash(true).get(KEY));
  }

  @Test
  void countsGetsAndFlushes() throws IOException {
    MemoryPageIndex index = new MemoryPageIndex();
    index.flush(List.of(new Change.Put(KEY, new byte[] {7})));
    index.get(KEY);
    index.get(new byte[] {2});
    assertEquals(2, index.gets());
    assertEquals(1, index.flushes());
  }

  private MemoryPageIndex interrupted(MemoryPageIndex index) throws IOException {
    failing = false;
    index.flush(List.of(new Change.Put(KEY, new byte[] {1})));
    failing = true;
    List<Change> both =
        List.of(new Change.Put(KEY, new byte[] {2}), new Change.Put(new byte[] {5}, new byte[1]));
    assertThrows(IOException.class, () -> index.flush(both));
    failing = false;
    return index;
  }

  private static int value(MemoryPageIndex index) {
    byte[] value = index.get(KEY);
    assertNotNull(value);
    return value[0];
  }
}
