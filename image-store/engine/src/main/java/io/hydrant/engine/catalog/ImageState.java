package io.hydrant.engine.catalog;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.DamagedPages;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.Durability;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.SessionId;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * One image as of one applied entry: immutable, so that any thread may look at it while the apply
 * thread goes on.
 */
public interface ImageState {
  ImageId id();

  String name();

  /** Which of its checkpoints are kept by themselves. */
  RetentionPolicy retention();

  default int keepLast() {
    return retention().keepLast();
  }

  /** What its retained checkpoints may take on a replica; empty: what there is. */
  Optional<Quota> quota();

  /** What was learned from restores of it. */
  LearnedPlan plan();

  /**
   * Names of committed checkpoints, ascending: who has one is not retired. Several may be of one
   * checkpoint.
   */
  SortedMap<String, CheckpointId> names();

  long createdMillis();

  /** Who must hold a checkpoint before its commit is proposed; the same for the image's life. */
  Durability durability();

  Epoch epoch();

  /** Whether this token took the image over last: with it, an Acquire is a repeat. */
  boolean isOwnedBy(RequestId token);

  /** Deleted as soon as the last session ends. */
  boolean deleting();

  /** The committed checkpoint on which the next one must build. */
  Optional<CheckpointId> head();

  /** Open checkpoints, ascending; at most two. */
  SortedMap<CheckpointId, CheckpointInfo> open();

  /** Committed and not retired, ascending. */
  SortedMap<CheckpointId, CheckpointInfo> committed();

  SortedMap<SessionId, SessionInfo> sessions();

  /** A checkpoint that is committed, or open. */
  default Optional<CheckpointInfo> checkpoint(CheckpointId id) {
    return Optional.ofNullable(committed().get(id)).or(() -> Optional.ofNullable(open().get(id)));
  }

  /** What became of an id. */
  Fate fate(CheckpointId id);

  /** The lowest id whose fate may change: open, or not given out yet. */
  long firstUndecided();

  /**
   * Whether this may be what the other state has become, as far as can be seen: of no id it says
   * anything else, and each retained line goes on from a checkpoint that was retained there.
   */
  boolean continues(ImageState before);

  /**
   * Ids that were committed, or may be.
   *
   * @param first inclusive
   * @param last inclusive
   * @return pairs (low, high), ascending: all but the aborted ones
   */
  long[] notAborted(long first, long last);

  /** What was committed under an id: of all retained checkpoints and of the newest retired ones. */
  Optional<CommittedAs> committedAs(CheckpointId id);

  /**
   * @param digest its content
   * @param index log index of its commit
   */
  record CommittedAs(Digest digest, long index) {}

  /**
   * The line of a checkpoint that is committed, or open.
   *
   * @throws IllegalArgumentException if it is neither
   */
  Line line(CheckpointId id);

  /**
   * Lines of all committed checkpoints, oldest first: what page maps must be able to answer for.
   */
  List<Line> retainedLines();

  /** Pages on the retained lines of which no replica has good bytes any more. */
  DamagedPages damaged();

  /** Log index of the last entry that changed this image. */
  long changedIndex();

  /**
   * States of a checkpoint id (PROTOCOL): open, then committed, then retired; or open, then
   * aborted.
   */
  enum Fate {
    /** Not given out yet. */
    UNKNOWN,
    OPEN,
    COMMITTED,
    RETIRED,
    ABORTED;

    /** Nothing can make it visible any more, or it is visible already. */
    public boolean isFinal() {
      return this == COMMITTED || this == RETIRED || this == ABORTED;
    }
  }
}
