package io.hydrant.engine.replica;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.replica.ReplacementCheck.Action;
import io.hydrant.engine.replica.ReplacementCheck.Phase;
import io.hydrant.engine.replica.ReplacementCheck.Plan;
import io.hydrant.engine.replica.ReplacementCheck.Seen;
import io.hydrant.engine.replica.ReplacementCheck.Step;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** When a member is replaced, and when not (PROTOCOL R17). */
final class ReplacementCheckTest {
  private static final Members THREE = new Members(Set.of("a", "b", "c"), Set.of(), Set.of());
  private static final Members LISTENING =
      new Members(Set.of("a", "b", "c"), Set.of(), Set.of("j"));
  private static final Members JOINT =
      new Members(Set.of("a", "b", "j"), Set.of("a", "b", "c"), Set.of());
  private static final Members CHANGED = new Members(Set.of("a", "b", "j"), Set.of(), Set.of());

  private final Map<String, InventoryView> seen = new HashMap<>();
  private ReplacementCheck check =
      ReplacementCheck.begin(new Plan(Optional.of("c"), "j"), ReplacementRule.PAGES);

  private void says(String node, long applied, long holdMark) {
    seen.put(node, InventoryView.whole(new PeerLife(node, 1), applied, holdMark));
  }

  private Action look(Members members) {
    return look(members, Long.MAX_VALUE);
  }

  /**
   * @param matched log index that the joiner has; the members are those of entry 20,000
   */
  private Action look(Members members, long matched) {
    Step step = check.next(new Seen(members, 20_000, seen, Map.of("j", matched)));
    check = step.check();
    return step.action();
  }

  @Test
  void everyOrderOfEventsKeepsWhatWasAcknowledged() {
    ReplacementModel model = new ReplacementModel(ReplacementRule.PAGES, false);
    assertEquals(Optional.empty(), model.violation());
    assertEquals(EnumSet.complementOf(EnumSet.of(Phase.ABANDONED)), model.reached());
  }

  @Test
  void raftsOwnIndexIsNotEnough() {
    ReplacementRule matched =
        new ReplacementRule() {
          @Override
          public Voters counting(Voters present, Set<String> then) {
            return PAGES.counting(present, then);
          }

          @Override
          public boolean mayVote(Set<String> then, String joiner, long barrier, Seen known) {
            return known.matched().getOrDefault(joiner, -1L) >= barrier;
          }
        };
    assertTrue(new ReplacementModel(matched, false).violation().isPresent());
  }

  @Test
  void countingTheOldVotersAloneIsNotEnough() {
    ReplacementRule narrow =
        new ReplacementRule() {
          @Override
          public Voters counting(Voters present, Set<String> then) {
            return present;
          }

          @Override
          public boolean mayVote(Set<String> then, String joiner, long barrier, Seen known) {
            return PAGES.mayVote(then, joiner, barrier, known);
          }
        };
    assertTrue(new ReplacementModel(narrow, false).violation().isPresent());
  }

  @Test
  void whatWasCountedBeforeMustNotBeProposedAfter() {
    assertTrue(new ReplacementModel(ReplacementRule.PAGES, true).violation().isPresent());
  }

