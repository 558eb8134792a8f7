package io.hydrant.bench.kill;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ViolationsTest {
  @Test
  void eachIsToldAtOnceWithItsPlaceAndKept() {
    List<String> told = new ArrayList<>();
    Violations violations = new Violations(told::add);
    violations.add("first");
    assertEquals(List.of("first"), told);
    violations.at("kill 2 of 20");
    violations.add("second");
    assertEquals(List.of("first", "kill 2 of 20: second"), told);
    assertEquals(told, violations.found());
    assertEquals(2, violations.count());
  }
}
