package io.hydrant.engine.replica;

import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Digest;

/** A replica's own words on one checkpoint, in one of its lives. */
public record Statement(CheckpointKey key, PeerLife peer, Says says) {
  /** What it says. Only {@link Holds} is evidence (PROTOCOL R7). */
  public sealed interface Says {
    /**
     * Progress.
     *
     * @param nextSequence frames below it are there
     * @param durablePatches batches that are durable, from the first on
     */
    record Took(long nextSequence, int durablePatches) implements Says {}

    /**
     * Later frames came, but this one did not: it is to be sent again, and all behind it.
     *
     * @param sequence the first that is not there
     */
    record Gap(long sequence) implements Says {}

    /**
     * Manifest and all patches are durable.
     *
     * @param digest computed by the replica itself
     */
    record Holds(Digest digest) implements Says {}

    /** Takes no more of this checkpoint, or does not have it whole: not a holder. */
    record Refuses(Rejection reason, String message) implements Says {}
  }
}
