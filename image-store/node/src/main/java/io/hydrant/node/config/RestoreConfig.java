package io.hydrant.node.config;

/**
 * Bounds of the way out.
 *
 * @param sessionsMax restore sessions at once
 * @param streamsMax fetch, prefetch, slim and digest streams at once
 * @param sendAheadBytes bytes of a stream that may wait for the network, so that reading and
 *     sending overlap
 */
public record RestoreConfig(int sessionsMax, int streamsMax, int sendAheadBytes) {
  public RestoreConfig {
    Ranges.check("restore.sessions-max", sessionsMax, 1, 1_000_000);
    Ranges.check("restore.streams-max", streamsMax, 1, 65_536);
    Ranges.check("restore.send-ahead-bytes", sendAheadBytes, 32 << 10, 64 << 20);
  }
}
