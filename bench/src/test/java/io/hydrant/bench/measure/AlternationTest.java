package io.hydrant.bench.measure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AlternationTest {
  @Test
  void sidesTakeTurnsWarmUpFirst() throws Exception {
    List<String> turns = new ArrayList<>();
    new Alternation(1, 2)
        .run(
            List.of(
                round -> turns.add("A" + round.index() + (round.counted() ? "" : " warm-up")),
                round -> turns.add("B" + round.index() + (round.counted() ? "" : " warm-up"))));
    assertEquals(List.of("A0 warm-up", "B0 warm-up", "A0", "B0", "A1", "B1"), turns);
  }

  @Test
  void aFailureEndsTheRun() {
    List<String> turns = new ArrayList<>();
    Alternation.Side failing =
        round -> {
          throw new IllegalStateException("broken");
        };
    assertThrows(
        IllegalStateException.class,
        () -> new Alternation(0, 3).run(List.of(round -> turns.add("A"), failing)));
    assertEquals(List.of("A"), turns);
  }

  @Test
  void atLeastOneRoundCounts() {
    assertThrows(IllegalArgumentException.class, () -> new Alternation(3, 0));
  }
}
