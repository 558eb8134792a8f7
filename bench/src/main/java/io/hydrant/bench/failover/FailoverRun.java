package io.hydrant.bench.failover;

import io.hydrant.bench.Lab;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreGroup;
import io.hydrant.bench.store.StoreImage;
import io.hydrant.v1.PageRange;
import io.hydrant.v1.ServerInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Kills the leader of a group again and again while a protector commits and a restorer restores.
 * After each kill the member is started anew, and the next kill waits until all have everything.
 */
public final class FailoverRun {
  private static final String IMAGE = "failover";
  private static final int CHECKPOINT_PAGES = 64;
  private static final long SLICE_MILLIS = 80;

  /** Acknowledgements that make a calm: the pause ends before them. */
  private static final int CALM_COMMITS = 50;

  private static final long COMMIT_MILLIS_MAX = 60_000;
  private static final long WHOLE_SECONDS_MAX = 60;
  private static final long LOAD_MILLIS_MIN = 1_000;
  private static final long LOAD_MILLIS_MORE = 1_000;
  private static final long LOOK_NANOS = 2_000_000;

  private final Lab lab;
  private final long imageBytes;
  private final SplittableRandom random;
  private final List<Double> gapMillis = new ArrayList<>();
  private final List<Double> electedMillis = new ArrayList<>();
  private final List<Double> readyMillis = new ArrayList<>();
  private final List<Double> afterReadyMillis = new ArrayList<>();
  private final List<String> violations = new ArrayList<>();
  private int incomplete;

  public FailoverRun(Lab lab, long imageBytes) {
    this.lab = lab;
    this.imageBytes = imageBytes;
    this.random = new SplittableRandom(lab.options().seed());
  }

  /**
   * What happened; a value a kill, in milliseconds.
   *
   * @param gaps from the last acknowledgement before the silence to the first one behind it
   * @param elected from the kill until a survivor knows a leader of a newer term
   * @param ready from the kill until a survivor says that it leads and serves
   * @param afterReady from then to the first acknowledgement
   * @param incomplete kills before which a member still lacked bytes
   * @param restores whole restores while all this went on
   * @param slowestReadMillis the longest that a slice of 8 MiB, or 16 single pages, took
   */
  public record Result(
      List<Double> gaps,
      List<Double> elected,
      List<Double> ready,
      List<Double> afterReady,
      int incomplete,
      int commits,
      List<String> protectorFailures,
      int restores,
      double slowestReadMillis,
      List<String> restoreFailures,
      List<String> violations) {}

  public Result run(StoreGroup group, int kills) throws Exception {
    PagePool pool = new PagePool(lab.options().seed(), (int) (imageBytes / PagePool.PAGE_BYTES));
    try (StoreClient client = StoreClient.connect(group);
        StoreClient reading = StoreClient.connect(group)) {
      StoreImage image = client.create(IMAGE, imageBytes);
      image.writeFull(pool);
      int[] content;
      SteadyProtector protector =
          new SteadyProtector(client, IMAGE, image, pool, random.nextLong(), CHECKPOINT_PAGES);
      SteadyRestorer restorer =
          new SteadyRestorer(reading, IMAGE, image.pages(), random.nextLong(), SLICE_MILLIS);
      try (protector;
          restorer) {
        for (int i = 0; i < kills; i++) {
          kill(group, protector, restorer);
          lab.say(
              "failover: %d of %d: gap %.0f ms (leader known after %.0f, serving after %.0f)",
              i + 1, kills, gapMillis.getLast(), electedMillis.getLast(), readyMillis.getLast());
        }
      }
      content = protector.content();
      verify(client, pool, content);
      return new Result(
          gapMillis,
          electedMillis,
          readyMillis,
          afterReadyMillis,
          incomplete,
          protector.acknowledgements().count(),
          protector.failures(),
          restorer.restores(),
          restorer.slowestNanos() / 1e6,
          restorer.failures(),
          violations);
    }
  }

  private void kill(StoreGroup group, SteadyProtector protector, SteadyRestorer restorer)
      throws Exception {
    int leader = group.awaitCalm();
    if (!awaitWhole(group)) {
      incomplete++;
    }
    long loadMillis = LOAD_MILLIS_MIN + random.nextLong(LOAD_MILLIS_MORE);
    if (!protector
        .acknowledgements()
        .awaitAfter(System.nanoTime(), CALM_COMMITS, COMMIT_MILLIS_MAX)) {
      throw new IllegalStateException("nothing is committed though all members run");
    }
    Thread.sleep(loadMillis);
    long term = group.info(leader).map(ServerInfo::getTerm).orElse(0L);
    long killed = System.nanoTime();
    group.kill(leader);
    long[] seen = watch(group, leader, term, killed);
    if (!protector
        .acknowledgements()
        .awaitAfter(Math.max(killed, seen[1]), CALM_COMMITS, COMMIT_MILLIS_MAX)) {
      violations.add(
          "no commit within %d ms after the loss of the leader; the protector says: %s, the restorer: %s"
              .formatted(COMMIT_MILLIS_MAX, protector.failures(), restorer.failures()));
    }
    Acknowledgements.Gap gap = protector.acknowledgements().longestSince(killed);
    gapMillis.add(gap.nanos() / 1e6);
    electedMillis.add((seen[0] - killed) / 1e6);
    readyMillis.add((seen[1] - killed) / 1e6);
    afterReadyMillis.add((gap.to() - seen[1]) / 1e6);
    group.launch(leader);
    group.process(leader).awaitReady();
  }

  /** When a survivor first knew a newer leader, and when one said that it leads. */
  private static long[] watch(StoreGroup group, int dead, long term, long killed)
      throws InterruptedException {
    long[] seen = {0, 0};
    long deadline = killed + TimeUnit.MILLISECONDS.toNanos(COMMIT_MILLIS_MAX);
    while (seen[1] == 0 && System.nanoTime() < deadline) {
      for (int number = 0; number < StoreGroup.MEMBERS; number++) {
        if (number == dead) {
          continue;
        }
        Optional<ServerInfo> info = group.info(number);
        if (info.isPresent() && info.get().getTerm() > term) {
          long now = System.nanoTime();
          seen[0] = seen[0] == 0 && !info.get().getLeaderId().isEmpty() ? now : seen[0];
          seen[1] = seen[1] == 0 && info.get().getLeader() ? now : seen[1];
        }
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
    return seen;
  }

  /** Whether all members have everything, as they must before one of them may be lost again. */
  private static boolean awaitWhole(StoreGroup group) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WHOLE_SECONDS_MAX);
    while (!group.lacksNothing()) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      Thread.sleep(20);
    }
    return true;
  }

  private void verify(StoreClient client, PagePool pool, int[] content) throws Exception {
    try (var session = client.openRestore(IMAGE)) {
      ContentCheck check = new ContentCheck(pool, content);
      session.prefetch(List.of(PageRange.newBuilder().setPageCount(content.length).build()), check);
      check.wrong().ifPresent(violations::add);
    }
  }
}
