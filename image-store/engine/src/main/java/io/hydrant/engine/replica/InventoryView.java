package io.hydrant.engine.replica;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.ImageId;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a replica said last of what it has and lacks.
 *
 * @param applied log index of its last applied entry
 * @param holdMark log index up to which it holds, durably, every page that can still be read and is
 *     not marked damaged
 * @param incomplete by image with holes, in order: committed checkpoints that are not wholly there
 * @param missingBytes encoded bytes that it has still to fetch, as far as it knows
 * @param clockMillis its clock, since the Unix epoch
 * @param nearlyFull it refuses new checkpoints for want of space
 */
public record InventoryView(
    PeerLife peer,
    long applied,
    long holdMark,
    Map<ImageId, List<CheckpointId>> incomplete,
    long missingBytes,
    long clockMillis,
    boolean nearlyFull) {
  public InventoryView {
    TreeMap<ImageId, List<CheckpointId>> sorted = new TreeMap<>();
    incomplete.forEach((image, checkpoints) -> sorted.put(image, List.copyOf(checkpoints)));
    incomplete = Collections.unmodifiableSortedMap(sorted);
  }
}
