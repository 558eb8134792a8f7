package io.hydrant.engine.catalog;

import static io.hydrant.engine.catalog.ByteReader.check;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.Durability;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.SessionId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads one image and checks all that applying relies on. */
final class ImageDecoding {
  private final ByteReader in;
  private final int version;
  private final EntryPosition applied;
  private final long millis;

  ImageDecoding(ByteReader in, int version, EntryPosition applied, long millis) {
    this.in = in;
    this.version = version;
    this.applied = applied;
    this.millis = millis;
  }

  ImageRecord image() throws MalformedCatalogException {
    ImageRecord.Origin origin = origin();
    int keepLast = in.i32("retention");
    boolean deleting = deleting();
    RetentionPolicy retention = retention(keepLast);
    Optional<Quota> quota = quota();
    LearnedPlan plan = plan();
    ImageRecord.Ownership ownership =
        new ImageRecord.Ownership(
            new Epoch(in.i64("epoch", 0, CatalogDecoding.entries(applied))),
            new RequestId(in.uuid("owner token")),
            ownerSession());
    check(
        !ownership.epoch().equals(Epoch.NONE) || ownership.equals(ImageRecord.Ownership.NOBODY),
        "an owner without an epoch");
    long changedIndex = in.i64("changed index", 0, applied.index());
    CheckpointHistory history =
        new HistoryDecoding(in, version, applied, millis, ownership.epoch()).history();
    SortedArrayMap<SessionId, SessionInfo> sessions = sessions(origin.id(), history);
    SortedArrayMap<String, CheckpointId> names = names(history);
    check(
        !deleting || !sessions.isEmpty() && history.open().isEmpty() && names.isEmpty(),
        "%s is to be deleted, but is not waiting for a session",
        origin.name());
    return new ImageRecord(
        origin,
        new ImageRecord.Standing(retention, quota, plan, names, deleting),
        ownership,
        history,
        sessions,
        changedIndex);
  }

  private ImageRecord.Origin origin() throws MalformedCatalogException {
    ImageId id = new ImageId(in.i64("image uid", 1, Long.MAX_VALUE));
    String name = in.text("image name");
    check(ImageCommands.isName(name), "image name %s", Answers.quoted(name));
    return new ImageRecord.Origin(
        id,
        name,
        new RequestId(in.uuid("create request")),
        in.i64("created time", 0, millis),
        durability());
  }

  private Optional<SessionId> ownerSession() throws MalformedCatalogException {
    if (version < CatalogFormat.OWNER_SESSION_SINCE) {
      return Optional.empty();
    }
    long id = in.i64("owner session", CatalogFormat.NO_SESSION, applied.index());
    return id == CatalogFormat.NO_SESSION ? Optional.empty() : Optional.of(new SessionId(id));
  }

  private Durability durability() throws MalformedCatalogException {
    if (version < CatalogFormat.DURABILITY_SINCE) {
      return Durability.QUORUM;
    }
    int code = in.u8("durability");
    for (Durability durability : Durability.values()) {
      if (durability.code() == code) {
        return durability;
      }
    }
    throw new MalformedCatalogException("unknown durability " + code);
  }

  private boolean deleting() throws MalformedCatalogException {
    int flags = in.u8("flags");
    check((flags & ~CatalogFormat.DELETING_FLAG) == 0, "unknown flags %d", flags);
    return flags == CatalogFormat.DELETING_FLAG;
  }

  private RetentionPolicy retention(int keepLast) throws MalformedCatalogException {
    long keepFor = CatalogFormat.NO_AGE;
    List<RetentionPolicy.Tier> tiers = new ArrayList<>();
    try {
      if (version >= CatalogFormat.RETENTION_SINCE) {
        keepFor = in.i64("age to keep");
        int count = in.count("tiers", CatalogFormat.TIER_BYTES, CatalogLimits.RETENTION_TIERS_MAX);
        for (int i = 0; i < count; i++) {
          tiers.add(new RetentionPolicy.Tier(in.i64("window"), in.i64("spacing")));
        }
      }
      return new RetentionPolicy(
          keepLast,
          keepFor == CatalogFormat.NO_AGE ? Optional.empty() : Optional.of(keepFor),
          tiers);
    } catch (IllegalArgumentException e) {
      throw new MalformedCatalogException("retention: " + e.getMessage());
    }
  }

  private Optional<Quota> quota() throws MalformedCatalogException {
    if (version < CatalogFormat.QUOTA_SINCE) {
      return Optional.empty();
    }
    long bytes = in.i64("quota", CatalogFormat.NO_QUOTA, CatalogLimits.QUOTA_BYTES_MAX);
    return bytes == CatalogFormat.NO_QUOTA ? Optional.empty() : Optional.of(new Quota(bytes));
  }

  private LearnedPlan plan() throws MalformedCatalogException {
    if (version < CatalogFormat.PLAN_SINCE) {
      return LearnedPlan.NONE;
    }
    long learned = in.i64("version of the plan", 0, CatalogDecoding.entries(applied));
    int count = in.count("bytes of the plan", 1, CatalogLimits.PLAN_BYTES_MAX);
    return new LearnedPlan(learned, in.raw(count, "plan"));
  }

  private SortedArrayMap<String, CheckpointId> names(CheckpointHistory history)
      throws MalformedCatalogException {
    SortedArrayMap<String, CheckpointId> names = SortedArrayMap.empty();
    if (version < CatalogFormat.RETENTION_SINCE) {
      return names;
    }
    int count = in.count("names", CatalogFormat.NAME_BYTES_MIN, CatalogLimits.NAMES_PER_IMAGE_MAX);
    for (int i = 0; i < count; i++) {
      String name = in.text("checkpoint name");
      check(NameCommands.isName(name), "checkpoint name %s", Answers.quoted(name));
      check(
          names.isEmpty() || name.compareTo(names.lastKey()) > 0,
          "checkpoint name %s is out of order",
          name);
      CheckpointId id = new CheckpointId(in.i64("named checkpoint", 1, CheckpointId.MAX));
      check(history.committed().containsKey(id), "%s is the name of unknown %s", name, id);
      names = names.plus(name, id);
    }
    return names;
  }

  private SortedArrayMap<SessionId, SessionInfo> sessions(ImageId image, CheckpointHistory history)
      throws MalformedCatalogException {
    int count =
        in.count("sessions", CatalogFormat.SESSION_BYTES, CatalogLimits.SESSIONS_PER_IMAGE_MAX);
    List<SessionInfo> sessions = new ArrayList<>(count);
    long previous = -1;
    for (int i = 0; i < count; i++) {
      long id = in.i64("session", previous + 1, applied.index());
      long checkpoint = in.i64("pinned checkpoint", 1, CheckpointId.MAX);
      CheckpointId pinned = new CheckpointId(checkpoint);
      check(history.committed().containsKey(pinned), "session %d pins unknown %s", id, pinned);
      sessions.add(
          new SessionInfo(
              new SessionId(id),
              image,
              pinned,
              lease(),
              in.i64("renewals", 0, CatalogDecoding.entries(applied)),
              new RequestId(in.uuid("session request"))));
      previous = id;
    }
    return SortedArrayMap.ofAscending(sessions, SessionInfo::id, count);
  }

  private int lease() throws MalformedCatalogException {
    int lease = in.i32("lease");
    check(
        lease >= CatalogLimits.LEASE_MILLIS_MIN && lease <= CatalogLimits.LEASE_MILLIS_MAX,
        "lease of %d ms",
        lease);
    return lease;
  }
}
