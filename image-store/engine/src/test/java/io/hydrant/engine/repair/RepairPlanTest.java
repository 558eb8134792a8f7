package io.hydrant.engine.repair;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.replica.Lacking;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.engine.replica.RepairProgress;
import io.hydrant.engine.store.MissingView.Lack;
import io.hydrant.engine.store.TractSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RepairPlanTest {
  private static Lack lack(long image, long checkpoint) {
    return new Lack(
        new ImageId(image), new CheckpointId(checkpoint), TractSet.NONE.plus(0, 1).plusSlim());
  }

  private static InventoryView lacking(long image, long checkpoint) {
    Lacking.OfImage holes =
        new Lacking.OfImage(List.of(new CheckpointId(checkpoint)), false, 4_096);
    return new InventoryView(
        new PeerLife("n3", 1),
        9,
        3,
        new Lacking(4_096, 1, Map.of(new ImageId(image), holes)),
        0,
        new InventoryView.Space(0, false),
        RepairProgress.NONE);
  }

  private static List<String> order(
      List<Lack> lacks, List<Lack> damaged, List<InventoryView> others) {
    return RepairPlan.order(lacks, damaged, others, _ -> Optional.empty()).stream()
        .map(task ->
            "%s %d/%d"
                .formatted(
                    task.urgency(), task.asOf().image().value(), task.asOf().checkpoint().value()))
        .toList();
  }

  @Test
  void theNewestOfEveryImageInTurn() {
    assertEquals(
        List.of("OLDER 1/9", "OLDER 2/4", "OLDER 1/7", "OLDER 1/3"),
        order(List.of(lack(1, 3), lack(1, 7), lack(1, 9), lack(2, 4)), List.of(), List.of()));
  }

  @Test
  void whatIsBadOrInOneCopyComesFirst() {
    assertEquals(
        List.of("DAMAGED 2/2", "SINGLE_COPY 1/3", "OLDER 1/9"),
        order(List.of(lack(1, 3), lack(1, 9)), List.of(lack(2, 2)), List.of(lacking(1, 3))));
  }
}
