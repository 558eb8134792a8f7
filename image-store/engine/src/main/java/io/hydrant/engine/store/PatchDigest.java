package io.hydrant.engine.store;

import io.hydrant.engine.model.CheckpointDigest;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.RegionSpec;

/** Digest of one patch: that of a checkpoint with this patch alone and no slim state. */
final class PatchDigest {
  private static final int[] NO_CHUNKS = {};

  private PatchDigest() {}

  static Digest of(int region, RegionSpec spec, int tract, PageTable table) {
    CheckpointDigest digest = new CheckpointDigest();
    digest.patch(region, spec, tract, table);
    return digest.finish(0, NO_CHUNKS);
  }
}
