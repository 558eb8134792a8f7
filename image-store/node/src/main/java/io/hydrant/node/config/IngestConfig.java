package io.hydrant.node.config;

import java.time.Duration;

/**
 * Bounds of the way in. Heap it may take: {@code streamsMax * windowMessages} messages of about 1
 * MiB.
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
