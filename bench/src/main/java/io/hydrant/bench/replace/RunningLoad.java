package io.hydrant.bench.replace;

import io.hydrant.bench.cadence.GuestStream;
import io.hydrant.bench.cadence.OpenLoop;
import io.hydrant.bench.cadence.StoreSender;
import io.hydrant.bench.measure.Latencies;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.client.ProtectionStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/** Guests that are checkpointed at fixed moments until it is ended, each on a thread of its own. */
final class RunningLoad {
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
