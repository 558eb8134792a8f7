package io.hydrant.node.replication;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.UnsafeByteOperations;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Entry;
import io.hydrant.engine.catalog.LearnedPlan;
import io.hydrant.engine.catalog.Quota;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.Durability;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.model.SessionId;
import io.hydrant.raft.v1.Abort;
import io.hydrant.raft.v1.Acquire;
import io.hydrant.raft.v1.Commit;
import io.hydrant.raft.v1.CreateImage;
import io.hydrant.raft.v1.DeleteImage;
import io.hydrant.raft.v1.DigestAt;
import io.hydrant.raft.v1.LearnPlan;
import io.hydrant.raft.v1.MarkDamaged;
import io.hydrant.raft.v1.NameCheckpoint;
import io.hydrant.raft.v1.Open;
import io.hydrant.raft.v1.Pin;
import io.hydrant.raft.v1.ReleaseName;
import io.hydrant.raft.v1.Renew;
import io.hydrant.raft.v1.Retire;
import io.hydrant.raft.v1.SetQuota;
import io.hydrant.raft.v1.SetRetention;
import io.hydrant.raft.v1.Unpin;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The persistent form of entries: hydrant.raft.v1.Entry. What this program does not know in full
 * (version, kind, enum value, field) it refuses: skipping it would let replicas drift apart
 * (PROTOCOL R15).
 */
public final class EntryCodec {
  /** Version of the schema that this program writes and reads. */
  public static final int VERSION = 1;

  private static final int ID_BYTES = 16;

  /** Values of acquire.restore. */
  private static final int RESTORE_UNSAID = 0;

  private static final int RESTORE_HEAD = 1;
  private static final int RESTORE_POINT = 2;

  private EntryCodec() {}

  /** The bytes of an entry, as they go into the log. */
  public static byte[] encode(Entry entry) {
    io.hydrant.raft.v1.Entry.Builder builder =
        io.hydrant.raft.v1.Entry.newBuilder()
            .setVersion(VERSION)
            .setLeaderMillis(entry.leaderMillis())
            .setClientId(bytesOf(entry.client()))
            .setRequestId(bytesOf(entry.request()));
    encodeCommand(entry.command(), builder);
    return builder.build().toByteArray();
  }

  private static void encodeCommand(Command command, io.hydrant.raft.v1.Entry.Builder builder) {
    switch (command) {
      case Command.CreateImage create ->
          builder.setCreateImage(
              CreateImage.newBuilder()
                  .setName(create.name())
                  .setKeepLast(create.retention().keepLast())
                  .setDurability(create.durability().code())
                  .setKeepForMillis(RetentionEntries.keepForMillis(create.retention()))
                  .addAllTiers(RetentionEntries.tiers(create.retention()))
                  .setQuotaBytes(quotaBytes(create.quota())));
      case Command.DeleteImage delete ->
          builder.setDeleteImage(
              DeleteImage.newBuilder()
                  .setImage(delete.image().value())
                  .setDeferIfPinned(delete.deferIfPinned()));
      case Command.SetRetention set ->
          builder.setSetRetention(
              SetRetention.newBuilder()
                  .setImage(set.image().value())
                  .setKeepLast(set.retention().keepLast())
                  .setKeepForMillis(RetentionEntries.keepForMillis(set.retention()))
                  .addAllTiers(RetentionEntries.tiers(set.retention())));
      case Command.SetQuota set ->
          builder.setSetQuota(
              SetQuota.newBuilder()
                  .setImage(set.image().value())
                  .setQuotaBytes(quotaBytes(set.quota())));
      case Command.LearnPlan learn ->
          builder.setLearnPlan(
              LearnPlan.newBuilder()
                  .setImage(learn.image().value())
                  .setVersion(learn.learned().version())
                  .setPlan(UnsafeByteOperations.unsafeWrap(learn.learned().bytes())));
      case Command.NameCheckpoint name ->
          builder.setNameCheckpoint(
              NameCheckpoint.newBuilder()
                  .setImage(name.image().value())
                  .setCheckpoint(name.checkpoint().value())
                  .setName(name.name()));
      case Command.ReleaseName release ->
          builder.setReleaseName(
              ReleaseName.newBuilder().setImage(release.image().value()).setName(release.name()));
      case Command.Acquire acquire -> builder.setAcquire(encodeAcquire(acquire));
      case Command.Open open -> builder.setOpen(encodeOpen(open));
      case Command.Commit commit -> builder.setCommit(encodeCommit(commit));
      case Command.Abort abort ->
          builder.setAbort(
              Abort.newBuilder()
                  .setImage(abort.key().image().value())
                  .setCheckpoint(abort.key().checkpoint().value())
                  .setEpoch(abort.epoch().map(Epoch::value).orElse(0L)));
      case Command.Pin pin ->
          builder.setPin(
              Pin.newBuilder()
                  .setImage(pin.image().value())
                  .setCheckpoint(pin.checkpoint().map(CheckpointId::value).orElse(0L))
                  .setLeaseMillis(pin.leaseMillis()));
      case Command.Renew renew ->
          builder.setRenew(Renew.newBuilder().setSession(renew.session().value()));
      case Command.Unpin unpin ->
          builder.setUnpin(
              Unpin.newBuilder()
                  .setSession(unpin.session().value())
                  .setSeenRenewal(unpin.seenRenewals().orElse(0L))
                  .setByOwner(unpin.seenRenewals().isEmpty()));
      case Command.Retire retire ->
          builder.setRetire(
              Retire.newBuilder()
                  .setImage(retire.image().value())
                  .addAllCheckpoints(
                      retire.checkpoints().stream().map(CheckpointId::value).toList()));
      case Command.MarkDamaged mark ->
          builder.setMarkDamaged(
              MarkDamaged.newBuilder()
                  .setImage(mark.image().value())
                  .setRegion(mark.region())
                  .setTract(mark.tract())
                  .setCheckpoint(mark.checkpoint().value())
                  .addAllPage(mark.pages()));
      case Command.DigestAt() -> builder.setDigestAt(DigestAt.getDefaultInstance());
    }
  }

