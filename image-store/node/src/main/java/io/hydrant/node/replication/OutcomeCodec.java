package io.hydrant.node.replication;

import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.SessionId;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Outcomes as bytes, for the way through the replicated log back to whoever submitted: one tag,
 * then the components in order. Lives no longer than the answer, so it has no version.
 */
final class OutcomeCodec {
  private static final int IMAGE_CREATED = 1;
  private static final int IMAGE_DELETED = 2;
  private static final int RETENTION_SET = 3;
  private static final int ACQUIRED = 4;
  private static final int OPENED = 5;
  private static final int COMMITTED = 6;
  private static final int ABORTED = 7;
  private static final int PINNED = 8;
  private static final int RENEWED = 9;
  private static final int UNPINNED = 10;
  private static final int RETIRED = 11;
  private static final int REJECTED = 12;
  private static final int DIGEST_ASKED = 13;
  private static final int PAGES_MARKED = 14;
  private static final int CHECKPOINT_NAMED = 15;
  private static final int NAME_RELEASED = 16;
  private static final int QUOTA_SET = 17;
  private static final int PLAN_LEARNED = 18;

  private OutcomeCodec() {}

  static byte[] encode(Outcome outcome) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(64);
    try {
      write(outcome, new DataOutputStream(bytes));
    } catch (IOException e) {
      throw new UncheckedIOException("memory does not fail", e);
    }
    return bytes.toByteArray();
  }

  private static void write(Outcome outcome, DataOutputStream out) throws IOException {
    switch (outcome) {
      case Outcome.ImageCreated created -> {
        out.writeByte(IMAGE_CREATED);
        out.writeLong(created.image().value());
      }
      case Outcome.ImageDeleted deleted -> {
        out.writeByte(IMAGE_DELETED);
        out.writeBoolean(deleted.deferred());
      }
      case Outcome.RetentionSet() -> out.writeByte(RETENTION_SET);
      case Outcome.QuotaSet() -> out.writeByte(QUOTA_SET);
      case Outcome.PlanLearned learned -> {
        out.writeByte(PLAN_LEARNED);
        out.writeLong(learned.version());
        out.writeBoolean(learned.taken());
      }
      case Outcome.CheckpointNamed named -> {
        out.writeByte(CHECKPOINT_NAMED);
        writeKey(named.key(), out);
      }
      case Outcome.NameReleased released -> {
        out.writeByte(NAME_RELEASED);
        out.writeBoolean(released.held());
      }
      case Outcome.Acquired acquired -> writeAcquired(acquired, out);
      case Outcome.Opened opened -> {
        out.writeByte(OPENED);
        writeKey(opened.key(), out);
      }
      case Outcome.Committed committed -> {
        out.writeByte(COMMITTED);
        writeKey(committed.key(), out);
        out.writeLong(committed.index());
      }
      case Outcome.Aborted aborted -> {
        out.writeByte(ABORTED);
        writeKey(aborted.key(), out);
      }
      case Outcome.Pinned pinned -> {
        out.writeByte(PINNED);
        writePinned(pinned, out);
      }
      case Outcome.Renewed renewed -> {
        out.writeByte(RENEWED);
        out.writeInt(renewed.leaseMillis());
      }
      case Outcome.Unpinned() -> out.writeByte(UNPINNED);
      case Outcome.Retired retired -> {
        out.writeByte(RETIRED);
        out.writeInt(retired.checkpoints().size());
        for (CheckpointId id : retired.checkpoints()) {
          out.writeLong(id.value());
        }
      }
      case Outcome.PagesMarked marked -> {
        out.writeByte(PAGES_MARKED);
        out.writeInt(marked.pages());
      }
      case Outcome.DigestAsked asked -> {
        out.writeByte(DIGEST_ASKED);
        out.writeLong(asked.index());
      }
      case Outcome.Rejected rejected -> {
        out.writeByte(REJECTED);
        out.writeInt(rejected.reason().ordinal());
        out.writeUTF(rejected.message());
        out.writeLong(rejected.head().map(CheckpointId::value).orElse(0L));
      }
    }
  }

  private static void writeAcquired(Outcome.Acquired acquired, DataOutputStream out)
      throws IOException {
    out.writeByte(ACQUIRED);
    out.writeLong(acquired.epoch().value());
    out.writeLong(acquired.head().map(CheckpointId::value).orElse(0L));
    out.writeBoolean(acquired.headDigest().isPresent());
    if (acquired.headDigest().isPresent()) {
      out.write(acquired.headDigest().get().toBytes());
    }
    out.writeBoolean(acquired.session().isPresent());
    if (acquired.session().isPresent()) {
      writePinned(acquired.session().get(), out);
    }
  }

  private static void writePinned(Outcome.Pinned pinned, DataOutputStream out) throws IOException {
    out.writeLong(pinned.session().value());
    writeKey(pinned.key(), out);
    out.writeInt(pinned.leaseMillis());
  }

  private static void writeKey(CheckpointKey key, DataOutputStream out) throws IOException {
    out.writeLong(key.image().value());
    out.writeLong(key.checkpoint().value());
  }

  /** Reads what {@link #encode} wrote; anything else is a bug. */
  static Outcome decode(byte[] bytes) {
    try {
      return read(new DataInputStream(new ByteArrayInputStream(bytes)));
    } catch (IOException e) {
      throw new UncheckedIOException("an outcome was cut short", e);
    }
  }

  private static Outcome read(DataInputStream in) throws IOException {
    int tag = in.readUnsignedByte();
    return switch (tag) {
      case IMAGE_CREATED -> new Outcome.ImageCreated(new ImageId(in.readLong()));
      case IMAGE_DELETED -> new Outcome.ImageDeleted(in.readBoolean());
      case RETENTION_SET -> new Outcome.RetentionSet();
      case ACQUIRED ->
          new Outcome.Acquired(
              new Epoch(in.readLong()),
              readOptionalId(in),
              readDigest(in),
              in.readBoolean() ? Optional.of(readPinned(in)) : Optional.empty());
      case OPENED -> new Outcome.Opened(readKey(in));
      case COMMITTED -> new Outcome.Committed(readKey(in), in.readLong());
      case ABORTED -> new Outcome.Aborted(readKey(in));
      case PINNED -> readPinned(in);
      case RENEWED -> new Outcome.Renewed(in.readInt());
      case UNPINNED -> new Outcome.Unpinned();
      case RETIRED -> {
        int count = in.readInt();
        List<CheckpointId> ids = new ArrayList<>();
        for (int i = 0; i < count; i++) {
          ids.add(new CheckpointId(in.readLong()));
        }
        yield new Outcome.Retired(ids);
      }
      case REJECTED ->
          new Outcome.Rejected(Rejection.values()[in.readInt()], in.readUTF(), readOptionalId(in));
      case PAGES_MARKED -> new Outcome.PagesMarked(in.readInt());
      case PLAN_LEARNED -> new Outcome.PlanLearned(in.readLong(), in.readBoolean());
      case QUOTA_SET -> new Outcome.QuotaSet();
      case CHECKPOINT_NAMED -> new Outcome.CheckpointNamed(readKey(in));
      case NAME_RELEASED -> new Outcome.NameReleased(in.readBoolean());
      case DIGEST_ASKED -> new Outcome.DigestAsked(in.readLong());
      default -> throw new IllegalStateException("unknown outcome " + tag);
    };
  }

  private static Outcome.Pinned readPinned(DataInputStream in) throws IOException {
    return new Outcome.Pinned(new SessionId(in.readLong()), readKey(in), in.readInt());
  }

  private static CheckpointKey readKey(DataInputStream in) throws IOException {
    return CheckpointKey.of(in.readLong(), in.readLong());
  }

  private static Optional<CheckpointId> readOptionalId(DataInputStream in) throws IOException {
    long id = in.readLong();
    return id == 0 ? Optional.empty() : Optional.of(new CheckpointId(id));
  }

  private static Optional<Digest> readDigest(DataInputStream in) throws IOException {
    return in.readBoolean()
        ? Optional.of(Digest.of(in.readNBytes(Digest.BYTES)))
        : Optional.empty();
  }
}
