package io.hydrant.chaos.load;

import io.hydrant.client.FetchedPages;
import io.hydrant.client.HydrantClient;
import io.hydrant.client.HydrantException;
import io.hydrant.client.PageFetcher;
import io.hydrant.client.PrefetchOptions;
import io.hydrant.client.RestoreSession;
import io.hydrant.testkit.history.Operation.ListAll;
import io.hydrant.testkit.history.Operation.Listed;
import io.hydrant.testkit.history.Operation.Pin;
import io.hydrant.testkit.history.Operation.Restore;
import io.hydrant.testkit.history.Result;
import io.hydrant.v1.Checkpoint;
import io.hydrant.v1.CheckpointState;
import io.hydrant.v1.ReadClass;
import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Restores images, the latest and older checkpoints, in streams and page by page. */
public final class Restorer implements Runnable {
  private static final double LISTED_SHARE = 0.3;
  private static final double PARALLEL_SHARE = 0.3;
  private static final double FETCH_SHARE = 0.3;
  private static final double WAIT_SHARE = 0.2;
  private static final int WAIT_MILLIS_MAX = 4_000;
  private static final int PAUSE_MILLIS = 150;
  private static final int FETCHED_PAGES = 64;

  private static final PrefetchOptions WITHOUT_ZEROS =
      new PrefetchOptions(ReadClass.READ_CLASS_PREFETCH, PrefetchOptions.EmptyPages.SKIP);

  private final Load load;
  private final String name;
  private final SplittableRandom random;
  private final Outcomes outcomes;

  public Restorer(Load load, String name, SplittableRandom random) {
    this.load = load;
    this.name = name;
    this.random = random;
    this.outcomes = new Outcomes(load.tally());
  }

  @Override
  public void run() {
    try (HydrantClient client = load.connect()) {
      while (load.goesOn()) {
        String image = load.images().get(random.nextInt(load.images().size()));
        OptionalLong checkpoint = OptionalLong.empty();
        if (random.nextDouble() < LISTED_SHARE) {
          List<Listed> listed = list(client, image);
          if (!listed.isEmpty()) {
            checkpoint = OptionalLong.of(listed.get(random.nextInt(listed.size())).id());
          }
        }
        restore(client, image, checkpoint);
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException e) {
      load.tally().violation(name + " failed: " + Outcomes.chain(e));
    }
  }

  /** Committed checkpoints; empty if there is no answer. */
  public List<Listed> list(HydrantClient client, String image) {
    long invoked = System.nanoTime();
    Result<List<Listed>> result;
    try {
      result =
          new Result.Ok<>(
              client.checkpoints(HydrantClient.name(image)).stream()
                  .filter(each -> each.getState() == CheckpointState.CHECKPOINT_STATE_COMMITTED)
                  .map(Restorer::listed)
                  .toList());
    } catch (HydrantException e) {
      result = outcomes.of("listing checkpoints of " + image, e);
    }
    load.history().add(new ListAll(name, Load.since(invoked), image, result));
    return result instanceof Result.Ok<List<Listed>>(List<Listed> rows) ? rows : List.of();
  }

  private static Listed listed(Checkpoint checkpoint) {
    return new Listed(checkpoint.getId(), checkpoint.getEpoch(), checkpoint.getBase());
  }

  private void restore(HydrantClient client, String image, OptionalLong checkpoint)
      throws IOException, InterruptedException {
    long number = load.sessions().incrementAndGet();
    long invoked = System.nanoTime();
    Result<Long> pinned;
    try (RestoreSession session =
        client.openRestore(HydrantClient.name(image), checkpoint.orElse(0), Load.LEASE)) {
      pinned = new Result.Ok<>(session.checkpoint().getId());
      load.history().add(new Pin(name, Load.since(invoked), image, number, checkpoint, pinned));
      if (random.nextDouble() < WAIT_SHARE) {
        TimeUnit.MILLISECONDS.sleep(random.nextInt(WAIT_MILLIS_MAX));
      }
      read(session, image, number);
    } catch (HydrantException e) {
      pinned = outcomes.of("opening a restore of " + image, e);
      load.history().add(new Pin(name, Load.since(invoked), image, number, checkpoint, pinned));
    }
  }

  private void read(RestoreSession session, String image, long number) throws IOException {
    long invoked = System.nanoTime();
    Result<String> result;
    RestoredMemory memory = new RestoredMemory(session.regions());
    try {
      if (random.nextDouble() < PARALLEL_SHARE) {
        session.restoreTo(memory, PrefetchOptions.DEFAULT, 2);
      } else {
        session.restoreTo(memory, WITHOUT_ZEROS, 1);
      }
      result = new Result.Ok<>(memory.name(session.slim()));
      load.tally().count(Tally.RESTORED);
    } catch (HydrantException e) {
      result = outcomes.of("restoring " + image, e);
    }
    load.history().add(new Restore(name, Load.since(invoked), image, number, result));
    if (result instanceof Result.Ok<String> && random.nextDouble() < FETCH_SHARE) {
      fetch(session, image, number, memory);
    }
  }

  /** The same pages on demand: they must be those of the stream. */
  private void fetch(RestoreSession session, String image, long number, RestoredMemory memory) {
    long invoked = System.nanoTime();
    long[] pages = random.longs(FETCHED_PAGES, 0, memory.pages()).distinct().sorted().toArray();
    try {
      PageFetcher fetcher = session.fetcher();
      FetchedPages fetched =
          fetcher.fetch(0, pages).get(2 * load.deadlines().fetch().toSeconds(), TimeUnit.SECONDS);
      load.tally().count("demand fetches compared");
      memory
          .difference(fetched)
          .ifPresent(page ->
              load.tally()
                  .violation(
                      "%s: page %d of checkpoint %d is another one on demand than in a stream"
                          .formatted(image, page, session.checkpoint().getId())));
    } catch (ExecutionException e) {
      Result<String> result =
          outcomes.of("fetching pages of " + image, e.getCause() == null ? e : e.getCause());
      load.history().add(new Restore(name, Load.since(invoked), image, number, result));
    } catch (TimeoutException e) {
      load.tally().violation(image + ": a demand fetch has no answer at twice its deadline");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
