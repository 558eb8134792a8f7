package io.hydrant.testkit.history;

import io.hydrant.testkit.history.HistoryChecker.Findings;
import io.hydrant.testkit.history.ImageFacts.Fate;
import io.hydrant.testkit.history.Operation.Commit;
import io.hydrant.testkit.history.Operation.Pin;
import io.hydrant.testkit.history.Operation.Restore;
import java.util.HashMap;
import java.util.Map;

/** Whether what was restored is one committed checkpoint, and the one that was pinned. */
final class Restores {
  private final ImageFacts facts;
  private final Findings findings;
  private final Map<String, Commit> byContent = new HashMap<>();

  private Restores(ImageFacts facts, Findings findings) {
    this.facts = facts;
    this.findings = findings;
    for (Operation operation : facts.operations()) {
      if (operation instanceof Commit commit) {
        byContent.putIfAbsent(commit.content(), commit);
      }
    }
  }

  static void check(ImageFacts facts, Findings findings) {
    Restores restores = new Restores(facts, findings);
    for (Operation operation : facts.operations()) {
      if (operation instanceof Restore restore) {
        restores.check(restore);
      }
    }
  }

  private void check(Restore restore) {
    Pin pin = facts.session(restore.session()).orElse(null);
    if (pin == null || !(pin.result() instanceof Result.Ok<Long>(Long id))) {
      throw new IllegalArgumentException("a restore without its pin: " + Words.of(restore));
    }
    switch (restore.result()) {
      case Result.Ok<String>(String content) -> exact(restore, id, content);
      case Result.Failed<String>(Result.Why why) -> refused(restore, id, why);
      case Result.Unknown<String> unknown -> {}
    }
  }

  private void exact(Restore restore, long id, String content) {
    Fate fate = facts.committed().get(id);
    if (fate == null || fate.commit().isEmpty()) {
      if (!byContent.containsKey(content)) {
        findings.add(
            Demand.EXACT_RESTORE,
            "checkpoint %d restores to what nobody sent, %s: %s"
                .formatted(id, content, Words.of(restore)));
      }
      return;
    }
    Commit commit = fate.commit().get();
    if (!content.equals(commit.content())) {
      Commit other = byContent.get(content);
      findings.add(
          Demand.EXACT_RESTORE,
          "checkpoint %d should restore to %s and restores to %s, %s: %s; %s"
              .formatted(
                  id,
                  commit.content(),
                  content,
                  other == null
                      ? "a mixed image that nobody sent"
                      : "that of attempt " + other.attempt(),
                  Words.of(restore),
                  Words.of(commit)));
    }
  }

  private void refused(Restore restore, long id, Result.Why why) {
    switch (why) {
      case GONE, RETIRED ->
          findings.add(
              Demand.SESSION_KEPT,
              "the session on checkpoint %d ended under its client: %s"
                  .formatted(id, Words.of(restore)));
      case DAMAGED, NOT_COMMITTED, STALE_EPOCH ->
          findings.add(
              Demand.NOTHING_LOST,
              "checkpoint %d is pinned and cannot be read, %s: %s"
                  .formatted(id, why, Words.of(restore)));
      case OTHER -> {}
    }
  }
}
