package io.hydrant.bench.replace;

import io.hydrant.bench.cadence.GuestStream;
import io.hydrant.bench.cadence.OpenLoop;
import io.hydrant.bench.cadence.StoreSender;
import io.hydrant.bench.measure.Latencies;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.client.ProtectionStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Guests that are checkpointed at fixed moments until it is ended, each on a thread of its own. */
final class RunningLoad {
  /** Between two looks at whether it keeps up. */
  private static final long LOOK_MILLIS = 250;

  /** It keeps up if each look within that time finds it so. */
  private static final long CALM_SECONDS = 10;

  /** Of its interval, a checkpoint may take so much when the guests keep up. */
  private static final int CALM_INTERVALS = 2;

  private final List<ProtectionStream> protections = new ArrayList<>();
  private final List<StoreSender> senders = new ArrayList<>();
  private final List<OpenLoop> loops = new ArrayList<>();
  private final List<Future<List<OpenLoop.Moment>>> running = new ArrayList<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private volatile boolean ended;

  /** Begins; returns when each guest has its first checkpoint. */
  RunningLoad(StoreClient client, List<GuestStream> guests)
      throws InterruptedException, ExecutionException {
    for (int i = 0; i < guests.size(); i++) {
      GuestStream guest = guests.get(i);
      ProtectionStream protection = client.protect("load-" + i, guest.isCompressible());
      protections.add(protection);
      StoreSender sender = new StoreSender(guest, protection);
      sender.begin();
      senders.add(sender);
      loops.add(new OpenLoop(guest.interval(), sender));
    }
    for (OpenLoop loop : loops) {
      running.add(threads.submit(() -> loop.run(_ -> !ended)));
    }
  }

  /**
   * Waits until the guests keep up with their own moments: servers that have just begun fall
   * behind, and what they owe from then would be counted as slow for as long as it takes to make up
   * for it.
   *
   * @return whether they do within the time
   */
  boolean awaitCalm(Duration longest) throws InterruptedException {
    long deadline = System.nanoTime() + longest.toNanos();
    long calmSince = System.nanoTime();
    while (System.nanoTime() < deadline) {
      Thread.sleep(LOOK_MILLIS);
      long now = System.nanoTime();
      if (!loops.stream().allMatch(RunningLoad::keepsUp)) {
        calmSince = now;
      } else if (now - calmSince >= TimeUnit.SECONDS.toNanos(CALM_SECONDS)) {
        return true;
      }
    }
    return false;
  }

  private static boolean keepsUp(OpenLoop loop) {
    return loop.latestNanos() < CALM_INTERVALS * loop.interval().toNanos();
  }

  /** All that was acknowledged, of all guests, when it has come to its end. */
  List<OpenLoop.Moment> end() throws InterruptedException, ExecutionException {
    ended = true;
    List<OpenLoop.Moment> moments = new ArrayList<>();
    for (Future<List<OpenLoop.Moment>> each : running) {
      moments.addAll(each.get());
    }
    threads.shutdown();
    protections.forEach(ProtectionStream::close);
    return moments;
  }

  /** After the end. */
  List<String> failures() {
    return Stream.concat(
            senders.stream().flatMap(sender -> sender.failures().stream()),
            loops.stream().flatMap(loop -> loop.failures().stream()))
        .toList();
  }

  /** Latencies of what was due in a time. */
  static Latencies within(List<OpenLoop.Moment> moments, long from, long to) {
    Latencies latencies = new Latencies();
    for (OpenLoop.Moment moment : moments) {
      if (moment.due() >= from && moment.due() < to) {
        latencies.add(moment.nanos());
      }
    }
    return latencies;
  }
}
