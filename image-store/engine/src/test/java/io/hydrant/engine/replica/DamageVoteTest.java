package io.hydrant.engine.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hydrant.engine.replica.DamageVote.Answer;
import io.hydrant.engine.replica.DamageVote.Decision;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DamageVoteTest {
  private static final Voters VOTERS = Voters.of(Set.of("n1", "n2", "n3"));

  private final DamageVote vote = new DamageVote();

  private static PeerLife life(String node, long life) {
    return new PeerLife(node, life);
  }

  @Test
  void everyVoterMustHaveSaidSo() {
    assertEquals(new Decision.Wait(Set.of("n1", "n2", "n3")), vote.decide(VOTERS));
    vote.answered(life("n1", 1), Answer.NONE);
    vote.answered(life("n2", 1), Answer.NONE);
    assertEquals(new Decision.Wait(Set.of("n3")), vote.decide(VOTERS), "a majority is not enough");
    vote.answered(life("n3", 1), Answer.UNKNOWN);
    assertEquals(new Decision.Wait(Set.of("n3")), vote.decide(VOTERS));
    vote.answered(life("n3", 1), Answer.NONE);
    assertEquals(new Decision.Mark(), vote.decide(VOTERS));
  }

  @Test
  void oneGoodCopyIsEnoughWhoeverHasIt() {
    vote.answered(life("n1", 1), Answer.NONE);
    vote.answered(life("joiner", 1), Answer.GOOD);
    assertEquals(new Decision.Fetch("joiner"), vote.decide(VOTERS));
    vote.answered(life("joiner", 1), Answer.NONE);
    assertEquals(new Decision.Wait(Set.of("n2", "n3")), vote.decide(VOTERS));
  }

  @Test
  void anotherLifeMustBeAskedAgain() {
    for (String node : VOTERS.voters()) {
      vote.answered(life(node, 1), Answer.NONE);
    }
    vote.greeted(life("n2", 1));
    assertEquals(new Decision.Mark(), vote.decide(VOTERS));
    vote.greeted(life("n2", 2));
    assertEquals(new Decision.Wait(Set.of("n2")), vote.decide(VOTERS));
  }

  @Test
  void aReplacementTakesTheDeadOneOut() {
    vote.answered(life("n1", 1), Answer.NONE);
    vote.answered(life("n2", 1), Answer.NONE);
    Voters changing = new Voters(Set.of("n1", "n2", "n4"), Set.of("n1", "n2", "n3"));
    assertEquals(new Decision.Wait(Set.of("n3", "n4")), vote.decide(changing));
    vote.answered(life("n4", 1), Answer.NONE);
    assertEquals(new Decision.Wait(Set.of("n3")), vote.decide(changing));
    assertEquals(new Decision.Mark(), vote.decide(Voters.of(Set.of("n1", "n2", "n4"))));
  }
}
