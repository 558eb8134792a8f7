package io.hydrant.engine.catalog;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.Durability;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.model.SessionId;
import java.util.List;
import java.util.Optional;

/** What a replicated entry asks of the catalog. */
public sealed interface Command {

  /** A new image; repeated with the same request id, the first answer again. */
  record CreateImage(
      String name, RetentionPolicy retention, Durability durability, Optional<Quota> quota)
      implements Command {
    /** An image without a quota. */
    public CreateImage(String name, RetentionPolicy retention, Durability durability) {
      this(name, retention, durability, Optional.empty());
    }

    /** An image that keeps by number alone. */
    public CreateImage(String name, int keepLast, Durability durability) {
      this(name, RetentionPolicy.last(keepLast), durability);
    }

    /** An image whose checkpoints a majority of the voters holds. */
    public CreateImage(String name, int keepLast) {
      this(name, keepLast, Durability.QUORUM);
    }
  }

  /** Deletes now, or when the last session ends, or is refused (PROTOCOL R22). */
  record DeleteImage(ImageId image, boolean deferIfPinned) implements Command {}

  /** Another retention, in place of the whole of the one before. */
  record SetRetention(ImageId image, RetentionPolicy retention) implements Command {
    /** One that keeps by number alone. */
    public SetRetention(ImageId image, int keepLast) {
      this(image, RetentionPolicy.last(keepLast));
    }
  }

  /**
   * Another quota in place of the one before; empty: none. Ends and retires nothing, however much
   * the image takes: only whoever brings more is held to it.
   */
  record SetQuota(ImageId image, Optional<Quota> quota) implements Command {}

  /**
   * What was learned from a restore, in place of what was known. Taken only if nobody has learned
   * meanwhile: else what he learned would be lost.
   *
   * @param learned of the version after what it was made from
   */
  record LearnPlan(ImageId image, LearnedPlan learned) implements Command {}

  /**
   * A name for a committed checkpoint, which keeps it until it is released. Repeated, or said by
   * another who means the same, the same answer.
   */
  record NameCheckpoint(ImageId image, CheckpointId checkpoint, String name) implements Command {}

  /** A checkpoint loses a name, if any has it. */
  record ReleaseName(ImageId image, String name) implements Command {}

  /**
   * Takes an image over (PROTOCOL R6): compares the epoch the caller saw unless empty, aborts all
   * open checkpoints, and restores in the same entry, so that no commit can come between. A repeat
   * with the current owner's token gets its own answer. Refused as a whole if what is to be
   * restored cannot be.
   */
  record Acquire(ImageId image, Optional<Epoch> seenEpoch, RequestId ownerToken, Restore restore)
      implements Command {
    /** Takes over without restoring. */
    public Acquire(ImageId image, Optional<Epoch> seenEpoch, RequestId ownerToken) {
      this(image, seenEpoch, ownerToken, Restore.NONE);
    }
  }

  /** What a take-over restores, resolved at its own place in the log. */
  sealed interface Restore {
    Restore NONE = new None();

    /** Nothing: the head stays, no session is opened. */
    record None() implements Restore {}

    /** The head, pinned by a session. */
    record Head(int leaseMillis) implements Restore {}

    /**
     * A committed checkpoint, which becomes the head.
     *
     * @param leaseMillis of the session that pins it; empty: none is opened
     */
    record At(CheckpointId checkpoint, Optional<Integer> leaseMillis) implements Restore {
      /** Goes back to a checkpoint without a session. */
      public At(CheckpointId checkpoint) {
        this(checkpoint, Optional.empty());
      }
    }
  }

  /**
   * A new attempt (PROTOCOL R3). Base: empty for a full checkpoint; else the head, or a checkpoint
   * that is open under the same epoch. Regions: present for a full checkpoint only.
   */
  record Open(
      ImageId image,
      Epoch epoch,
      CheckpointKind kind,
      Optional<CheckpointId> base,
      Optional<RegionTable> regions)
      implements Command {}

  /** Makes a checkpoint visible if state, epoch and base still fit (PROTOCOL R4). */
  record Commit(CheckpointKey key, Epoch epoch, Content content, List<String> holders)
      implements Command {
    public Commit {
      holders = List.copyOf(holders);
    }
  }

  /** Gives an open checkpoint up. Epoch empty: proposed by the leader after a silence. */
  record Abort(CheckpointKey key, Optional<Epoch> epoch) implements Command {}

  /** A restore session on a checkpoint, or on the head at this place in the log. */
  record Pin(ImageId image, Optional<CheckpointId> checkpoint, int leaseMillis)
      implements Command {}

  record Renew(SessionId session) implements Command {}

  /**
   * Ends a session. Seen renewals: present if the leader lets it expire; fails against a newer
   * renewal (PROTOCOL R20). Empty: by its owner.
   */
  record Unpin(SessionId session, Optional<Long> seenRenewals) implements Command {}

  /** An explicit list; what may not be retired is left out at apply (PROTOCOL R21). */
  record Retire(ImageId image, List<CheckpointId> checkpoints) implements Command {
    public Retire {
      checkpoints = List.copyOf(checkpoints);
    }
  }

  /**
   * No voter has good bytes of these pages, and every voter has answered (PROTOCOL R24): reads of
   * them fail for ever, and the next checkpoint of a line that they are on must be full.
   *
   * @param checkpoint the committed one that wrote these versions; it may be retired by now
   * @param pages within the tract, ascending
   */
  record MarkDamaged(
      ImageId image, int region, int tract, CheckpointId checkpoint, List<Integer> pages)
      implements Command {
    public MarkDamaged {
      pages = List.copyOf(pages);
    }
  }

  /**
   * Every replica hashes its catalog and the page maps it has, as of this entry (PROTOCOL R24).
   * Changes nothing: whoever applied it has applied all before it, so it is the barrier of a
   * replacement as well (R17).
   */
  record DigestAt() implements Command {}

  /**
   * What a checkpoint holds, as its commit states it.
   *
   * @param digest over pages, zero tracts and slim state
   * @param patches number of patches
   * @param pages rows in all patches
   * @param dataBytes encoded bytes in all patches
   * @param slimBytes length of the slim state
   */
  record Content(Digest digest, long patches, long pages, long dataBytes, long slimBytes) {}
}
