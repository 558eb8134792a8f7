package io.hydrant.client;

import io.hydrant.v1.PageRange;
import io.hydrant.v1.Region;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** Reads a whole image in several streams, each a contiguous share of whole tracts. */
final class ParallelRestore {
  private final RestoreSession session;
  private final PrefetchOptions options;
  private final PageSink sink;

  ParallelRestore(RestoreSession session, PrefetchOptions options, PageSink sink) {
    this.session = session;
    this.options = options;
    this.sink = sink;
  }

  void run(int streams) throws IOException {
    if (streams < 1) {
      throw new IllegalArgumentException("streams must be at least 1, not " + streams);
    }
    List<List<PageRange>> shares = shares(session.regions(), streams);
    if (shares.size() == 1) {
      session.prefetch(shares.getFirst(), options, sink);
      return;
    }
    try (ExecutorService threads =
        Executors.newThreadPerTaskExecutor(
            Thread.ofPlatform().name("hydrant-restore-", 0).daemon().factory())) {
      ExecutorCompletionService<List<PageRange>> running = new ExecutorCompletionService<>(threads);
      for (List<PageRange> share : shares) {
        running.submit(() -> {
          session.prefetch(share, options, sink);
          return share;
        });
      }
      try {
        for (int ended = 0; ended < shares.size(); ended++) {
          running.take().get();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CancelledException("restoring an image: interrupted", e);
      } catch (ExecutionException e) {
        throw rethrown(e.getCause());
      } finally {
        threads.shutdownNow(); // after a failure the other streams are of no use
      }
    }
  }

  private static IOException rethrown(@Nullable Throwable cause) {
    return switch (cause) {
      case IOException e -> e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case null, default ->
          throw new IllegalStateException("unexpected failure of a restore stream", cause);
    };
  }

  /** Cuts the image into at most {@code streams} shares of about as many tracts each. */
  static List<List<PageRange>> shares(List<Region> regions, int streams) {
    long tracts = regions.stream().mapToLong(Regions::tracts).sum();
    long tractsPerShare = Math.max(1, (tracts + streams - 1) / streams);
    List<List<PageRange>> shares = new ArrayList<>();
    List<PageRange> share = new ArrayList<>();
    long room = tractsPerShare;
    for (int region = 0; region < regions.size(); region++) {
      Region spec = regions.get(region);
      long tract = 0;
      while (tract < Regions.tracts(spec)) {
        long count = Math.min(room, Regions.tracts(spec) - tract);
        share.add(range(region, spec, tract, count));
        tract += count;
        room -= count;
        if (room == 0) {
          shares.add(share);
          share = new ArrayList<>();
          room = tractsPerShare;
        }
      }
    }
    if (!share.isEmpty()) {
      shares.add(share);
    }
    return shares;
  }

  private static PageRange range(int region, Region spec, long tract, long count) {
    long first = tract * Regions.pagesPerTract(spec);
    long end = Math.min(Regions.pages(spec), first + count * Regions.pagesPerTract(spec));
    return PageRange.newBuilder()
        .setRegion(region)
        .setFirstPage(first)
        .setPageCount(end - first)
        .build();
  }
}
