package io.hydrant.client;

import java.time.Duration;

/**
 * How long calls may take, retries included. All positive.
 *
 * @param call unary calls, and the wait for the next message of a server stream
 * @param checkpoint how long a checkpoint may wait for the server without any progress: no answer
 *     to its open or commit, no byte taken. However large it is, it may take as long as it needs
 * @param settle how long an unknown outcome is asked for (PROTOCOL R5)
 * @param fetch a demand fetch
 */
public record Deadlines(Duration call, Duration checkpoint, Duration settle, Duration fetch) {
  public static final Deadlines DEFAULT =
      new Deadlines(
          Duration.ofSeconds(20),
          Duration.ofMinutes(2),
          Duration.ofSeconds(60),
          Duration.ofSeconds(10));

  public Deadlines {
    positive("call", call);
    positive("checkpoint", checkpoint);
    positive("settle", settle);
    positive("fetch", fetch);
  }

  private static void positive(String name, Duration value) {
    if (!value.isPositive()) {
      throw new IllegalArgumentException(
          "deadline '%s' must be positive, not %s".formatted(name, value));
    }
  }
}
