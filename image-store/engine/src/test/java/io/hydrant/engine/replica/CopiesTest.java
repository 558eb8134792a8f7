package io.hydrant.engine.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.ImageId;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class CopiesTest {
  private static final Set<String> VOTERS = Set.of("n1", "n2", "n3");
  private static final ImageId IMAGE = new ImageId(7);

  private static InventoryView whole(String node) {
    return view(node, Lacking.NOTHING);
  }

  private static InventoryView lacking(String node, long bytes, boolean more, long... ids) {
    return view(
        node,
        new Lacking(
            bytes,
            1,
            Map.of(
                IMAGE,
                new Lacking.OfImage(
                    Arrays.stream(ids).mapToObj(CheckpointId::new).toList(), more, bytes))));
  }

  private static InventoryView view(String node, Lacking lacking) {
    return new InventoryView(
        new PeerLife(node, 1),
        1,
        1,
        lacking,
        0,
        new InventoryView.Space(0, false),
        RepairProgress.NONE);
  }

  @Test
  void countsWhatOneAloneHas() {
    assertEquals(
        new Copies(0, 0), Copies.of(VOTERS, List.of(whole("n1"), whole("n2"), whole("n3"))));
    assertEquals(
        new Copies(0, 0),
        Copies.of(VOTERS, List.of(whole("n1"), whole("n2"), lacking("n3", 50, false, 3))));
    // Of the two that lack it the one that lacks less says how much it is at most.
    assertEquals(
        new Copies(50, 0),
        Copies.of(
            VOTERS,
            List.of(whole("n1"), lacking("n2", 90, false, 2, 3), lacking("n3", 50, false, 3))));
    assertEquals(
        new Copies(0, 0),
        Copies.of(
            VOTERS,
            List.of(whole("n1"), lacking("n2", 90, false, 2), lacking("n3", 50, false, 3))));
  }

  @Test
  void whoIsAwayHasNothing() {
    assertEquals(
        new Copies(50, 0), Copies.of(VOTERS, List.of(whole("n1"), lacking("n3", 50, false, 3))));
    assertEquals(
        new Copies(0, 40),
        Copies.of(VOTERS, List.of(lacking("n1", 40, false, 3), lacking("n3", 50, false, 3))));
  }

  @Test
  void whoHasNoVoteDoesNotCount() {
    assertEquals(
        new Copies(50, 0),
        Copies.of(VOTERS, List.of(whole("n1"), whole("n4"), lacking("n3", 50, false, 3))));
    // Nobody says that a group of one has everything once only.
    assertEquals(
        new Copies(0, 0),
        Copies.of(Set.of("n1"), List.of(whole("n1"), lacking("n4", 50, false, 3))));
  }

  @Test
  void aListThatWasCutOffLacksAllThatFollows() {
    assertEquals(
        new Copies(50, 0),
        Copies.of(
            VOTERS,
            List.of(whole("n1"), lacking("n2", 90, true, 2, 3), lacking("n3", 50, false, 9))));
  }
}
