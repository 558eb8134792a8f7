package io.hydrant.raftlog.ratis;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.raftlog.Membership;
import io.hydrant.raftlog.Peer;
import java.util.List;
import org.apache.ratis.util.LifeCycle;
import org.junit.jupiter.api.Test;

/** When a joiner's Ratis server is started anew, because it does not know what it is. */
final class MemberUnawaresTest {
  private static final Peer OTHER = new Peer("a", "a:1", "a:2", "a:3");
  private static final Peer SELF = new Peer("j", "j:1", "j:2", "j:3");
  private static final Membership LISTENS =
      new Membership(7, List.of(OTHER), List.of(), List.of(SELF));
  private static final Membership JOINT =
      new Membership(9, List.of(OTHER, SELF), List.of(OTHER), List.of());
  private static final Membership VOTES =
      new Membership(10, List.of(OTHER, SELF), List.of(), List.of());

  private static boolean isUnawares(
      Membership applied, long newest, boolean listens, LifeCycle.State state) {
    return RunningServer.isMemberUnawares("j", applied, newest, listens, state);
  }

  @Test
  void aListenerThatTakesItselfForAFollower() {
    assertTrue(isUnawares(LISTENS, 7, false, LifeCycle.State.RUNNING));
    assertFalse(isUnawares(LISTENS, 7, true, LifeCycle.State.RUNNING));
  }

  @Test
  void aVoterThatIsStillStarting() {
    assertTrue(isUnawares(VOTES, 10, false, LifeCycle.State.STARTING));
    assertFalse(isUnawares(VOTES, 10, false, LifeCycle.State.RUNNING));
    assertFalse(isUnawares(JOINT, 9, false, LifeCycle.State.STARTING));
  }

  /** It would start anew at each look, and each time apply the same entries again. */
  @Test
  void aVoterThatAppliesWhatWasBeforeItVoted() {
    assertFalse(isUnawares(LISTENS, 10, false, LifeCycle.State.RUNNING));
    assertFalse(isUnawares(LISTENS, 9, false, LifeCycle.State.RUNNING));
  }
}
