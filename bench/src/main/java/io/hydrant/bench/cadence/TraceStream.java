package io.hydrant.bench.cadence;

import io.hydrant.bench.data.PageSet;
import io.hydrant.bench.kill.TraceSteps;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The incremental checkpoints of a recorded trace, round and round, at another interval. */
public final class TraceStream implements GuestStream {
  private final TraceSteps steps;
  private final Duration interval;
  private final List<PageSet> sets = new ArrayList<>();
  private final PageSet begin;

  public TraceStream(TraceSteps steps, Duration interval) {
    this.steps = steps;
    this.interval = interval;
    this.begin = pages(steps.begin());
    for (int number = 1; number <= steps.last(); number++) {
      sets.add(pages(steps.union(number - 1, number)));
    }
  }

  private static PageSet pages(TraceSteps.Step step) {
    return switch (step) {
      case TraceSteps.Step.Full full -> full.pages();
      case TraceSteps.Step.Incremental incremental -> incremental.pages();
    };
  }

  @Override
  public String name() {
    return "%s, %.1f MB every %d ms"
        .formatted(steps.name(), meanBytes() / 1e6, interval.toMillis());
  }

  @Override
  public Duration interval() {
    return interval;
  }

  @Override
  public long imageBytes() {
    return steps.memoryBytes();
  }

  @Override
  public PageSet begin() {
    return begin;
  }

  @Override
  public int distinct() {
    return sets.size();
  }

  @Override
  public PageSet pages(long number) {
    return sets.get((int) (number % sets.size()));
  }

  @Override
  public byte[] slim(long number) {
    return steps.slim(1 + (int) (number % sets.size()));
  }

  @Override
  public boolean isCompressible() {
    return true;
  }

  @Override
  public long meanBytes() {
    return sets.stream().mapToLong(PageSet::bytes).sum() / sets.size();
  }
}
