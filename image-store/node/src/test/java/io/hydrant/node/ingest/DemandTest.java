package io.hydrant.node.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class DemandTest {
  private final List<Integer> asked = new ArrayList<>();

  private void take(Demand demand, int messages) {
    for (int i = 0; i < messages; i++) {
      demand.taken();
    }
  }

  @Test
  void halfAWindowIsAskedForAtATime() {
    Demand demand = new Demand(asked::add, 16);
    take(demand, 7);
    assertEquals(List.of(16), asked);
    take(demand, 10);
    assertEquals(List.of(16, 8, 8), asked);
  }

  @Test
  void aWindowOfOneGoesOn() {
    take(new Demand(asked::add, 1), 3);
    assertEquals(List.of(1, 1, 1, 1), asked);
  }

  @Test
  void aWindowOfThreeIsNeverExceeded() {
    take(new Demand(asked::add, 3), 2);
    assertEquals(List.of(3, 1, 1), asked);
  }
}
