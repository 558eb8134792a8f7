package io.hydrant.engine.store;

import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.SessionInfo;
import io.hydrant.engine.model.Line;

/** What a restore session reads: one pinned checkpoint and its line. */
public record ReadPoint(SessionInfo session, CheckpointInfo checkpoint, Line line) {}
