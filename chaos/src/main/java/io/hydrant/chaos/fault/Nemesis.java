package io.hydrant.chaos.fault;

import io.hydrant.chaos.group.Group;
import io.hydrant.chaos.group.Member;
import io.hydrant.chaos.load.Tally;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Does one fault after the other, in rounds of all kinds in random order, until the time is over.
 * Most wait until the group serves again, some come on top of what has not healed yet.
 */
public final class Nemesis {
  private static final double ON_TOP_SHARE = 0.25;
  private static final int CALM_MILLIS_MIN = 300;
  private static final int CALM_MILLIS_MAX = 2_500;

  private final Group group;
  private final List<Fault> faults;
  private final Tally tally;
  private final SplittableRandom random;
  private final Duration patience;
  private final Consumer<String> said;

  /**
   * @param patience for a group without faults to serve again
   * @param said hears of every fault
   */
  public Nemesis(
      Group group,
      List<Fault> faults,
      Tally tally,
      SplittableRandom random,
      Duration patience,
      Consumer<String> said) {
    this.group = group;
    this.faults = List.copyOf(faults);
    this.tally = tally;
    this.random = random;
    this.patience = patience;
    this.said = said;
  }

  /** Heals everything in the end, also when interrupted or failing. */
  public void run(long untilNanos) throws IOException, InterruptedException {
    List<Fault> round = new ArrayList<>();
    while (System.nanoTime() < untilNanos) {
      if (round.isEmpty()) {
        round.addAll(faults);
      }
      TimeUnit.MILLISECONDS.sleep(random.nextInt(CALM_MILLIS_MIN, CALM_MILLIS_MAX));
      startTheFallen();
      strike(round.remove(random.nextInt(round.size())));
    }
    startTheFallen();
    group.awaitLeader(patience);
  }

  private void strike(Fault fault) throws IOException, InterruptedException {
    Optional<Fault.Strike> strike = fault.strike(random);
    if (strike.isEmpty()) {
      tally.count("faults that were not possible: " + fault.name());
      return;
    }
    said.accept(
        "%s: %s, %d ms"
            .formatted(fault.name(), strike.get().where(), strike.get().hold().toMillis()));
    tally.fault(fault.name());
    try {
      TimeUnit.NANOSECONDS.sleep(strike.get().hold().toNanos());
    } finally {
      strike.get().healing().heal();
    }
    if (random.nextDouble() >= ON_TOP_SHARE) {
      group.awaitLeader(patience);
    }
  }

  /** A server that ended though nobody ended it is a defect. */
  private void startTheFallen() throws IOException, InterruptedException {
    for (Member member : group.members()) {
      Optional<Integer> code = member.endedByItself();
      if (code.isPresent()) {
        tally.violation(
            "%s ended by itself with exit code %d; its log ends:\n%s"
                .formatted(member.name(), code.get(), member.logTail()));
        member.start();
      }
    }
  }
}
