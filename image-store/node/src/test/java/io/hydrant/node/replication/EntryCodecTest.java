package io.hydrant.node.replication;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Entry;
import io.hydrant.engine.catalog.LearnedPlan;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.Quota;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.catalog.RetentionPolicy;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.Durability;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.model.SessionId;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * Entries are a persistent format: golden bytes, and nothing that is not understood in full passes.
 */
final class EntryCodecTest {
  private static final ImageId IMAGE = new ImageId(7);
  private static final CheckpointKey KEY = CheckpointKey.of(7, 12);
  private static final Digest DIGEST = Digest.of(new byte[Digest.BYTES]);
  private static final RequestId TOKEN = new RequestId(new UUID(1, 2));

  private static final RetentionPolicy BY_AGE =
      new RetentionPolicy(
          16,
          Optional.of(60_000L),
          List.of(
              new RetentionPolicy.Tier(600_000, 1_000),
              new RetentionPolicy.Tier(86_400_000, 60_000)));

  private static final List<Command> COMMANDS =
      List.of(
          new Command.CreateImage("vm-1", 16),
          new Command.CreateImage("vm-2", 1, Durability.ALL),
          new Command.DeleteImage(IMAGE, true),
          new Command.SetRetention(IMAGE, 3),
          new Command.Acquire(IMAGE, Optional.empty(), TOKEN),
          new Command.Acquire(IMAGE, Optional.of(Epoch.NONE), TOKEN),
          new Command.Acquire(IMAGE, Optional.of(new Epoch(4)), TOKEN),
          new Command.Acquire(
              IMAGE, Optional.empty(), TOKEN, new Command.Restore.At(new CheckpointId(9))),
          new Command.Acquire(
              IMAGE, Optional.of(new Epoch(4)), TOKEN, new Command.Restore.Head(60_000)),
          new Command.Acquire(
              IMAGE,
              Optional.empty(),
              TOKEN,
              new Command.Restore.At(new CheckpointId(9), Optional.of(1_000))),
          new Command.Open(
              IMAGE,
              new Epoch(4),
              CheckpointKind.FULL,
              Optional.empty(),
              Optional.of(
                  new RegionTable(
                      List.of(
                          new RegionSpec("pc.ram", RegionKind.MEMORY, 4096, 1 << 24),
                          new RegionSpec("disk", RegionKind.DISK, 65536, 1L << 40))))),
          new Command.Open(
              IMAGE,
              new Epoch(4),
              CheckpointKind.INCREMENTAL,
              Optional.of(new CheckpointId(11)),
              Optional.empty()),
          new Command.Commit(
              KEY, new Epoch(4), new Command.Content(DIGEST, 3, 700, 2_867_200, 9), List.of("n1")),
          new Command.Abort(KEY, Optional.of(new Epoch(4))),
          new Command.Abort(KEY, Optional.empty()),
          new Command.Pin(IMAGE, Optional.empty(), 60_000),
          new Command.Pin(IMAGE, Optional.of(new CheckpointId(12)), 1_000),
          new Command.Renew(new SessionId(99)),
          new Command.Unpin(new SessionId(99), Optional.empty()),
          new Command.Unpin(new SessionId(99), Optional.of(0L)),
          new Command.Unpin(new SessionId(99), Optional.of(5L)),
          new Command.Retire(IMAGE, List.of(new CheckpointId(1), new CheckpointId(2))),
          new Command.DigestAt(),
          new Command.MarkDamaged(IMAGE, 1, 300, new CheckpointId(12), List.of(0, 7, 2_047)),
          new Command.CreateImage("vm-3", BY_AGE, Durability.QUORUM),
          new Command.SetRetention(IMAGE, BY_AGE),
          new Command.SetRetention(IMAGE, new RetentionPolicy(1, Optional.of(60_000L), List.of())),
          new Command.NameCheckpoint(IMAGE, new CheckpointId(12), "before-upgrade"),
          new Command.ReleaseName(IMAGE, "before-upgrade"),
          new Command.CreateImage(
              "vm-4", RetentionPolicy.last(16), Durability.QUORUM, Optional.of(new Quota(7))),
          new Command.SetQuota(IMAGE, Optional.of(new Quota(10L << 30))),
          new Command.SetQuota(IMAGE, Optional.empty()),
          new Command.LearnPlan(IMAGE, new LearnedPlan(3, new byte[] {1, 2, 3})));

