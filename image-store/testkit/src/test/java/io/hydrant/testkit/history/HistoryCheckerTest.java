package io.hydrant.testkit.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.testkit.history.Result.Why;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Right histories pass; each wrong one is caught, and told in few words. */
class HistoryCheckerTest {
  private static Script protectedImage() {
    return new Script(3).acquire(1, 0).commit(1, 0, 1);
  }

  private static void assertRight(Script script) {
    assertEquals(List.of(), script.check());
  }

  /**
   * Caught by this demand, in a message that holds these words; a second one may say the same from
   * another side.
   */
  private static void assertWrong(Demand demand, String words, Script script) {
    List<Violation> found = script.check();
    assertTrue(found.size() == 1 || found.size() == 2, found::toString);
    assertEquals(demand, found.getFirst().demand(), found::toString);
    assertTrue(found.getFirst().message().contains(words), found::toString);
  }

  @Test
  void aStoreThatKeepsItsPromisesPasses() {
    assertRight(
        protectedImage()
            .commit(1, 1, 2)
            .head(1, 2, 25)
            .list(1, 2)
            .commit(1, 2, 3)
            .commit(1, 3, 4)
            .list(2, 3, 4)
            .pin(4)
            .restore(4)
            .acquire(2, 4)
            .failed(1, 4, 5, Why.STALE_EPOCH)
            .pinRefused(1, Why.RETIRED)
            .quiet(40, Map.of("n1", 40L, "n2", 41L)));
  }

  @Test
  void anUnknownCommitMayHaveLandedOrNot() {
    assertRight(protectedImage().unknown(1, 1, 2, OptionalLong.of(2)).list(1).commit(1, 1, 3));
    assertRight(protectedImage().unknown(1, 1, 2, OptionalLong.of(2)).list(1, 2).commit(1, 2, 3));
    assertRight(
        protectedImage().unknown(1, 1, 2, OptionalLong.of(2)).list(1).head(1, 2, 99).list(1, 2));
  }

  @Test
  void anUnknownCommitWhoseIdWasNeverHeardIsFoundByItsEpochOrItsContent() {
    assertRight(protectedImage().unknown(1, 1, 7, OptionalLong.empty()).list(1, 2));
    assertRight(
        protectedImage()
            .unknown(1, 1, 7, OptionalLong.empty())
            .unknown(1, 1, 8, OptionalLong.empty())
            .pin(2)
            .restore(8));
  }

  /** Which of them it was stays open; under which epoch it was does not. */
  @Test
  void anUnknownCommitMayBeOneOfSeveral() {
    assertRight(
        new Script(3)
            .acquire(1, 0)
            .unknown(1, 0, 7, OptionalLong.empty())
            .unknown(1, 0, 8, OptionalLong.empty())
            .head(1, 2, 25));
  }

  @Test
  void aTakeOverWithoutAnswerExplainsAnEpoch() {
    assertRight(
        protectedImage()
            .acquire(new Result.Unknown<>(), OptionalLong.of(1))
            .head(2, 1, 15)
            .failed(1, 1, 2, Why.STALE_EPOCH)
            .acquire(new Result.Failed<>(Why.STALE_EPOCH), OptionalLong.of(1)));
  }

  @Test
  void concurrentAnswersMayComeFromBeforeOrAfter() {
    assertRight(
        protectedImage()
            .during(100, 200)
            .commit(1, 1, 2)
            .during(110, 120)
            .list(1)
            .during(130, 140)
            .list(1, 2)
            .during(131, 135)
            .list(1));
  }

  @Test
  void aLostAcknowledgementIsCaught() {
    assertWrong(
        Demand.NOTHING_LOST,
        "commit of attempt 2 under epoch 1 on checkpoint 1",
        protectedImage().commit(1, 1, 2).list(1));
    assertWrong(
        Demand.NOTHING_LOST,
        "does not know of what was acknowledged before",
        protectedImage().commit(1, 1, 2).head(1, 1, 15));
    assertWrong(
        Demand.NOTHING_LOST,
        "checkpoint 2 cannot be restored",
        protectedImage().commit(1, 1, 2).pinRefused(2, Why.NOT_COMMITTED));
  }

  @Test
  void aHoleInAListIsCaught() {
    assertWrong(
        Demand.NOTHING_LOST,
        "acknowledged checkpoint 2 is not there",
        protectedImage().commit(1, 1, 2).commit(1, 2, 3).list(1, 3));
    assertWrong(
        Demand.FATE_FIXED,
        "committed checkpoint 2 is not there",
        protectedImage().unknown(1, 1, 2, OptionalLong.of(2)).commit(1, 2, 3).list(1, 3));
  }

  @Test
  void retentionTakesNotOneTooMany() {
    Script script = protectedImage().commit(1, 1, 2).commit(1, 2, 3);
    assertWrong(Demand.NOTHING_LOST, "checkpoint 1 cannot be", script.pinRefused(1, Why.RETIRED));
  }

