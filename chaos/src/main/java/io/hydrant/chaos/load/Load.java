package io.hydrant.chaos.load;

import io.hydrant.client.ClientConfig;
import io.hydrant.client.Deadlines;
import io.hydrant.client.HydrantClient;
import io.hydrant.testkit.history.Interval;
import io.hydrant.testkit.history.Recorder;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What all clients of a run share.
 *
 * @param endpoints of the servers, with commas between
 * @param images names of the images under protection
 * @param deadlines of every call
 * @param stopping set when the clients are to end
 */
public record Load(
    String endpoints,
    List<String> images,
    Deadlines deadlines,
    Recorder recorder,
    Tally tally,
    AtomicBoolean stopping,
    AtomicLong sessions) {
  /** Far longer than any disturbance, so that a session ends only by a defect. */
  static final Duration LEASE = Duration.ofMinutes(10);

  public static final int KEEP_LAST = 5;

  HydrantClient connect() {
    return HydrantClient.connect(ClientConfig.of(endpoints).withDeadlines(deadlines));
  }

  boolean goesOn() {
    return !stopping.get();
  }

  static Interval since(long invoked) {
    return new Interval(invoked, System.nanoTime());
  }
}