  private static Acquire.Builder encodeAcquire(Command.Acquire acquire) {
    Acquire.Builder builder =
        Acquire.newBuilder()
            .setImage(acquire.image().value())
            .setSeenEpoch(acquire.seenEpoch().map(Epoch::value).orElse(0L))
            .setAnyEpoch(acquire.seenEpoch().isEmpty())
            .setOwnerToken(bytesOf(acquire.ownerToken()));
    return switch (acquire.restore()) {
      case Command.Restore.None() -> builder;
      case Command.Restore.Head head ->
          builder.setRestore(RESTORE_HEAD).setPinLeaseMillis(head.leaseMillis());
      case Command.Restore.At at -> {
        builder.setRestorePoint(at.checkpoint().value());
        // Without a session as in the entries that were written before there were any.
        at.leaseMillis()
            .ifPresent(lease -> builder.setRestore(RESTORE_POINT).setPinLeaseMillis(lease));
        yield builder;
      }
    };
  }

  private static Open.Builder encodeOpen(Command.Open open) {
    Open.Builder builder =
        Open.newBuilder()
            .setImage(open.image().value())
            .setEpoch(open.epoch().value())
            .setKind(open.kind().code())
            .setBase(open.base().map(CheckpointId::value).orElse(0L));
    open.regions().map(RegionEntries::of).ifPresent(builder::addAllRegions);
    return builder;
  }

  private static Commit.Builder encodeCommit(Command.Commit commit) {
    Command.Content content = commit.content();
    return Commit.newBuilder()
        .setImage(commit.key().image().value())
        .setCheckpoint(commit.key().checkpoint().value())
        .setEpoch(commit.epoch().value())
        .setDigest(ByteString.copyFrom(content.digest().toBytes()))
        .setPatchCount(content.patches())
        .setPageCount(content.pages())
        .setDataBytes(content.dataBytes())
        .setSlimBytes(content.slimBytes())
        .addAllHolders(commit.holders());
  }

