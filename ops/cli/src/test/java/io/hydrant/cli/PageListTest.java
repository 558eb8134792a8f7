package io.hydrant.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.cli.PageList.Run;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PageListTest {
  @Test
  void keepsTheOrderWritten() {
    PageList list = PageList.parse("7, 5-9,1");
    assertEquals(List.of(new Run(7, 7), new Run(5, 9), new Run(1, 1)), list.runs());
    assertEquals(7, list.count());
    assertEquals(9, list.last());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "5-", "-5", "9-5", "1,,2", "1-2-3", "9223372036854775807"})
  void namesWhatItCannotRead(String text) {
    assertThrows(IllegalArgumentException.class, () -> PageList.parse(text));
  }

  @Test
  void listsWithoutBoundAreRefused() {
    Exception problem =
        assertThrows(IllegalArgumentException.class, () -> PageList.parse("0-9000000000000000000"));
    assertTrue(String.valueOf(problem.getMessage()).contains("restore"));
  }
}
