package io.hydrant.engine.catalog;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.SessionId;
import java.util.List;
import java.util.Optional;

/** The answer to a command: a pure function of the catalog and the entry (PROTOCOL R1). */
public sealed interface Outcome {
  record ImageCreated(ImageId image) implements Outcome {}

  record ImageDeleted(boolean deferred) implements Outcome {}

  record RetentionSet() implements Outcome {}

  record QuotaSet() implements Outcome {}

  /**
   * @param version of the plan that the image has now
   * @param taken whether it is the one that was offered
   */
  record PlanLearned(long version, boolean taken) implements Outcome {}

  record CheckpointNamed(CheckpointKey key) implements Outcome {}

  /**
   * @param held whether a checkpoint had it
   */
  record NameReleased(boolean held) implements Outcome {}

  /**
   * @param session what the take-over restores, pinned; empty if it restores nothing, and for a
   *     repeat once that session has ended
   */
  record Acquired(
      Epoch epoch,
      Optional<CheckpointId> head,
      Optional<Digest> headDigest,
      Optional<Pinned> session)
      implements Outcome {}

  record Opened(CheckpointKey key) implements Outcome {}

  /**
   * @param index log index of the entry that made it visible, also for a repeat
   */
  record Committed(CheckpointKey key, long index) implements Outcome {}

  record Aborted(CheckpointKey key) implements Outcome {}

  record Pinned(SessionId session, CheckpointKey key, int leaseMillis) implements Outcome {}

  record Renewed(int leaseMillis) implements Outcome {}

  record Unpinned() implements Outcome {}

  record Retired(List<CheckpointId> checkpoints) implements Outcome {}

  /**
   * @param pages how many of them were not known to be damaged before
   */
  record PagesMarked(int pages) implements Outcome {}

  /**
   * @param index log index as of which every replica hashes what it has; the barrier's
   */
  record DigestAsked(long index) implements Outcome {}

  /**
   * @param message what happened and what to do
   * @param head the image's head, where that helps
   */
  record Rejected(Rejection reason, String message, Optional<CheckpointId> head)
      implements Outcome {
    public Rejected(Rejection reason, String message) {
      this(reason, message, Optional.empty());
    }
  }
}
