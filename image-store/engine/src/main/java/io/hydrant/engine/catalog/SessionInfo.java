package io.hydrant.engine.catalog;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.SessionId;

/**
 * A restore session: a lease that pins one checkpoint.
 *
 * @param renewals how often it was renewed; an expiry names the number that it saw (PROTOCOL R20)
 */
public record SessionInfo(
    SessionId id,
    ImageId image,
    CheckpointId checkpoint,
    int leaseMillis,
    long renewals,
    RequestId request) {}
