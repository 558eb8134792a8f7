package io.hydrant.node;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.EntryPosition;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What a group would consist of that is made out of one replica. What the lost members had
 * committed behind its last entry cannot be known.
 *
 * @param last entry that this replica has in its log
 * @param images ascending by id
 */
public record Losses(
    UUID cluster, UUID group, String node, EntryPosition last, List<Image> images) {
  public Losses {
    images = List.copyOf(images);
  }

  /**
   * One image.
   *
   * @param head the newest checkpoint that this replica knows
   * @param checkpoints that are committed and not retired, ascending
   * @param missing those of them that are not wholly here: they cannot be restored any more
   */
  public record Image(
      long id,
      String name,
      Optional<CheckpointId> head,
      List<CheckpointId> checkpoints,
      List<CheckpointId> missing) {
    public Image {
      checkpoints = List.copyOf(checkpoints);
      missing = List.copyOf(missing);
    }
  }
}