  @Test
  void aMixedImageIsCaught() {
    assertWrong(
        Demand.EXACT_RESTORE,
        "a mixed image that nobody sent",
        protectedImage().commit(1, 1, 2).pin(2).restore(new Result.Ok<>("half and half")));
    assertWrong(
        Demand.EXACT_RESTORE,
        "that of attempt 1",
        protectedImage().commit(1, 1, 2).pin(2).restore(1));
  }

  @Test
  void aCommitUnderAStaleEpochIsCaught() {
    assertWrong(
        Demand.NO_STALE_EPOCH,
        "committed under epoch 1, sent after epoch 2 had begun",
        protectedImage().acquire(2, 2).commit(1, 1, 2));
    assertWrong(
        Demand.NO_STALE_EPOCH,
        "checkpoint 3 was committed under epoch 1 after checkpoint 2 under epoch 2",
        protectedImage().acquire(2, 1).commit(2, 1, 2).during(0, 100).commit(1, 0, 3));
  }

  @Test
  void aFailedCommitThatIsVisibleIsCaught() {
    assertWrong(
        Demand.FAILED_INVISIBLE,
        "checkpoint 2 failed and is visible",
        protectedImage().failed(1, 1, 2, Why.OTHER).list(1, 2));
    assertWrong(
        Demand.FAILED_INVISIBLE,
        "checkpoint 2 failed and is visible",
        protectedImage().failed(1, 1, 2, Why.OTHER).commit(1, 2, 3));
    assertWrong(
        Demand.FAILED_INVISIBLE,
        "checkpoint 2 was sent by nobody",
        protectedImage().failed(1, 1, 7, Why.OTHER).list(1, 2));
  }

  @Test
  void twoHeadsAreCaught() {
    assertWrong(
        Demand.ONE_HEAD,
        "checkpoint 3 builds on 1, but the head was 2: two heads",
        protectedImage().commit(1, 1, 2).commit(1, 1, 3));
    assertWrong(
        Demand.ONE_HEAD, "epoch 2 was given twice", protectedImage().acquire(2, 1).acquire(2, 1));
    assertWrong(
        Demand.ONE_HEAD,
        "the head was never 2 under epoch 3",
        protectedImage()
            .acquire(new Result.Unknown<>(), OptionalLong.empty())
            .acquire(4, 1)
            .commit(4, 1, 2)
            .head(3, 2, 99));
  }

  @Test
  void aSessionThatEndsUnderItsClientIsCaught() {
    assertWrong(
        Demand.SESSION_KEPT,
        "the session on checkpoint 1 ended",
        protectedImage().pin(1).restore(new Result.Failed<>(Why.GONE)));
  }

  @Test
  void anImageThatCannotBeReadAnyMoreIsCaught() {
    assertWrong(
        Demand.NOTHING_LOST,
        "cannot be read, DAMAGED",
        protectedImage().pin(1).restore(new Result.Failed<>(Why.DAMAGED)));
  }

  @Test
  void reorderedAcknowledgementsAreCaught() {
    assertWrong(
        Demand.REAL_TIME_ORDER,
        "its log index is not higher",
        protectedImage().commit(1, 1, 2, 30).commit(1, 2, 3, 20));
    assertWrong(
        Demand.REAL_TIME_ORDER,
        "older than one that ended before it began",
        protectedImage()
            .during(100, 200)
            .commit(1, 1, 2)
            .during(110, 120)
            .list(1, 2)
            .during(130, 140)
            .list(1));
    assertWrong(
        Demand.REAL_TIME_ORDER,
        "knows of what was sent only after it",
        protectedImage().during(10, 15).list(1, 2).during(40, 50).commit(1, 1, 2));
  }

  @Test
  void anAnswerOfAnotherIndexIsCaught() {
    assertWrong(
        Demand.ONE_HEAD,
        "lacks what was committed at index 20",
        protectedImage().during(20, 90).commit(1, 1, 2).during(30, 40).head(1, 1, 21));
  }

  @Test
  void aReplicaThatLacksPagesAtRestIsCaught() {
    assertWrong(
        Demand.WHOLE_AT_REST,
        "the hold mark of n2 is 9",
        protectedImage().quiet(10, Map.of("n1", 10L, "n2", 9L, "n3", 12L)));
  }

  /** An hour of three busy clients is judged in seconds: the check must not be quadratic. */
  @Test
  void aLongHistoryIsCheckedInLinearTime() {
    SplittableRandom random = new SplittableRandom(7);
    Script script = new Script(3).acquire(1, 0).commit(1, 0, 1);
    for (long id = 2; id < 50_000; id++) {
      script.commit(1, id - 1, id);
      if (random.nextInt(3) == 0) {
        script.head(1, id, 10 * id);
      }
    }
    long began = System.nanoTime();
    assertRight(script);
    assertTrue(System.nanoTime() - began < 20_000_000_000L, "took far too long");
  }
}
