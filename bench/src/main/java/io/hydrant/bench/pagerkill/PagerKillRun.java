package io.hydrant.bench.pagerkill;

import io.hydrant.bench.Lab;
import io.hydrant.bench.measure.Bar;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import io.hydrant.bench.process.ChildProcess;
import io.hydrant.bench.store.StoreGroup;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Restores the machine again and again, each time with another kill at a random moment. */
public final class PagerKillRun {
  /** The client's deadline for a page: within it the store must have a leader again. */
  private static final Duration DEADLINE = Duration.ofSeconds(10);

  /** Beyond the deadline: starting pagers, and all the steps of the machine. */
  private static final Duration HANG = Duration.ofSeconds(90);

  private static final int DELAY_MILLIS_MAX = 2_500;

  private final Lab lab;
  private final StoreGroup group;
  private final SplittableRandom random;
  private final Map<GuardedRestore.Outcome, Integer> outcomes =
      new EnumMap<>(GuardedRestore.Outcome.class);
  private final Map<Victim, List<Double>> seconds = new EnumMap<>(Victim.class);
  private final List<String> violations = new ArrayList<>();

  private enum Victim {
    LEADER("the leader"),
    PAGER("the pager"),
    BOTH("both");

    private final String words;

    Victim(String words) {
      this.words = words;
    }
  }

  public PagerKillRun(Lab lab, StoreGroup group) {
    this.lab = lab;
    this.group = group;
    this.random = new SplittableRandom(lab.options().seed());
  }

  /** Restores so many times, the victims in turn. */
  public Report.Builder run(int restores) throws IOException, InterruptedException {
    GuardedRestore.Machine machine =
        new GuardedRestore.Machine(group.endpoints(), "guest", "64m", 20_000, DEADLINE);
    try (ChildProcess guest = GuardedRestore.protect(lab.jvm(), lab.directory(), machine)) {
      guest.kill();
    }
    for (int number = 0; number < restores; number++) {
      Victim victim = Victim.values()[number % Victim.values().length];
      GuardedRestore.Outcome outcome = restore(machine, number, victim);
      outcomes.merge(outcome, 1, Integer::sum);
      lab.say("pager-kills: %d of %d: killed %s: %s", number + 1, restores, victim.words, outcome);
    }
    return report();
  }

  private GuardedRestore.Outcome restore(GuardedRestore.Machine machine, int number, Victim victim)
      throws IOException, InterruptedException {
    int leader = group.awaitCalm();
    boolean killed = false;
    try (GuardedRestore restore =
        GuardedRestore.start(lab.jvm(), lab.directory().resolve("restore-" + number), machine)) {
      Thread.sleep(random.nextInt(DELAY_MILLIS_MAX));
      long begin = System.nanoTime();
      if (victim != Victim.PAGER) {
        group.kill(leader);
        killed = true;
      }
      if (victim != Victim.LEADER) {
        restore.killPager();
      }
      GuardedRestore.Outcome outcome = restore.await(HANG);
      seconds
          .computeIfAbsent(victim, _ -> new ArrayList<>())
          .add((System.nanoTime() - begin) / 1e9);
      switch (outcome) {
        case WENT_ON, STOPPED_AND_NAMED -> {}
        case STOPPED_UNNAMED, WRONG, HUNG ->
            violations.add(
                "restore %d, %s killed: %s\n%s"
                    .formatted(number, victim.words, outcome, restore.log()));
      }
      return outcome;
    } finally {
      if (killed) {
        group.launch(leader);
      }
    }
  }

  private Report.Builder report() {
    Report.Builder report =
        Report.builder()
            .row(held("machines with wrong pages", GuardedRestore.Outcome.WRONG))
            .row(held("machines that hung", GuardedRestore.Outcome.HUNG))
            .row(held("machines stopped without a reason", GuardedRestore.Outcome.STOPPED_UNNAMED))
            .row(told("machines that went on", GuardedRestore.Outcome.WENT_ON))
            .row(
                told(
                    "machines stopped, with the reason", GuardedRestore.Outcome.STOPPED_AND_NAMED));
    seconds.forEach((victim, each) ->
        report.row(
            Row.told(
                "from the kill of " + victim.words + " to the machine's last step",
                new Series("s", each))));
    violations.forEach(report::violation);
    return report
        .note(
            "each machine of 64 MiB makes 20,000 steps, each of which verifies a page and writes it anew, and verifies all pages then; its pager fills at 16 MiB/s, and waits at most %d s for a page"
                .formatted(DEADLINE.toSeconds()))
        .note(
            "killed at a random moment in the first %d ms after the pager's guard has got what a successor needs"
                .formatted(DELAY_MILLIS_MAX));
  }

  private int count(GuardedRestore.Outcome outcome) {
    return outcomes.getOrDefault(outcome, 0);
  }

  private Row held(String name, GuardedRestore.Outcome outcome) {
    return Row.held(name, Series.single("", count(outcome)), Bar.exactly(0));
  }

  private Row told(String name, GuardedRestore.Outcome outcome) {
    return Row.told(name, Series.single("", count(outcome)));
  }
}
