package io.hydrant.engine.replica;

import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/** Frames that say nothing but their place. */
final class Frames {
  private Frames() {}

  static Frame at(CheckpointKey key, long sequence) {
    return new Frame(
        key,
        sequence,
        sequence == 0 ? open(key) : new Frame.Step.Slim(sequence, 0, ByteBuffer.allocate(0)));
  }

  static Frame.Step open(CheckpointKey key) {
    return new Frame.Step.Open(
        new CheckpointInfo(
            key.checkpoint(),
            Optional.empty(),
            CheckpointKind.FULL,
            new Epoch(1),
            new RegionTable(List.of(new RegionSpec("ram", RegionKind.MEMORY, 4_096, 4_096))),
            Optional.empty()),
        7);
  }
}