  /**
   * @throws UnreadableEntryException not an entry that this program fully understands
   */
  public static Entry decode(byte[] bytes) throws UnreadableEntryException {
    io.hydrant.raft.v1.Entry entry;
    try {
      entry = io.hydrant.raft.v1.Entry.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new UnreadableEntryException("malformed: " + e.getMessage(), e);
    }
    if (entry.getVersion() != VERSION) {
      throw new UnreadableEntryException(
          "its version is %d, this program knows %d".formatted(entry.getVersion(), VERSION));
    }
    refuseUnknownFields(entry);
    try {
      return new Entry(
          entry.getLeaderMillis(),
          idOf(entry.getClientId()),
          idOf(entry.getRequestId()),
          decodeCommand(entry));
    } catch (IllegalArgumentException e) {
      throw new UnreadableEntryException("a value is out of range: " + e.getMessage(), e);
    }
  }

  private static void refuseUnknownFields(Message message) throws UnreadableEntryException {
    if (!message.getUnknownFields().asMap().isEmpty()) {
      throw new UnreadableEntryException(
          "it is of an unknown kind, or has unknown fields: "
              + message.getUnknownFields().asMap().keySet());
    }
    for (Object value : message.getAllFields().values()) {
      if (value instanceof Message inner) {
        refuseUnknownFields(inner);
      } else if (value instanceof List<?> list) {
        for (Object element : list) {
          if (element instanceof Message inner) {
            refuseUnknownFields(inner);
          }
        }
      }
    }
  }

  private static Command decodeCommand(io.hydrant.raft.v1.Entry entry)
      throws UnreadableEntryException {
    return switch (entry.getCommandCase()) {
      case CREATE_IMAGE -> decodeCreateImage(entry.getCreateImage());
      case DELETE_IMAGE ->
          new Command.DeleteImage(
              new ImageId(entry.getDeleteImage().getImage()),
              entry.getDeleteImage().getDeferIfPinned());
      case SET_RETENTION ->
          new Command.SetRetention(
              new ImageId(entry.getSetRetention().getImage()),
              RetentionEntries.read(
                  entry.getSetRetention().getKeepLast(),
                  entry.getSetRetention().getKeepForMillis(),
                  entry.getSetRetention().getTiersList()));
      case SET_QUOTA ->
          new Command.SetQuota(
              new ImageId(entry.getSetQuota().getImage()),
              optional(entry.getSetQuota().getQuotaBytes()).map(Quota::new));
      case LEARN_PLAN ->
          new Command.LearnPlan(
              new ImageId(entry.getLearnPlan().getImage()),
              new LearnedPlan(
                  entry.getLearnPlan().getVersion(), entry.getLearnPlan().getPlan().toByteArray()));
      case NAME_CHECKPOINT ->
          new Command.NameCheckpoint(
              new ImageId(entry.getNameCheckpoint().getImage()),
              new CheckpointId(entry.getNameCheckpoint().getCheckpoint()),
              entry.getNameCheckpoint().getName());
      case RELEASE_NAME ->
          new Command.ReleaseName(
              new ImageId(entry.getReleaseName().getImage()), entry.getReleaseName().getName());
      case ACQUIRE -> decodeAcquire(entry.getAcquire());
      case OPEN -> decodeOpen(entry.getOpen());
      case COMMIT -> decodeCommit(entry.getCommit());
      case ABORT ->
          new Command.Abort(
              CheckpointKey.of(entry.getAbort().getImage(), entry.getAbort().getCheckpoint()),
              optional(entry.getAbort().getEpoch()).map(Epoch::new));
      case PIN ->
          new Command.Pin(
              new ImageId(entry.getPin().getImage()),
              optional(entry.getPin().getCheckpoint()).map(CheckpointId::new),
              entry.getPin().getLeaseMillis());
      case RENEW -> new Command.Renew(new SessionId(entry.getRenew().getSession()));
      case UNPIN ->
          new Command.Unpin(
              new SessionId(entry.getUnpin().getSession()),
              entry.getUnpin().getByOwner()
                  ? Optional.empty()
                  : Optional.of(entry.getUnpin().getSeenRenewal()));
      case RETIRE ->
          new Command.Retire(
              new ImageId(entry.getRetire().getImage()),
              entry.getRetire().getCheckpointsList().stream().map(CheckpointId::new).toList());
      case DIGEST_AT -> new Command.DigestAt();
      case MARK_DAMAGED ->
          new Command.MarkDamaged(
              new ImageId(entry.getMarkDamaged().getImage()),
              entry.getMarkDamaged().getRegion(),
              entry.getMarkDamaged().getTract(),
              new CheckpointId(entry.getMarkDamaged().getCheckpoint()),
              entry.getMarkDamaged().getPageList());
      case COMMAND_NOT_SET -> throw new UnreadableEntryException("it has no command");
    };
  }

