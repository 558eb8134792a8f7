package io.hydrant.engine.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.Durability;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What counts as a holder, and above all what does not (PROTOCOL R7). */
final class HolderTableTest {
  private static final CheckpointKey KEY = CheckpointKey.of(1, 2);
  private static final Digest DIGEST = Digest.of(new byte[Digest.BYTES]);
  private static final Voters THREE = Voters.of(Set.of("n1", "n2", "n3"));

  private final HolderTable table = new HolderTable();

  HolderTableTest() {
    table.begin(KEY);
    for (String node : List.of("n1", "n2", "n3", "n4")) {
      table.greeted(new PeerLife(node, 1));
    }
  }

  private void says(String node, long life, Statement.Says says) {
    table.stated(new Statement(KEY, new PeerLife(node, life), says));
  }

  private void holds(String... nodes) {
    for (String node : nodes) {
      says(node, 1, new Statement.Says.Holds(DIGEST));
    }
  }

  private Optional<List<String>> quorum() {
    return table.holders(KEY, DIGEST, THREE, Durability.QUORUM);
  }

  @Test
  void aMajorityIsEnoughAndIsNamedInOrder() {
    holds("n3");
    assertEquals(Optional.empty(), quorum());
    holds("n1");
    assertEquals(Optional.of(List.of("n1", "n3")), quorum());
    assertEquals(Optional.empty(), table.holders(KEY, DIGEST, THREE, Durability.ALL));
    holds("n2");
    assertEquals(
        Optional.of(List.of("n1", "n2", "n3")), table.holders(KEY, DIGEST, THREE, Durability.ALL));
  }

  @Test
  void whatWasSentCountsForNothing() {
    holds("n1");
    says("n2", 1, new Statement.Says.Took(100, 99));
    says("n3", 1, new Statement.Says.Gap(5));
    assertEquals(Optional.empty(), quorum());
  }

  @Test
  void anotherDigestIsAnotherCheckpoint() {
    byte[] other = new byte[Digest.BYTES];
    other[0] = 1;
    holds("n1");
    says("n2", 1, new Statement.Says.Holds(Digest.of(other)));
    assertEquals(Optional.empty(), quorum());
  }

  @Test
  void anEarlierLifeCountsForNothing() {
    holds("n1", "n2");
    table.greeted(new PeerLife("n2", 2));
    assertEquals(Optional.empty(), quorum(), "it may have lost what it stated");
    holds("n2");
    assertEquals(Optional.empty(), quorum(), "a late word of the dead");
    says("n2", 2, new Statement.Says.Holds(DIGEST));
    assertEquals(Optional.of(List.of("n1", "n2")), quorum());
  }

  @Test
  void aSecondGreetingOfTheSameLifeTakesNothingBack() {
    holds("n1", "n2");
    table.greeted(new PeerLife("n2", 1));
    assertEquals(Optional.of(List.of("n1", "n2")), quorum());
  }

  @Test
  void whoNeverGreetedCountsForNothing() {
    holds("n1");
    table.stated(new Statement(KEY, new PeerLife("n9", 1), new Statement.Says.Holds(DIGEST)));
    Voters withStranger = Voters.of(Set.of("n1", "n9"));
    assertEquals(Optional.empty(), table.holders(KEY, DIGEST, withStranger, Durability.QUORUM));
  }

  @Test
  void whoRefusesIsNoHolder() {
    holds("n1", "n2");
    says("n2", 1, new Statement.Says.Refuses(Rejection.ABORTED, "final"));
    assertEquals(Optional.empty(), quorum());
  }

  @Test
  void oldProgressTakesNoStatementBack() {
    holds("n1", "n2");
    says("n2", 1, new Statement.Says.Took(3, 2));
    assertEquals(Optional.of(List.of("n1", "n2")), quorum());
  }

  @Test
  void whoDoesNotVoteIsAHintAndNeverCounts() {
    holds("n1", "n4");
    assertEquals(Optional.empty(), quorum());
    holds("n2");
    assertEquals(Optional.of(List.of("n1", "n2", "n4")), quorum());
  }

  @Test
  void aLateStatementOnAFinalCheckpointLeavesNothing() {
    table.forget(KEY);
    holds("n1", "n2");
    assertEquals(Optional.empty(), quorum());
    table.begin(KEY);
    assertEquals(Optional.empty(), quorum());
  }
}
