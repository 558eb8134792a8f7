package io.hydrant.node.ingest;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.node.pace.IngestBrake;
import io.hydrant.node.replication.FailStop;
import io.hydrant.node.replication.Proposals;

/**
 * What streams that write checkpoints share.
 *
 * @param staging receives bytes
 * @param catalog tells the state of images
 * @param proposals puts decisions into the log
 * @param open who is at work on what
 * @param brake slows all of them where room is low
 * @param failStop for disks that fail
 */
record IngestPorts(
    Staging staging,
    Catalog catalog,
    Proposals proposals,
    OpenCheckpoints open,
    IngestBrake brake,
    FailStop failStop) {}