  private static Entry entry(Command command) {
    return new Entry(1_700_000_000_000L, RequestId.NONE, TOKEN, command);
  }

  @Test
  void everyCommandComesBack() throws Exception {
    for (Command command : COMMANDS) {
      Entry entry = entry(command);
      assertEquals(entry, EntryCodec.decode(EntryCodec.encode(entry)));
    }
  }

  @Test
  void theBytesAreAsTheyWereFrozen() throws Exception {
    StringBuilder text = new StringBuilder();
    for (Command command : COMMANDS) {
      text.append(command.getClass().getSimpleName())
          .append(' ')
          .append(HexFormat.of().formatHex(EntryCodec.encode(entry(command))))
          .append('\n');
    }
    Path golden = Path.of("src/test/resources/golden/entries.txt");
    if (Boolean.getBoolean("hydrant.golden.write")) {
      Files.createDirectories(golden.getParent());
      Files.writeString(golden, text);
    }
    assertEquals(Files.readString(golden, StandardCharsets.UTF_8), text.toString());
  }

  @Test
  void whatIsNotKnownStopsTheNode() {
    io.hydrant.raft.v1.Entry good =
        io.hydrant.raft.v1.Entry.newBuilder()
            .setVersion(1)
            .setRenew(io.hydrant.raft.v1.Renew.newBuilder().setSession(3))
            .build();
    assertUnreadable(good.toBuilder().setVersion(2).build(), "version is 2");
    assertUnreadable(good.toBuilder().clearCommand().build(), "no command");
    UnknownFieldSet unknown =
        UnknownFieldSet.newBuilder()
            .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
            .build();
    assertUnreadable(
        good.toBuilder().clearCommand().setUnknownFields(unknown).build(), "unknown kind");
    assertUnreadable(
        good.toBuilder().setRenew(good.getRenew().toBuilder().setUnknownFields(unknown)).build(),
        "unknown fields");
    assertUnreadable(
        good.toBuilder()
            .setOpen(io.hydrant.raft.v1.Open.newBuilder().setImage(1).setKind(9))
            .build(),
        "out of range");
    assertUnreadable(
        good.toBuilder()
            .setDigestAt(io.hydrant.raft.v1.DigestAt.newBuilder().setUnknownFields(unknown))
            .build(),
        "unknown fields");
    assertUnreadable(
        good.toBuilder()
            .setMarkDamaged(io.hydrant.raft.v1.MarkDamaged.newBuilder().setImage(1))
            .build(),
        "out of range");
    assertUnreadable(
        good.toBuilder()
            .setCreateImage(
                io.hydrant.raft.v1.CreateImage.newBuilder().setKeepLast(1).setDurability(2))
            .build(),
        "unknown durability 2");
    assertUnreadable(
        good.toBuilder()
            .setAcquire(io.hydrant.raft.v1.Acquire.newBuilder().setImage(1).setRestore(3))
            .build(),
        "acquire.restore is 3");
    assertUnreadable(
        good.toBuilder()
            .setAcquire(
                io.hydrant.raft.v1.Acquire.newBuilder()
                    .setImage(1)
                    .setRestore(1)
                    .setRestorePoint(4))
            .build(),
        "acquire.restore_point is 4");
    assertUnreadable(
        good.toBuilder()
            .setAcquire(io.hydrant.raft.v1.Acquire.newBuilder().setImage(1).setRestore(2))
            .build(),
        "out of range");
    assertUnreadable(
        good.toBuilder()
            .setAcquire(io.hydrant.raft.v1.Acquire.newBuilder().setImage(1).setPinLeaseMillis(-1))
            .build(),
        "acquire.pin_lease_millis is 4294967295");
    assertUnreadable(
        good.toBuilder()
            .setSetRetention(io.hydrant.raft.v1.SetRetention.newBuilder().setImage(1))
            .build(),
        "number of checkpoints to keep must be 1 to 10000");
    assertUnreadable(
        good.toBuilder()
            .setSetRetention(
                io.hydrant.raft.v1.SetRetention.newBuilder()
                    .setImage(1)
                    .setKeepLast(1)
                    .addTiers(
                        io.hydrant.raft.v1.RetentionTier.newBuilder().setUnknownFields(unknown)))
            .build(),
        "unknown fields");
    assertUnreadable(
        good.toBuilder()
            .setNameCheckpoint(io.hydrant.raft.v1.NameCheckpoint.newBuilder().setImage(1))
            .build(),
        "out of range");
    for (long bad : new long[] {-1, (1L << 60) + 1}) {
      assertUnreadable(
          good.toBuilder()
              .setSetQuota(io.hydrant.raft.v1.SetQuota.newBuilder().setImage(1).setQuotaBytes(bad))
              .build(),
          "a quota must be 1 to");
    }
    assertUnreadable(
        good.toBuilder().setRequestId(ByteString.copyFrom(new byte[3])).build(), "16 bytes");
  }

