package io.hydrant.bench.kill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class MomentsTest {
  @Test
  void momentsComeFromTheSeedAndCoverTheWholeLife() {
    long[] moments = Moments.draw(11, 20, 2_000);
    assertArrayEquals(moments, Moments.draw(11, 20, 2_000));
    assertFalse(Arrays.equals(moments, Moments.draw(12, 20, 2_000)));
    long[] sorted = moments.clone();
    Arrays.sort(sorted);
    assertFalse(Arrays.equals(moments, sorted), "the order is random too");
    for (int part = 0; part < 20; part++) {
      assertEquals(part, sorted[part] / 100, "one moment in each twentieth");
    }
  }
}