  private static Command decodeCreateImage(CreateImage create) {
    return new Command.CreateImage(
        create.getName(),
        RetentionEntries.read(
            create.getKeepLast(), create.getKeepForMillis(), create.getTiersList()),
        Durability.ofCode(create.getDurability()),
        optional(create.getQuotaBytes()).map(Quota::new));
  }

  /** A value that says nothing where it stands was not written by a program that this one knows. */
  private static void requireUnset(String field, long value) throws UnreadableEntryException {
    if (value != 0) {
      throw new UnreadableEntryException(
          "its %s is %s, which this program does not understand"
              .formatted(field, Long.toUnsignedString(value)));
    }
  }

  private static Command decodeAcquire(Acquire acquire) throws UnreadableEntryException {
    return new Command.Acquire(
        new ImageId(acquire.getImage()),
        acquire.getAnyEpoch() ? Optional.empty() : Optional.of(new Epoch(acquire.getSeenEpoch())),
        idOf(acquire.getOwnerToken()),
        decodeRestore(acquire));
  }

  private static Command.Restore decodeRestore(Acquire acquire) throws UnreadableEntryException {
    long point = acquire.getRestorePoint();
    int lease = acquire.getPinLeaseMillis();
    return switch (acquire.getRestore()) {
      case RESTORE_UNSAID -> {
        requireUnset("acquire.pin_lease_millis", Integer.toUnsignedLong(lease));
        yield point == 0 ? Command.Restore.NONE : new Command.Restore.At(new CheckpointId(point));
      }
      case RESTORE_HEAD -> {
        requireUnset("acquire.restore_point", point);
        yield new Command.Restore.Head(lease);
      }
      case RESTORE_POINT -> new Command.Restore.At(new CheckpointId(point), Optional.of(lease));
      default ->
          throw new UnreadableEntryException(
              "its acquire.restore is %s, which this program does not understand"
                  .formatted(Integer.toUnsignedString(acquire.getRestore())));
    };
  }

  private static Command decodeOpen(Open open) {
    List<RegionSpec> regions = RegionEntries.read(open.getRegionsList());
    return new Command.Open(
        new ImageId(open.getImage()),
        new Epoch(open.getEpoch()),
        CheckpointKind.ofCode(open.getKind()),
        optional(open.getBase()).map(CheckpointId::new),
        regions.isEmpty() ? Optional.empty() : Optional.of(new RegionTable(regions)));
  }

  private static Command decodeCommit(Commit commit) {
    return new Command.Commit(
        CheckpointKey.of(commit.getImage(), commit.getCheckpoint()),
        new Epoch(commit.getEpoch()),
        new Command.Content(
            Digest.of(commit.getDigest().toByteArray()),
            commit.getPatchCount(),
            commit.getPageCount(),
            commit.getDataBytes(),
            commit.getSlimBytes()),
        commit.getHoldersList());
  }

  private static long quotaBytes(Optional<Quota> quota) {
    return quota.map(Quota::bytes).orElse(0L);
  }

  private static Optional<Long> optional(long value) {
    return value == 0 ? Optional.empty() : Optional.of(value);
  }

  private static ByteString bytesOf(RequestId id) {
    if (id.equals(RequestId.NONE)) {
      return ByteString.EMPTY;
    }
    ByteBuffer bytes = ByteBuffer.allocate(ID_BYTES);
    bytes.putLong(id.value().getMostSignificantBits());
    bytes.putLong(id.value().getLeastSignificantBits());
    return ByteString.copyFrom(bytes.flip());
  }

  /**
   * Reads an id of 16 bytes, or none.
   *
   * @throws IllegalArgumentException if there are neither 0 nor 16 bytes
   */
  public static RequestId idOf(ByteString bytes) {
    if (bytes.isEmpty()) {
      return RequestId.NONE;
    }
    if (bytes.size() != ID_BYTES) {
      throw new IllegalArgumentException("an id has 16 bytes, not " + bytes.size());
    }
    ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
    return new RequestId(new UUID(buffer.getLong(), buffer.getLong()));
  }
}