  private static void assertUnreadable(io.hydrant.raft.v1.Entry entry, String why) {
    String message =
        String.valueOf(
            assertThrows(
                    UnreadableEntryException.class, () -> EntryCodec.decode(entry.toByteArray()))
                .getMessage());
    assertTrue(message.contains(why) && message.contains("never skipped"), message);
  }

  @Test
  void anyBytesGiveAnEntryOrTheNamedException() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = EntryCodec.encode(entry(COMMANDS.get(random.nextInt(COMMANDS.size()))));
      for (int flips = random.nextInt(4); flips >= 0; flips--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      try {
        EntryCodec.decode(bytes);
      } catch (UnreadableEntryException e) {
        continue;
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed + " run " + i, e);
      }
    }
  }

  @Test
  void everyOutcomeComesBack() {
    List<Outcome> outcomes =
        List.of(
            new Outcome.ImageCreated(IMAGE),
            new Outcome.ImageDeleted(true),
            new Outcome.RetentionSet(),
            new Outcome.QuotaSet(),
            new Outcome.PlanLearned(7, true),
            new Outcome.PlanLearned(8, false),
            new Outcome.CheckpointNamed(KEY),
            new Outcome.NameReleased(true),
            new Outcome.NameReleased(false),
            new Outcome.Acquired(
                new Epoch(3), Optional.empty(), Optional.empty(), Optional.empty()),
            new Outcome.Acquired(
                new Epoch(3),
                Optional.of(new CheckpointId(12)),
                Optional.of(DIGEST),
                Optional.of(new Outcome.Pinned(new SessionId(5), KEY, 1_000))),
            new Outcome.Opened(KEY),
            new Outcome.Committed(KEY, 88),
            new Outcome.Aborted(KEY),
            new Outcome.Pinned(new SessionId(5), KEY, 1_000),
            new Outcome.Renewed(1_000),
            new Outcome.Unpinned(),
            new Outcome.Retired(List.of(new CheckpointId(1), new CheckpointId(9))),
            new Outcome.DigestAsked(1L << 40),
            new Outcome.PagesMarked(3),
            new Outcome.Rejected(
                Rejection.WRONG_BASE, "stale “base”", Optional.of(new CheckpointId(2))),
            new Outcome.Rejected(Rejection.QUOTA_EXCEEDED, "too much"),
            new Outcome.Rejected(Rejection.INVALID, "no"));
    for (Outcome outcome : outcomes) {
      assertEquals(outcome, OutcomeCodec.decode(OutcomeCodec.encode(outcome)));
    }
    assertArrayEquals(new byte[] {3}, OutcomeCodec.encode(new Outcome.RetentionSet()));
  }
}
