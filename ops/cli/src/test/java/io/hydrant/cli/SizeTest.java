package io.hydrant.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SizeTest {
  @Test
  void readsEveryUnit() {
    assertEquals(new Size(1), Size.parse("1"));
    assertEquals(new Size(4096), Size.parse("4k"));
    assertEquals(new Size(512L << 20), Size.parse("512m"));
    assertEquals(new Size(10L << 30), Size.parse("10G"));
    assertEquals(new Size(3L << 40), Size.parse("3t"));
    assertEquals(Size.NONE, Size.parse("none"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "g", "0", "-1g", "1.5g", "10gb", "10 g", "no", "99999999t"})
  void namesWhatItCannotRead(String text) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> Size.parse(text)).getMessage();
    assertTrue(message != null && message.contains("'" + text + "'"), message);
  }
}
