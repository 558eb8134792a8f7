package io.hydrant.bench.kill;

import io.hydrant.bench.Lab;
import io.hydrant.bench.store.StoreProcess;
import io.hydrant.client.ClientConfig;
import io.hydrant.client.Deadlines;
import io.hydrant.client.HydrantClient;
import io.hydrant.client.RetryPolicy;
import io.hydrant.v1.Image;
import io.hydrant.v1.ImageRef;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;

/** One trace, replayed flat out into a server that is killed at random moments. */
public final class KillRun {
  /** The store's default, said aloud because the books count by it. */
  private static final int KEEP_LAST = 16;

  /** Snapshots as often as the configuration allows, so that kills meet them. */
  private static final List<String> FREQUENT_SNAPSHOTS =
      List.of(
          "storage.snapshot-entries=100",
          "storage.snapshot-log-bytes=4m",
          "storage.snapshot-dirty-bytes=1m");

  /**
   * A short trace is replayed round and round, so that most kills meet the replay and not the
   * start.
   */
  private static final int REPLAY_STARTS_MIN = 3;

  /** What a shell makes of SIGKILL. */
  private static final int EXIT_KILLED = 128 + 9;

  /** A protector of this run does not wait for a server that is dead. */
  private static final Deadlines SHORT =
      new Deadlines(
          Duration.ofSeconds(10),
          Duration.ofSeconds(60),
          Duration.ofMillis(200),
          Duration.ofSeconds(10));

  private final Lab lab;
  private final TraceSteps steps;
  private final SplittableRandom random;
  private final Violations violations;
  private final Ledger ledger;
  private final Examiner examiner;
  private final String data;
  private final ImageRef image = HydrantClient.name("killed");
  private int killedBeforeReady;

  public KillRun(Lab lab, TraceSteps steps) {
    this.lab = lab;
    this.steps = steps;
    this.random = new SplittableRandom(lab.options().seed() ^ steps.name().hashCode());
    this.violations =
        new Violations(text -> lab.say("kill: %s: VIOLATION: %s", steps.name(), text));
    this.ledger = new Ledger(KEEP_LAST, violations);
    this.examiner = new Examiner(steps, ledger, violations);
    this.data = "data-" + steps.name();
  }

  /**
   * What happened.
   *
   * @param killedBeforeReady kills that met the server's start-up
   * @param found checkpoints that were committed though their answer never came
   * @param absent checkpoints that were in flight and are wholly absent
   * @param restores whole images restored and compared
   */
  public record Result(
      int kills,
      int killedBeforeReady,
      int acknowledged,
      int found,
      int absent,
      int restores,
      List<String> violations) {}

  public Result run(int kills) throws Exception {
    violations.at("before the first kill, image '%s'".formatted(image.getName()));
    long lifeNanos = undisturbed();
    long[] moments = Moments.draw(random.nextLong(), kills, lifeNanos);
    lab.say(
        "kill: %s: %3$d kills within %2$.2f s of a start", steps.name(), lifeNanos / 1e9, kills);
    for (int i = 0; i < kills; i++) {
      violations.at(
          "kill %d of %d, after %.3f s, image '%s'"
              .formatted(i + 1, kills, moments[i] / 1e9, image.getName()));
      disturbed(moments[i]);
      examine(i == kills - 1);
      lab.say(
          "kill: %s: %d of %d, after %.3f s; %d acknowledged, %d violations",
          steps.name(),
          i + 1,
          kills,
          moments[i] / 1e9,
          ledger.acknowledgedCount(),
          violations.count());
    }
    return new Result(
        kills,
        killedBeforeReady,
        ledger.acknowledgedCount(),
        ledger.foundCount(),
        ledger.absentCount(),
        examiner.restores(),
        violations.found());
  }

  /** From a blank directory through the whole trace; returns how long a life has to be. */
  private long undisturbed() throws Exception {
    try (StoreProcess store = launch(List.of())) {
      long startNanos = store.awaitReady();
      HydrantClient client = connect(store);
      Image created = client.createImage(image.getName(), KEEP_LAST);
      if (created.getHead() != 0) {
        throw new IllegalStateException("a new image has a head");
      }
      int checkpoints = steps.last() + 1;
      Optional<Exception> failure = protector().run(client, image, checkpoints);
      if (failure.isPresent()) {
        throw new IOException(
            "the undisturbed replay failed; the server's log ends:\n" + store.process().logTail(),
            failure.get());
      }
      long replayNanos = System.nanoTime() - store.process().startedNanos() - startNanos;
      store.process().kill();
      examine(false);
      return startNanos + Math.max(replayNanos, REPLAY_STARTS_MIN * startNanos);
    }
  }

  /** A life that ends at a moment after its start, whatever goes on then. */
  private void disturbed(long momentNanos) throws Exception {
    List<String> settings = random.nextInt(4) == 0 ? List.of() : FREQUENT_SNAPSHOTS;
    Protector protector = protector();
    try (StoreProcess store = launch(settings)) {
      Thread killer = Thread.ofPlatform().name("killer").start(() -> killAt(store, momentNanos));
      long endedNanos;
      Optional<Exception> failure = Optional.empty();
      if (awaitReady(store)) {
        failure = protector.run(connect(store), image, Integer.MAX_VALUE);
        endedNanos = protector.endedNanos();
      } else {
        killedBeforeReady++;
        endedNanos = System.nanoTime();
      }
      killer.join();
      requireKilled(store, endedNanos - store.process().startedNanos() < momentNanos, failure);
    }
  }

  /** A life that ends before the kill is a defect, whatever ended it. */
  private void requireKilled(StoreProcess store, boolean early, Optional<Exception> failure)
      throws IOException {
    int exitCode = store.process().exitCode();
    if (early || exitCode != EXIT_KILLED) {
      violations.add(
          "the replay ended %s the kill: %s; expected the server's exit code to be %d, but it is %d; its log ends:\n%s"
              .formatted(
                  early ? "before" : "about",
                  failure.map(KillRun::chain).orElse("never ready"),
                  EXIT_KILLED,
                  exitCode,
                  store.process().logTail()));
    }
  }

  /** A failure with its causes, in one line. */
  static String chain(Throwable failure) {
    StringBuilder text = new StringBuilder(failure.toString());
    for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
      text.append("; caused by ").append(cause);
    }
    return text.toString();
  }

  private static boolean awaitReady(StoreProcess store) throws InterruptedException {
    try {
      store.awaitReady();
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static void killAt(StoreProcess store, long momentNanos) {
    long moment = store.process().startedNanos() + momentNanos;
    while (System.nanoTime() < moment) {
      LockSupport.parkNanos(moment - System.nanoTime());
    }
    try {
      store.process().kill();
    } catch (IOException e) {
      throw new IllegalStateException("the server could not be killed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * A life that is only looked at, and killed in the end: the next start has that to recover from.
   */
  private void examine(boolean everything) throws Exception {
    try (StoreProcess store = launch(List.of())) {
      store.awaitReady();
      try (HydrantClient client = connect(store)) {
        examiner.afterRestart(client, image);
        if (everything) {
          examiner.everything(client, image);
        }
      }
    }
  }

  private Protector protector() {
    return new Protector(steps, ledger, violations, random.split());
  }

  private StoreProcess launch(List<String> settings) throws IOException, InterruptedException {
    return lab.launchStore(data, List.of("-Xmx" + lab.options().heap()), settings);
  }

  private static HydrantClient connect(StoreProcess store) {
    return HydrantClient.connect(
        ClientConfig.of(store.endpoint()).withDeadlines(SHORT).withRetries(RetryPolicy.NONE));
  }
}
