package io.hydrant.node.data;

import io.hydrant.engine.model.StoreIdentity;
import java.util.Optional;

/**
 * Whose data directory this is.
 *
 * @param store cluster, group and store: random, in every file's header
 * @param node id of the node within its group
 * @param adoption how it came to its group; empty: it is a group of one, and stays one
 */
public record NodeIdentity(StoreIdentity store, String node, Optional<Adoption> adoption) {
  public NodeIdentity {
    if (adoption.isPresent() && !adoption.get().has(node)) {
      throw new IllegalArgumentException(node + " is not among the members of its own group");
    }
  }

  /** A group of one. */
  public NodeIdentity(StoreIdentity store, String node) {
    this(store, node, Optional.empty());
  }
}
