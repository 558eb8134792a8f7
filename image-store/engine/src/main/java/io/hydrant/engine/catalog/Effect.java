package io.hydrant.engine.catalog;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.ImageId;
import java.util.List;

/** What the local store has to do because of an applied entry, in order. */
public sealed interface Effect {
  /** Merge the staged records of the checkpoint into the page maps. */
  record Publish(CheckpointKey key, Command.Content content) implements Effect {}

  /** The id is final without being visible: its staged records are dead (PROTOCOL R9). */
  record DropStaged(CheckpointKey key) implements Effect {}

  /** These checkpoints of the image cannot be restored any more. */
  record Retire(ImageId image, List<CheckpointId> checkpoints) implements Effect {}

  /** What is here is to be hashed as of this entry, and reported (PROTOCOL R24). */
  record TakeDigest() implements Effect {}

  /** Everything of the image is dead, whatever is published for it later. */
  record DropImage(ImageId image) implements Effect {}
}
