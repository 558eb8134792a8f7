package io.hydrant.engine.catalog;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.DamagedPages;
import io.hydrant.engine.model.Durability;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.SessionId;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * One image as of one applied entry. A change makes a new record, which shares what did not change.
 */
record ImageRecord(
    Origin origin,
    Standing standing,
    Ownership ownership,
    CheckpointHistory history,
    SortedArrayMap<SessionId, SessionInfo> sessions,
    long changedIndex)
    implements ImageState {

  /** What never changes. */
  record Origin(
      ImageId id, String name, RequestId request, long createdMillis, Durability durability) {}

  /**
   * How long its checkpoints, and itself, are kept, how much they may take, and what is known of
   * how they are read.
   *
   * @param names of checkpoints that are committed and not retired; none while it is deleting
   */
  record Standing(
      RetentionPolicy retention,
      Optional<Quota> quota,
      LearnedPlan plan,
      SortedArrayMap<String, CheckpointId> names,
      boolean deleting) {
    Standing with(RetentionPolicy changed) {
      return new Standing(changed, quota, plan, names, deleting);
    }

    Standing withQuota(Optional<Quota> changed) {
      return new Standing(retention, changed, plan, names, deleting);
    }

    Standing withPlan(LearnedPlan changed) {
      return new Standing(retention, quota, changed, names, deleting);
    }

    Standing with(SortedArrayMap<String, CheckpointId> changed) {
      return new Standing(retention, quota, plan, changed, deleting);
    }

    /** On its way out: nothing is kept for its name any more. */
    Standing deleted() {
      return new Standing(retention, quota, plan, SortedArrayMap.empty(), true);
    }
  }

  /**
   * Who may write.
   *
   * @param session the restore session that the take-over opened, also when it has ended: a repeat
   *     gets this one and no other, though one token may have taken over before
   */
  record Ownership(Epoch epoch, RequestId token, Optional<SessionId> session) {
    static final Ownership NOBODY = new Ownership(Epoch.NONE, RequestId.NONE, Optional.empty());
  }

  static ImageRecord created(
      Origin origin, RetentionPolicy retention, Optional<Quota> quota, long index) {
    return new ImageRecord(
        origin,
        new Standing(retention, quota, LearnedPlan.NONE, SortedArrayMap.empty(), false),
        Ownership.NOBODY,
        CheckpointHistory.EMPTY,
        SortedArrayMap.empty(),
        index);
  }

  ImageRecord with(Standing changed, long index) {
    return new ImageRecord(origin, changed, ownership, history, sessions, index);
  }

  ImageRecord with(Ownership changed, long index) {
    return new ImageRecord(origin, standing, changed, history, sessions, index);
  }

  ImageRecord with(CheckpointHistory changed, long index) {
    return new ImageRecord(origin, standing, ownership, changed, sessions, index);
  }

  ImageRecord with(SortedArrayMap<SessionId, SessionInfo> changed, long index) {
    return new ImageRecord(origin, standing, ownership, history, changed, index);
  }

  /** For messages to people. */
  String label() {
    return "image '%s' (uid %d)".formatted(origin.name(), origin.id().value());
  }

  @Override
  public ImageId id() {
    return origin.id();
  }

  @Override
  public String name() {
    return origin.name();
  }

  @Override
  public RetentionPolicy retention() {
    return standing.retention();
  }

  @Override
  public Optional<Quota> quota() {
    return standing.quota();
  }

  @Override
  public LearnedPlan plan() {
    return standing.plan();
  }

  @Override
  public SortedArrayMap<String, CheckpointId> names() {
    return standing.names();
  }

  @Override
  public long createdMillis() {
    return origin.createdMillis();
  }

  @Override
  public Durability durability() {
    return origin.durability();
  }

  @Override
  public Epoch epoch() {
    return ownership.epoch();
  }

  @Override
  public boolean isOwnedBy(RequestId token) {
    return token.equals(ownership.token()) && !token.equals(RequestId.NONE);
  }

  @Override
  public boolean deleting() {
    return standing.deleting();
  }

  @Override
  public Optional<CheckpointId> head() {
    return history.head();
  }

  @Override
  public SortedMap<CheckpointId, CheckpointInfo> open() {
    return history.open();
  }

  @Override
  public SortedMap<CheckpointId, CheckpointInfo> committed() {
    return history.committed();
  }

  @Override
  public Fate fate(CheckpointId id) {
    return history.fate(id);
  }

  @Override
  public long firstUndecided() {
    return history.firstUndecided();
  }

  @Override
  public boolean continues(ImageState before) {
    return before instanceof ImageRecord other
        && origin.equals(other.origin)
        && history.continues(other.history);
  }

  @Override
  public long[] notAborted(long first, long last) {
    return history.notAborted(first, last);
  }

  @Override
  public Optional<CommittedAs> committedAs(CheckpointId id) {
    return history.committedAs(id);
  }

  @Override
  public Line line(CheckpointId id) {
    return history.line(id);
  }

  @Override
  public DamagedPages damaged() {
    return history.retained().damaged();
  }

  @Override
  public List<Line> retainedLines() {
    return history.retained().lines();
  }
}