  @Test
  void goesThroughItsPhases() {
    assertEquals(new Action.AddListener(), look(THREE));
    assertInstanceOf(Action.Wait.class, look(LISTENING));
    assertEquals(Phase.LISTENING, check.phase());
    says("a", 10_000, 10_000);
    says("b", 10_000, 9_999);
    says("j", 9_000, 0);
    assertEquals(new Action.Wait("j fetches what it lacks"), look(LISTENING));
    assertEquals(Voters.of(THREE.voters()), check.counting(LISTENING));
    says("j", 10_000, 9_990);
    assertEquals(new Action.ProposeBarrier(), look(LISTENING));
    Voters both = new Voters(THREE.voters(), CHANGED.voters());
    assertEquals(both, check.counting(LISTENING), "counted before the barrier is proposed");
    assertInstanceOf(Action.Wait.class, look(LISTENING));
    check = check.barrierAt(10_001);
    says("a", 10_001, 10_001);
    assertInstanceOf(Action.Wait.class, look(LISTENING), "the joiner lacks something");
    says("j", 10_001, 10_001);
    seen.remove("a");
    assertInstanceOf(Action.Wait.class, look(LISTENING), "no majority has it");
    says("a", 10_002, 10_001);
    assertEquals(new Action.ChangeVoters(CHANGED.voters()), look(LISTENING));
    assertEquals(both, check.counting(LISTENING));
    assertInstanceOf(Action.Wait.class, look(JOINT));
    assertEquals(new Voters(CHANGED.voters(), THREE.voters()), check.counting(JOINT));
    Action untold = new Action.Wait("j has not heard yet that it votes");
    assertEquals(untold, look(CHANGED, 19_999));
    assertEquals(new Action.End(), look(CHANGED, 20_000));
    assertEquals(Phase.DONE, check.phase());
    assertEquals(Voters.of(CHANGED.voters()), check.counting(CHANGED));
  }

  @Test
  void aLostBarrierIsProposedAgain() {
    for (String node : Set.of("a", "b", "j")) {
      says(node, 5, 5);
    }
    assertEquals(new Action.ProposeBarrier(), look(LISTENING));
    check = check.barrierLost();
    assertEquals(Voters.of(THREE.voters()), check.counting(LISTENING));
    assertEquals(new Action.ProposeBarrier(), look(LISTENING));
  }

  @Test
  void aJoinerInANewLifeIsAskedAgain() {
    for (String node : Set.of("a", "b", "j")) {
      says(node, 5, 5);
    }
    look(LISTENING);
    check = check.barrierAt(6);
    says("a", 6, 6);
    seen.remove("j");
    assertInstanceOf(Action.Wait.class, look(LISTENING));
    says("j", 6, 6);
    assertInstanceOf(Action.ChangeVoters.class, look(LISTENING));
  }

  @Test
  void aRepeatFindsItDone() {
    assertEquals(new Action.End(), look(CHANGED));
    assertEquals(Phase.DONE, check.phase());
  }

  @Test
  void oneAtATime() {
    assertEquals(new Action.End(), look(new Members(THREE.voters(), Set.of(), Set.of("other"))));
    assertEquals(Optional.of("another one joins already, other: one at a time"), check.reason());
  }

  @Test
  void onlyAMemberIsReplaced() {
    assertEquals(new Action.End(), look(new Members(Set.of("a", "b", "d"), Set.of(), Set.of())));
    assertEquals(Optional.of("c is no voting member of the group"), check.reason());
  }

  @Test
  void aJoinerThatWasTakenOutIsNotAddedAgain() {
    look(LISTENING);
    assertEquals(new Action.End(), look(THREE));
    assertEquals(Phase.ABANDONED, check.phase());
  }

  @Test
  void aGroupOfOneGrows() {
    check = ReplacementCheck.begin(new Plan(Optional.empty(), "j"), ReplacementRule.PAGES);
    Members one = new Members(Set.of("a"), Set.of(), Set.of("j"));
    says("a", 7, 7);
    says("j", 7, 7);
    assertEquals(new Action.ProposeBarrier(), look(one));
    assertEquals(new Voters(Set.of("a"), Set.of("a", "j")), check.counting(one));
    check = check.barrierAt(8);
    says("a", 8, 8);
    assertInstanceOf(Action.Wait.class, look(one), "both are needed");
    says("j", 8, 8);
    assertEquals(new Action.ChangeVoters(Set.of("a", "j")), look(one));
  }

  @Test
  void nobodyReplacesHimself() {
    assertThrows(IllegalArgumentException.class, () -> new Plan(Optional.of("j"), "j"));
  }
}
