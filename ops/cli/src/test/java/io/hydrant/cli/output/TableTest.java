package io.hydrant.cli.output;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class TableTest {
  @Test
  void columnsAreAsWideAsTheirWidestCell() {
    Table table = new Table("NAME", ">PAGES", "NOTE").row("web-1", 12, "").row("b", 4096, "x");
    assertEquals(List.of("NAME   PAGES  NOTE", "web-1     12", "b       4096  x"), table.lines());
  }

  @Test
  void rowOfAnotherLengthIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new Table("A", "B").row("only one"));
  }
}
