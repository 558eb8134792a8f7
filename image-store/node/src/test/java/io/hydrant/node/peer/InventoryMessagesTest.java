package io.hydrant.node.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.replica.Lacking;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.engine.replica.RepairProgress;
import io.hydrant.peer.v1.Inventory;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class InventoryMessagesTest {
  private static final PeerLife SPEAKER = new PeerLife("n2", -7);

  @Test
  void everythingArrives() {
    InventoryView view =
        new InventoryView(
            SPEAKER,
            400,
            300,
            new Lacking(
                9_000,
                3,
                Map.of(
                    new ImageId(5),
                    new Lacking.OfImage(
                        List.of(new CheckpointId(8), new CheckpointId(9)), true, 4_000),
                    new ImageId(6),
                    new Lacking.OfImage(List.of(new CheckpointId(1)), false, 5_000))),
            1_700_000_000_000L,
            new InventoryView.Space(1L << 40, true),
            new RepairProgress(1, 2, 3, 4, 5));
    assertEquals(view, InventoryMessages.view(SPEAKER, InventoryMessages.message(view)));
  }

  @Test
  void anOlderNodeSaysLess() {
    InventoryView view = InventoryMessages.view(SPEAKER, Inventory.getDefaultInstance());
    assertEquals(Lacking.NOTHING, view.lacking());
    assertEquals(RepairProgress.NONE, view.repair());
  }
}
