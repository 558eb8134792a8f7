package io.hydrant.bench.written;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.data.PageSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class WrittenImageTest {
  private final PagePool pool = new PagePool(1, 4);
  private final WrittenImage image = new WrittenImage("vm", pool);

  @Test
  void everyCheckpointShowsItsBaseAndWhatItWrote() {
    image.full(1);
    image.increment(3, new PageSet(new long[] {0, 2}, pool.run(1, 2)));
    assertArrayEquals(new int[] {0, 1, 2, 3}, image.shown(1).content());
    assertArrayEquals(new int[] {1, 1, 2, 3}, image.shown(3).content());
    assertArrayEquals(new long[] {3, 1, 3, 1}, image.shown(3).writers());
    assertEquals(3, image.newest());
  }

  @Test
  void whatIsRetiredIsForgotten() {
    image.full(1);
    image.full(2);
    image.full(5);
    image.keepLast(2);
    assertEquals(List.of(2L, 5L), image.checkpoints());
    assertThrows(IllegalArgumentException.class, () -> image.shown(1));
  }
}
