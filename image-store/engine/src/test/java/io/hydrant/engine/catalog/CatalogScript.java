package io.hydrant.engine.catalog;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.model.SessionId;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A catalog under a script: each call is one entry. After a rejection it checks that nothing but
 * position and time has changed.
 */
final class CatalogScript {
  static final RegionTable REGIONS =
      new RegionTable(List.of(new RegionSpec("ram", RegionKind.MEMORY, 4_096, 1 << 30)));
  static final int LEASE = 10_000;

  final Catalog catalog = new Catalog();
  private long index = 0;
  private long millis = 1_000;
  private RequestId request = RequestId.NONE;
  private Catalog.Applied last = new Catalog.Applied(new Outcome.RetentionSet(), List.of());

  static RequestId request(long number) {
    return new RequestId(new UUID(7, number));
  }

  static CheckpointId cp(long id) {
    return new CheckpointId(id);
  }

  static Digest digest(long seed) {
    byte[] bytes = new byte[Digest.BYTES];
    Arrays.fill(bytes, (byte) seed);
    bytes[0] = (byte) (seed >> 8);
    return Digest.of(bytes);
  }

  static Command.Content content(long seed) {
    return new Command.Content(digest(seed), seed, 2 * seed, 3 * seed, 4 * seed);
  }

  /** The leader's clock for the entries to come. */
  CatalogScript at(long leaderMillis) {
    millis = leaderMillis;
    return this;
  }

  /** The request id for the next entry only. */
  CatalogScript as(RequestId next) {
    request = next;
    return this;
  }

  Outcome apply(Command command) {
    Entry entry = new Entry(millis, request(99), request, command);
    request = RequestId.NONE;
    byte[] before = catalog.encode();
    last = catalog.apply(new EntryPosition(1, ++index), entry);
    if (last.outcome() instanceof Outcome.Rejected) {
      assertEquals(List.of(), last.effects(), "a rejection has no effects");
      assertUnchanged(before, catalog.encode());
    }
    return last.outcome();
  }

  private static void assertUnchanged(byte[] before, byte[] after) {
    assertArrayEquals(withoutPosition(before), withoutPosition(after), "a rejection changed state");
  }

  /** Without position, time and checksum. */
  static byte[] withoutPosition(byte[] encoded) {
    return Arrays.copyOfRange(encoded, 8 + 4 + 3 * 8, encoded.length - 4);
  }

  long index() {
    return index;
  }

  List<Effect> effects() {
    return last.effects();
  }

  ImageState image(ImageId id) {
    return catalog.image(id).orElseThrow();
  }

  /** Applies what must be rejected. */
  Outcome.Rejected refused(Rejection reason, Command command) {
    Outcome.Rejected rejected = assertInstanceOf(Outcome.Rejected.class, apply(command));
    assertEquals(reason, rejected.reason(), rejected.message());
    assertTrue(rejected.message().length() > 10, rejected.message());
    return rejected;
  }

  ImageId create(String name) {
    return create(name, 16);
  }

  ImageId create(String name, int keepLast) {
    return assertInstanceOf(
            Outcome.ImageCreated.class, apply(new Command.CreateImage(name, keepLast)))
        .image();
  }

  /** An image with an owner. */
  ImageId owned(String name, int keepLast) {
    ImageId image = create(name, keepLast);
    acquire(image, index + 1_000);
    return image;
  }

  Outcome.Acquired acquire(ImageId image, long token) {
    return acquire(new Command.Acquire(image, Optional.empty(), request(token)));
  }

  Outcome.Acquired acquireAt(ImageId image, long token, CheckpointId restorePoint) {
    return acquire(
        new Command.Acquire(
            image, Optional.empty(), request(token), new Command.Restore.At(restorePoint)));
  }

  Outcome.Acquired acquireRestoring(ImageId image, long token, Command.Restore restore) {
    return acquire(new Command.Acquire(image, Optional.empty(), request(token), restore));
  }

  Outcome.Acquired acquire(Command.Acquire command) {
    return assertInstanceOf(Outcome.Acquired.class, apply(command));
  }

  Epoch epoch(ImageId image) {
    return image(image).epoch();
  }

  Command.Open fullOpen(ImageId image) {
    return new Command.Open(
        image, epoch(image), CheckpointKind.FULL, Optional.empty(), Optional.of(REGIONS));
  }

  Command.Open incrementalOpen(ImageId image, CheckpointId base) {
    return new Command.Open(
        image, epoch(image), CheckpointKind.INCREMENTAL, Optional.of(base), Optional.empty());
  }

  CheckpointId openFull(ImageId image) {
    return open(fullOpen(image));
  }

  CheckpointId openOn(ImageId image, CheckpointId base) {
    return open(incrementalOpen(image, base));
  }

  CheckpointId open(Command.Open command) {
    Outcome.Opened opened = assertInstanceOf(Outcome.Opened.class, apply(command));
    assertEquals(command.image(), opened.key().image());
    return opened.key().checkpoint();
  }

  Command.Commit commitOf(ImageId image, CheckpointId id) {
    return new Command.Commit(
        new CheckpointKey(image, id), epoch(image), content(id.value()), List.of("n1"));
  }

  Outcome.Committed commit(ImageId image, CheckpointId id) {
    Outcome.Committed committed =
        assertInstanceOf(Outcome.Committed.class, apply(commitOf(image, id)));
    assertEquals(new CheckpointKey(image, id), committed.key());
    return committed;
  }

  /** Opens and commits a full checkpoint. */
  CheckpointId full(ImageId image) {
    CheckpointId id = openFull(image);
    commit(image, id);
    return id;
  }

  /** Opens and commits an increment on the head. */
  CheckpointId increment(ImageId image) {
    CheckpointId id = openOn(image, image(image).head().orElseThrow());
    commit(image, id);
    return id;
  }

  void abort(ImageId image, CheckpointId id) {
    assertEquals(
        new Outcome.Aborted(new CheckpointKey(image, id)),
        apply(new Command.Abort(new CheckpointKey(image, id), Optional.empty())));
  }

  Outcome.Pinned pin(ImageId image, CheckpointId id) {
    return assertInstanceOf(
        Outcome.Pinned.class, apply(new Command.Pin(image, Optional.of(id), LEASE)));
  }

  Outcome.Pinned pinHead(ImageId image) {
    return assertInstanceOf(
        Outcome.Pinned.class, apply(new Command.Pin(image, Optional.empty(), LEASE)));
  }

  void unpin(SessionId session) {
    assertEquals(new Outcome.Unpinned(), apply(new Command.Unpin(session, Optional.empty())));
  }

  List<CheckpointId> retire(ImageId image, CheckpointId... ids) {
    return assertInstanceOf(Outcome.Retired.class, apply(new Command.Retire(image, List.of(ids))))
        .checkpoints();
  }
}
