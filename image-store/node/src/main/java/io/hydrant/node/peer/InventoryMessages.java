package io.hydrant.node.peer;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.replica.Lacking;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.peer.v1.ImageInventory;
import io.hydrant.peer.v1.Inventory;
import io.hydrant.peer.v1.RepairProgress;
import java.util.Map;
import java.util.TreeMap;

/** What a replica has and lacks, as a message, and back. */
final class InventoryMessages {
  private InventoryMessages() {}

  static Inventory message(InventoryView view) {
    Lacking lacking = view.lacking();
    Inventory.Builder message =
        Inventory.newBuilder()
            .setNode(view.node())
            .setLife(view.peer().life())
            .setAppliedIndex(view.applied())
            .setHoldMark(view.holdMark())
            .setMissingBytes(lacking.bytes())
            .setMissingTracts(lacking.tracts())
            .setClockMillis(view.clockMillis())
            .setFreeBytes(view.space().freeBytes())
            .setLow(view.space().low())
            .setNearlyFull(view.space().nearlyFull());
    lacking.images().forEach((image, holes) -> message.addImage(message(image, holes)));
    io.hydrant.engine.replica.RepairProgress repair = view.repair();
    if (repair.isActive()) {
      message.setRepair(
          RepairProgress.newBuilder()
              .setTractsDone(repair.tractsDone())
              .setTractsTotal(repair.tractsTotal())
              .setBytesDone(repair.bytesDone())
              .setBytesTotal(repair.bytesTotal())
              .setBytesPerSecond(repair.bytesPerSecond()));
    }
    return message.build();
  }

  private static ImageInventory message(ImageId image, Lacking.OfImage holes) {
    ImageInventory.Builder message =
        ImageInventory.newBuilder()
            .setImage(image.value())
            .setMissingBytes(holes.bytes())
            .setMore(holes.more());
    holes.checkpoints().forEach(id -> message.addCheckpoint(id.value()));
    return message.build();
  }

  /**
   * @param speaker who said it, whatever the message says
   * @throws IllegalArgumentException if it makes no sense
   */
  static InventoryView view(PeerLife speaker, Inventory message) {
    Map<ImageId, Lacking.OfImage> images = new TreeMap<>();
    for (ImageInventory image : message.getImageList()) {
      images.put(
          new ImageId(image.getImage()),
          new Lacking.OfImage(
              image.getCheckpointList().stream().map(CheckpointId::new).toList(),
              image.getMore(),
              image.getMissingBytes()));
    }
    RepairProgress repair = message.getRepair();
    return new InventoryView(
        speaker,
        message.getAppliedIndex(),
        message.getHoldMark(),
        new Lacking(message.getMissingBytes(), message.getMissingTracts(), images),
        message.getClockMillis(),
        new InventoryView.Space(message.getFreeBytes(), message.getLow(), message.getNearlyFull()),
        new io.hydrant.engine.replica.RepairProgress(
            repair.getTractsDone(),
            repair.getTractsTotal(),
            repair.getBytesDone(),
            repair.getBytesTotal(),
            repair.getBytesPerSecond()));
  }
}
