package io.hydrant.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AgeTest {
  @Test
  void readsEveryUnit() {
    assertEquals(new Age(250), Age.parse("250ms"));
    assertEquals(new Age(90_000), Age.parse("90s"));
    assertEquals(new Age(600_000), Age.parse("10m"));
    assertEquals(new Age(7_200_000), Age.parse("2h"));
    assertEquals(new Age(86_400_000), Age.parse("1d"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"250ms", "90s", "10m", "25h", "3653d", "0ms"})
  void isShownSoThatItCanBeTypedAgain(String text) {
    assertEquals(text, Age.parse(text).toString());
  }

  @Test
  void isShownInTheLargestUnitThatFits() {
    assertEquals("1m", Age.parse("60s").toString());
    assertEquals("61s", Age.parse("61000ms").toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "10", "m", "-1s", "1.5h", "1h30m", "1S", "99999999999d"})
  void namesWhatItCannotRead(String text) {
    assertThrows(IllegalArgumentException.class, () -> Age.parse(text));
  }
}
