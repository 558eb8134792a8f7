package io.hydrant.node.config;

import java.time.Duration;

/**
 * Bounds of the way in. Heap that messages may take: {@code streamsMax * windowMessages} times 4
 * MiB, the largest message that is read; a batch of 1 MiB of pages is little more than 1 MiB. At
 * the defaults 384 MiB at the worst, 100 MiB with full batches. Outside the heap, the transport
 * holds up to 4 MiB of each connection, and of a stream what its next message lacks.
 *
 * @param streamsMax WriteCheckpoint streams at once
 * @param windowMessages messages of a stream that are received before they are staged
 * @param silence after this long without a sign of life an open checkpoint is aborted
 */
public record IngestConfig(int streamsMax, int windowMessages, Duration silence) {
  public IngestConfig {
    Ranges.check("ingest.streams-max", streamsMax, 1, 1_024);
    Ranges.check("ingest.window-messages", windowMessages, 1, 64);
    Ranges.check("ingest.silence-seconds", silence.toSeconds(), 1, 86_400);
  }
}
