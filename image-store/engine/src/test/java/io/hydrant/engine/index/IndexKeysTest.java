package io.hydrant.engine.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.TractKey;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class IndexKeysTest {
  @Test
  void layoutIsFrozen() {
    assertEquals(
        "740000000000000007000300000102",
        hex(IndexKeys.tract(new TractKey(new ImageId(7), 3, 258))));
    assertEquals("7300000000000000070000000000000009", hex(IndexKeys.slim(CheckpointKey.of(7, 9))));
    assertEquals("7a6170706c696564", hex(IndexKeys.state("applied")));
    assertEquals("740000000000000007", hex(IndexKeys.tractsOf(new ImageId(7))));
    assertEquals("730000000000000007", hex(IndexKeys.slimsOf(new ImageId(7))));
  }

  @Test
  void keysSortAsTheirNumbersDo() throws IOException {
    List<TractKey> ascending =
        List.of(
            new TractKey(new ImageId(1), 0, 0),
            new TractKey(new ImageId(1), 0, 255),
            new TractKey(new ImageId(1), 0, 256),
            new TractKey(new ImageId(1), 0, Integer.MAX_VALUE),
            new TractKey(new ImageId(1), 200, 0),
            new TractKey(new ImageId(1), 40_000, 0),
            new TractKey(new ImageId(256), 0, 0),
            new TractKey(new ImageId(Long.MAX_VALUE), 0, 0));
    byte[] before = {};
    for (TractKey key : ascending) {
      byte[] row = IndexKeys.tract(key);
      assertTrue(Arrays.compareUnsigned(before, row) < 0, key.toString());
      assertEquals(key, IndexKeys.parseTract(row));
      before = row;
    }
    CheckpointKey slim = CheckpointKey.of(5, 1L << 40);
    assertEquals(slim, IndexKeys.parseSlim(IndexKeys.slim(slim)));
  }

  @Test
  void otherBytesAreNoKeys() {
    byte[] negative = IndexKeys.tract(new TractKey(new ImageId(1), 0, 0));
    negative[1] = -1;
    assertThrows(CorruptionException.class, () -> IndexKeys.parseTract(negative));
    byte[] slim = IndexKeys.slim(CheckpointKey.of(1, 1));
    assertThrows(CorruptionException.class, () -> IndexKeys.parseTract(slim));
    slim[9] = -1;
    assertThrows(CorruptionException.class, () -> IndexKeys.parseSlim(slim));
    assertThrows(
        IllegalArgumentException.class,
        () -> IndexKeys.tract(new TractKey(new ImageId(1), 1 << 16, 0)));
    assertThrows(IllegalArgumentException.class, () -> IndexKeys.state(""));
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
