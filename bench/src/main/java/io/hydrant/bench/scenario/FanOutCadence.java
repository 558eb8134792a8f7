package io.hydrant.bench.scenario;

import io.hydrant.bench.Lab;
import io.hydrant.bench.cadence.FanOutSender;
import io.hydrant.bench.cadence.GuestStream;
import io.hydrant.bench.cadence.OpenLoop;
import io.hydrant.bench.fanout.FanOutGroup;
import io.hydrant.bench.fanout.FanOutStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;

/**
 * What the machine itself misses with three processes: the checkpoints of a case through a bare
 * fan-out, at the same moments. To be run while no store is: an idle group takes part of the cores
 * as well.
 */
final class FanOutCadence implements AutoCloseable {
  private final FanOutGroup group;
  private final FanOutStream stream;

  private FanOutCadence(FanOutGroup group) {
    this.group = group;
    this.stream = group.stream();
  }

  /**
   * @param fileBytes length of the file that each of the three writes over
   */
  static FanOutCadence start(Lab lab, long fileBytes) throws IOException, InterruptedException {
    List<String> heap = List.of("-Xmx" + lab.options().heap());
    return new FanOutCadence(FanOutGroup.start(lab.jvm(), heap, lab.directory(), fileBytes));
  }

  void warmUp(GuestStream guest, Duration duration) throws InterruptedException {
    new OpenLoop(guest.interval(), new FanOutSender(guest, stream)).run(duration);
  }

  PacedRun measure(GuestStream guest, Duration duration) throws IOException, InterruptedException {
    return PacedRun.measure(
        guest.interval(), new FanOutSender(guest, stream), duration, group::accounts);
  }

  @Override
  public void close() throws IOException, InterruptedException, ExecutionException {
    try (group) {
      stream.close();
    }
  }
}
