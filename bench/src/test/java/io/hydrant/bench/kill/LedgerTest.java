package io.hydrant.bench.kill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class LedgerTest {
  private final Violations violations = new Violations(_ -> {});
  private final Ledger ledger = new Ledger(3, violations);

  private Ledger.Attempt acknowledge(int number, long id) {
    Ledger.Attempt attempt = ledger.begin(number);
    ledger.acknowledged(attempt, id);
    return attempt;
  }

  @Test
  void aServerThatKeepsEverythingIsInOrder() {
    acknowledge(0, 1);
    acknowledge(1, 2);
    assertEquals(List.of(), ledger.compare(List.of(1L, 2L)));
    assertEquals(OptionalInt.of(1), ledger.number(2));
    assertEquals(2, ledger.acknowledgedCount());
    assertEquals(List.of(), violations.found());
  }

  @Test
  void aLostAcknowledgedCheckpointIsAViolation() {
    acknowledge(0, 1);
    acknowledge(1, 2);
    ledger.compare(List.of(1L));
    assertEquals(
        List.of(
            "acknowledged checkpoint 2 is lost: expected memory 1 of the trace under it, listed are [1]; fewer than 3 are newer"),
        violations.found());
  }

  @Test
  void retentionMayTakeTheOldestButNotOneMore() {
    for (int number = 0; number < 5; number++) {
      acknowledge(number, number + 1);
    }
    ledger.compare(List.of(3L, 4L, 5L));
    assertEquals(List.of(), violations.found());
    ledger.compare(List.of(4L, 5L));
    assertEquals(1, violations.count());
    assertTrue(violations.found().getFirst().startsWith("acknowledged checkpoint 3 is lost"));
  }

  @Test
  void retentionCountsWhatWasCommittedWithoutAnAnswer() {
    acknowledge(0, 1);
    acknowledge(1, 2);
    acknowledge(2, 3);
    ledger.begin(3);
    assertEquals(List.of(4L), ledger.compare(List.of(2L, 3L, 4L)));
    assertEquals(List.of(), violations.found());
  }

  @Test
  void anUnknownOneMayBeThereByItsId() {
    Ledger.Attempt first = ledger.begin(6);
    Ledger.Attempt second = ledger.begin(7);
    ledger.opened(first, 10);
    ledger.opened(second, 11);
    assertEquals(List.of(10L), ledger.compare(List.of(10L)));
    assertEquals(List.of(6), ledger.candidates(10));
    ledger.foundCommitted(10, 6);
    ledger.settleAbsent();
    assertEquals(1, ledger.foundCount());
    assertEquals(1, ledger.absentCount());
    assertEquals(List.of(), violations.found());
  }

  @Test
  void anUnknownOneWhoseIdWasNeverToldIsMatchedByItsMemory() {
    Ledger.Attempt told = ledger.begin(5);
    ledger.opened(told, 9);
    ledger.begin(6);
    assertEquals(List.of(6), ledger.candidates(10));
    ledger.foundCommitted(10, 6);
    assertEquals(List.of(), violations.found());
    assertEquals(OptionalInt.of(6), ledger.number(10));
  }

  @Test
  void whatNobodySentIsAViolation() {
    assertEquals(List.of(4L), ledger.compare(List.of(4L)));
    assertEquals(List.of(), ledger.candidates(4));
    ledger.foundCommitted(4, 2);
    assertEquals(1, violations.found().size());
  }

  @Test
  void absentStaysAbsent() {
    Ledger.Attempt attempt = ledger.begin(1);
    ledger.opened(attempt, 5);
    ledger.compare(List.of());
    ledger.settleAbsent();
    ledger.compare(List.of(5L));
    assertTrue(violations.found().getFirst().contains("checkpoint 5 is visible"));
  }

  @Test
  void refusedIsNeverVisible() {
    Ledger.Attempt attempt = ledger.begin(1);
    ledger.opened(attempt, 5);
    ledger.refused(attempt);
    ledger.compare(List.of(5L));
    assertEquals(1, violations.found().size());
  }

  @Test
  void refusedIsNeverVisibleThoughItsIdBecameKnownLater() {
    Ledger.Attempt attempt = ledger.begin(1);
    ledger.refused(attempt);
    ledger.opened(attempt, 5);
    assertEquals(List.of(5L), ledger.absentIds());
    assertEquals(List.of(), ledger.compare(List.of(5L)));
    assertEquals(1, violations.count());
  }

  @Test
  void anIdIsNeverUsedTwice() {
    acknowledge(0, 5);
    acknowledge(1, 5);
    assertEquals(1, violations.found().size());
  }
}
