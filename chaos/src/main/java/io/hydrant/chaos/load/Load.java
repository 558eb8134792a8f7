package io.hydrant.chaos.load;

import io.hydrant.client.ClientConfig;
import io.hydrant.client.Deadlines;
import io.hydrant.client.HydrantClient;
import io.hydrant.testkit.history.HistoryFile;
import io.hydrant.testkit.history.Interval;
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
 * @param history gets what the clients do and are told
 * @param stopping set when the clients are to end
 */
public record Load(
    String endpoints,
    List<String> images,
    Deadlines deadlines,
    HistoryFile history,
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

  /** Of a call that has no answer yet. */
  static Interval open(long invoked) {
    return new Interval(invoked, Long.MAX_VALUE);
  }

  static Interval since(long invoked) {
    return new Interval(invoked, System.nanoTime());
  }
}
