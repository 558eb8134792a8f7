package io.hydrant.engine.model;

import java.util.UUID;

/**
 * Whose files these are; in every file header. One random store identity lies in Raft, index and
 * segment directories (PROTOCOL R17).
 */
public record StoreIdentity(UUID cluster, UUID group, UUID store) {}
