package io.hydrant.node.peer;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

final class SeldomTest {
  @Test
  void theSameIsSaidOnceInAWhileAndAnotherAtOnce() {
    Seldom<String> told = new Seldom<>(60);
    long start = Long.MAX_VALUE - 70; // such a clock may overflow
    assertTrue(told.isDue("n2", start));
    assertFalse(told.isDue("n2", start + 1));
    assertFalse(told.isDue("n2", start + 59));
    assertTrue(told.isDue("n3", start + 59));
    assertTrue(told.isDue("n2", start + 60));
    assertFalse(told.isDue("n2", start + 119));
    told.forget("n2");
    assertTrue(told.isDue("n2", start + 119));
  }
}
