package io.hydrant.engine.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class VotersTest {
  private static final Voters THREE = Voters.of(Set.of("n1", "n2", "n3"));

  /** n3 is dead, n4 takes its place. */
  private static final Voters CHANGING =
      new Voters(Set.of("n1", "n2", "n3"), Set.of("n1", "n2", "n4"));

  @Test
  void aMajorityIsMoreThanHalf() {
    assertFalse(THREE.isMajority(Set.of("n1")));
    assertFalse(THREE.isMajority(Set.of("n1", "n4", "n5")), "strangers do not count");
    assertTrue(THREE.isMajority(Set.of("n1", "n3")));
    assertFalse(Voters.of(Set.of("n1", "n2")).isMajority(Set.of("n1")));
    assertTrue(Voters.of(Set.of("n1")).isMajority(Set.of("n1")));
    assertThrows(IllegalArgumentException.class, () -> Voters.of(Set.of()));
  }

  @Test
  void whileVotersChangeBothSetsAreAsked() {
    assertFalse(CHANGING.isMajority(Set.of("n1", "n3")), "one of the new voters");
    assertFalse(CHANGING.isMajority(Set.of("n1", "n4")), "one of the old voters");
    assertTrue(CHANGING.isMajority(Set.of("n1", "n2")));
    assertTrue(CHANGING.isMajority(Set.of("n1", "n3", "n4")));
    assertFalse(CHANGING.isAll(Set.of("n1", "n2", "n3")));
    assertFalse(CHANGING.isAll(Set.of("n1", "n2", "n4")));
    assertTrue(CHANGING.isAll(Set.of("n1", "n2", "n3", "n4")));
  }

  @Test
  void whatAMajorityReached() {
    assertEquals(0, THREE.reachedByMajority(Map.of("n1", 9L)));
    assertEquals(5, THREE.reachedByMajority(Map.of("n1", 9L, "n2", 5L)));
    assertEquals(7, THREE.reachedByMajority(Map.of("n1", 9L, "n2", 5L, "n3", 7L)));
    assertEquals(5, Voters.of(Set.of("n1", "n2")).reachedByMajority(Map.of("n1", 9L, "n2", 5L)));
    assertEquals(9, Voters.of(Set.of("n1")).reachedByMajority(Map.of("n1", 9L, "n2", 50L)));
    assertEquals(4, CHANGING.reachedByMajority(Map.of("n1", 9L, "n2", 1L, "n3", 8L, "n4", 4L)));
  }
}
