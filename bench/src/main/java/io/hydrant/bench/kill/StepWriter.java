package io.hydrant.bench.kill;

import io.hydrant.bench.data.PageSet;
import io.hydrant.client.CheckpointWriter;

/** Sends a step's pages; those that a full checkpoint does not give are declared zero. */
public final class StepWriter {
  private static final int REGION = 0;
  private static final int TRACT_PAGES = 2048;

  private StepWriter() {}

  static void send(CheckpointWriter writer, TraceSteps.Step step, long regionPages) {
    switch (step) {
      case TraceSteps.Step.Incremental incremental -> pages(writer, incremental.pages());
      case TraceSteps.Step.Full full -> full(writer, full.pages(), regionPages);
    }
  }

  private static void pages(CheckpointWriter writer, PageSet set) {
    for (int row = 0; row < set.size(); row++) {
      writer.page(REGION, set.pages()[row], set.page(row));
    }
  }

  /** A full checkpoint of one region: what a set does not have is zero. */
  public static void full(CheckpointWriter writer, PageSet set, long regionPages) {
    int row = 0;
    for (long first = 0; first < regionPages; first += TRACT_PAGES) {
      long end = Math.min(first + TRACT_PAGES, regionPages);
      if (row == set.size() || set.pages()[row] >= end) {
        writer.zeroTracts(REGION, first / TRACT_PAGES, 1);
        continue;
      }
      long next = first;
      for (; row < set.size() && set.pages()[row] < end; row++) {
        long page = set.pages()[row];
        zero(writer, next, page);
        writer.page(REGION, page, set.page(row));
        next = page + 1;
      }
      zero(writer, next, end);
    }
  }

  private static void zero(CheckpointWriter writer, long from, long to) {
    if (from < to) {
      writer.zero(REGION, from, to - from);
    }
  }
}
