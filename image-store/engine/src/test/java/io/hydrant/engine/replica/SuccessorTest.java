package io.hydrant.engine.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class SuccessorTest {
  private static final Set<String> VOTERS = Set.of("n1", "n2", "n3");

  private static InventoryView view(String node, long holdMark, long free, boolean full) {
    return new InventoryView(
        new PeerLife(node, 1),
        holdMark,
        holdMark,
        Lacking.NOTHING,
        0,
        new InventoryView.Space(free, full),
        RepairProgress.NONE);
  }

  private static Map<String, InventoryView> seen(InventoryView n2, InventoryView n3) {
    return Map.of(
        "n1",
        view("n1", 9_000_000, 1 << 30, false),
        "n2",
        n2,
        "n3",
        n3,
        "n4",
        view("n4", 9_999_999, 1 << 30, false));
  }

  @Test
  void theOneThatHoldsMostAndIsAVoter() {
    assertEquals(
        Optional.of("n3"),
        Successor.of(
            "n1", VOTERS, seen(view("n2", 10_000, 900, false), view("n3", 20_000, 1, false))));
  }

  @Test
  void ofThoseThatHoldTheSameTheOneWithMostSpace() {
    assertEquals(
        Optional.of("n2"),
        Successor.of(
            "n1", VOTERS, seen(view("n2", 19_990, 900, false), view("n3", 20_000, 1, false))));
  }

  @Test
  void oneWithoutRoomOnlyIfThereIsNoOther() {
    InventoryView full = view("n3", 20_000, 1, true);
    assertEquals(
        Optional.of("n2"), Successor.of("n1", VOTERS, seen(view("n2", 10, 900, false), full)));
    assertEquals(Optional.of("n3"), Successor.of("n1", VOTERS, Map.of("n3", full)));
    assertEquals(Optional.empty(), Successor.withRoom("n1", VOTERS, Map.of("n3", full)));
  }

  @Test
  void nobodyIsThere() {
    assertEquals(
        Optional.empty(), Successor.of("n1", VOTERS, Map.of("n1", view("n1", 1, 1, false))));
  }
}
