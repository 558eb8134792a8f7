package io.hydrant.engine.store;

import io.hydrant.engine.codec.PageCodec;
import io.hydrant.engine.segment.AppendUse;

/**
 * What it takes to move page versions to other places of the same store: shared by cleaning and
 * consolidation, which are done by one thread in turns.
 *
 * @param changed runs within each change of a map
 */
record MoveTools(
    StoreParts parts,
    StoreWriter writer,
    DamageNotes damage,
    SurvivorReader reader,
    Recompression recompression,
    MovedWriter moved,
    Runnable changed) {
  static MoveTools of(
      StoreParts parts, StoreWriter writer, DamageNotes damage, PageCodec codec, Runnable changed) {
    return new MoveTools(
        parts,
        writer,
        damage,
        new SurvivorReader(parts.log(), codec, damage),
        new Recompression(codec),
        new MovedWriter(parts.log(), parts.moved(), AppendUse.CLEANING),
        changed);
  }
}
