package io.hydrant.engine.catalog;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.Digest;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;

/**
 * What is remembered of a retired checkpoint, so that a repeated Commit gets its first answer
 * (PROTOCOL R4).
 *
 * @param digest its content
 * @param index log index of its commit
 */
record RetiredCheckpoint(CheckpointId id, Digest digest, long index) {

  /** The newest of both, ascending; older ones are forgotten. */
  static List<RetiredCheckpoint> newest(
      List<RetiredCheckpoint> known, Collection<CheckpointInfo> retired) {
    TreeMap<CheckpointId, RetiredCheckpoint> all = new TreeMap<>();
    known.forEach(one -> all.put(one.id(), one));
    for (CheckpointInfo info : retired) {
      CheckpointInfo.CommitInfo commit = info.commit().orElseThrow();
      all.put(
          info.id(), new RetiredCheckpoint(info.id(), commit.content().digest(), commit.index()));
    }
    while (all.size() > CatalogLimits.RETIRED_REMEMBERED_MAX) {
      all.pollFirstEntry();
    }
    return List.copyOf(all.values());
  }
}
