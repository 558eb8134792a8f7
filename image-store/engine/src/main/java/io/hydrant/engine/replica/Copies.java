package io.hydrant.engine.replica;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.ImageId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How many replicas have what some replica lacks. Only voters that were heard of lately count as
 * having anything: who is away may have lost it.
 *
 * @param singleBytes encoded bytes that exactly one voter has, at most: one more loss, and they are
 *     gone
 * @param noneBytes those that none of them has, at most: only who is away may have them
 */
public record Copies(long singleBytes, long noneBytes) {
  /**
   * @param voters of the group
   * @param heard what those that are there said last, this replica among them
   */
  public static Copies of(Set<String> voters, Collection<InventoryView> heard) {
    List<InventoryView> counted = new ArrayList<>();
    for (InventoryView view : heard) {
      if (voters.contains(view.node())) {
        counted.add(view);
      }
    }
    Map<ImageId, Set<CheckpointId>> lacking = new TreeMap<>();
    for (InventoryView view : counted) {
      view.lacking()
          .images()
          .forEach((image, holes) ->
              lacking.computeIfAbsent(image, _ -> new TreeSet<>()).addAll(holes.checkpoints()));
    }
    long single = 0;
    long none = 0;
    for (Map.Entry<ImageId, Set<CheckpointId>> entry : lacking.entrySet()) {
      long singleOfImage = 0;
      long noneOfImage = 0;
      for (CheckpointId id : entry.getValue()) {
        Lack lack = lack(entry.getKey(), id, counted);
        if (lack.holders() == 1 && voters.size() > 1) {
          singleOfImage = Math.max(singleOfImage, lack.bytes());
        } else if (lack.holders() == 0) {
          noneOfImage = Math.max(noneOfImage, lack.bytes());
        }
      }
      single += singleOfImage;
      none += noneOfImage;
    }
    return new Copies(single, none);
  }

  private record Lack(int holders, long bytes) {}

  /** What all of these lack is at most what the one lacks that lacks least. */
  private static Lack lack(ImageId image, CheckpointId id, List<InventoryView> counted) {
    int holders = 0;
    long bytes = Long.MAX_VALUE;
    for (InventoryView view : counted) {
      if (view.lacking().isWhole(image, id)) {
        holders++;
      } else {
        bytes = Math.min(bytes, view.lacking().bytesOf(image));
      }
    }
    return new Lack(holders, bytes);
  }
}
