package io.hydrant.node.housekeeping;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.Command;
import io.hydrant.node.FakeProposals;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class DigestRoundsTest {
  private final Catalog catalog = new Catalog();
  private final FakeProposals proposals = new FakeProposals(catalog);
  private long nanos = 7;
  private long count;
  private final DigestRounds rounds =
      new DigestRounds(
          proposals, () -> catalog.applied().index(), Duration.ofSeconds(10), () -> nanos);

  private long asked(int seconds) {
    for (int i = 0; i < seconds; i++) {
      nanos += 1_000_000_000L;
      rounds.step();
    }
    count += proposals.take().stream().filter(Command.DigestAt.class::isInstance).count();
    return count;
  }

  @Test
  void onceARoundIfSomethingWasApplied() {
    proposals.apply(new Command.CreateImage("zero", 1));
    proposals.apply(new Command.CreateImage("one", 1));
    assertEquals(0, asked(9));
    assertEquals(1, asked(1));
    assertEquals(1, asked(40));
    proposals.apply(new Command.CreateImage("two", 1));
    assertEquals(2, asked(10));
  }

  @Test
  void theLeaderOnlyAndOneAtATime() {
    proposals.apply(new Command.CreateImage("zero", 1));
    proposals.apply(new Command.CreateImage("one", 1));
    proposals.leads = false;
    assertEquals(0, asked(30));
    proposals.leads = true;
    proposals.silent = true;
    assertEquals(1, asked(50));
  }

  @Test
  void neverIfToldSo() {
    DigestRounds never = new DigestRounds(proposals, () -> 5, Duration.ZERO, () -> nanos);
    nanos += 1L << 60;
    never.step();
    assertEquals(List.of(), proposals.take());
  }
}
