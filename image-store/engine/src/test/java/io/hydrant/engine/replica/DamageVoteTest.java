package io.hydrant.engine.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hydrant.engine.replica.DamageVote.Answer;
import io.hydrant.engine.replica.DamageVote.Decision;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DamageVoteTest {
  private static final Set<String> VOTERS = Set.of("n1", "n2", "n3");

  private final DamageVote vote = new DamageVote();

  @Test
  void everyVoterMustHaveSaidSo() {
    assertEquals(new Decision.Wait(VOTERS), vote.decide(VOTERS, true));
    vote.answered("n1", Answer.NONE);
    vote.answered("n2", Answer.NONE);
    assertEquals(
        new Decision.Wait(Set.of("n3")), vote.decide(VOTERS, true), "a majority is not enough");
    vote.answered("n3", Answer.UNKNOWN);
    assertEquals(new Decision.Wait(Set.of("n3")), vote.decide(VOTERS, true));
    vote.answered("n3", Answer.NONE);
    assertEquals(new Decision.Mark(), vote.decide(VOTERS, false));
  }

  @Test
  void oneGoodCopyIsEnoughWhoeverHasIt() {
    vote.answered("n1", Answer.NONE);
    vote.answered("joiner", Answer.GOOD);
    assertEquals(new Decision.Fetch("joiner"), vote.decide(VOTERS, true));
    vote.answered("joiner", Answer.NONE);
    assertEquals(new Decision.Wait(Set.of("n2", "n3")), vote.decide(VOTERS, true));
  }

  @Test
  void whatCannotBeReadIsGivenUpWithPatienceOnly() {
    VOTERS.forEach(node -> vote.answered(node, Answer.NONE));
    vote.answered("n2", Answer.UNREADABLE);
    assertEquals(new Decision.Wait(Set.of("n2")), vote.decide(VOTERS, false));
    assertEquals(new Decision.Mark(), vote.decide(VOTERS, true));
  }

  @Test
  void whoWasDeclaredDeadIsNotNeeded() {
    vote.answered("n1", Answer.NONE);
    vote.answered("n2", Answer.NONE);
    assertEquals(new Decision.Mark(), vote.decide(Set.of("n1", "n2"), false));
  }
}
