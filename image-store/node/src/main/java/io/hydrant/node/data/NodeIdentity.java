package io.hydrant.node.data;

import io.hydrant.engine.model.StoreIdentity;
import java.util.Optional;
import java.util.UUID;

/**
 * Whose data directory this is.
 *
 * @param store cluster, group and store: random, in every file's header; the group is the one in
 *     which the files were made
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

  /**
   * The group it takes part in: that of its files, unless a new one was made out of them. The old
   * one's members must never be heard again, since they may know of other entries at the same
   * place.
   */
  public UUID group() {
    return adoption
        .filter(how -> how.recovered().isPresent())
        .map(Adoption::token)
        .orElse(store.group());
  }

  /** Cluster, group and store as the others know them. */
  public StoreIdentity known() {
    return new StoreIdentity(store.cluster(), group(), store.store());
  }
}
