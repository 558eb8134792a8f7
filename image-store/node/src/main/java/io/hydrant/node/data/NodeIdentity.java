package io.hydrant.node.data;

import io.hydrant.engine.model.StoreIdentity;

/**
 * Whose data directory this is.
 *
 * @param store cluster, group and store: random, in every file's header
 * @param node id of the node within its group
 */
public record NodeIdentity(StoreIdentity store, String node) {}
