package io.hydrant.node.peer;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.peer.v1.ImageInventory;
import io.hydrant.peer.v1.Inventory;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** What every member said last of what it has and lacks, in its present life. */
final class Inventories {
  private final Map<String, InventoryView> seen = new ConcurrentHashMap<>();

  /** A peer said so. */
  void heard(InventoryView view) {
    seen.put(view.peer().node(), view);
  }

  /** A peer is in a new life: what it said in another counts for nothing. */
  void greeted(PeerLife peer) {
    seen.computeIfPresent(peer.node(), (_, view) -> view.peer().equals(peer) ? view : null);
  }

  /** By node; who never said anything is not there. */
  Map<String, InventoryView> seen() {
    return Map.copyOf(seen);
  }

  static Inventory message(InventoryView view) {
    Inventory.Builder message =
        Inventory.newBuilder()
            .setNode(view.peer().node())
            .setLife(view.peer().life())
            .setAppliedIndex(view.applied())
            .setHoldMark(view.holdMark())
            .setMissingBytes(view.missingBytes())
            .setClockMillis(view.clockMillis())
            .setNearlyFull(view.nearlyFull());
    view.incomplete()
        .forEach((image, checkpoints) ->
            message.addImage(
                ImageInventory.newBuilder()
                    .setImage(image.value())
                    .addAllCheckpoint(checkpoints.stream().map(CheckpointId::value).toList())));
    return message.build();
  }

  /**
   * @param speaker who said it, whatever the message says
   * @throws IllegalArgumentException if it makes no sense
   */
  static InventoryView view(PeerLife speaker, Inventory message) {
    Map<ImageId, List<CheckpointId>> incomplete = new TreeMap<>();
    for (ImageInventory image : message.getImageList()) {
      incomplete.put(
          new ImageId(image.getImage()),
          image.getCheckpointList().stream().map(CheckpointId::new).toList());
    }
    return new InventoryView(
        speaker,
        message.getAppliedIndex(),
        message.getHoldMark(),
        incomplete,
        message.getMissingBytes(),
        message.getClockMillis(),
        message.getNearlyFull());
  }
}
