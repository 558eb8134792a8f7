package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.segment.SegmentLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** {@link SlimReader} on the slim rows and the segment log. */
final class LogSlimReader implements SlimReader {
  private final SlimRows rows;
  private final MissingTracts missing;
  private final SegmentLog log;
  private final Predicate<ReadPoint> live;
  private final DamageNotes damage;

  /**
   * @param live whether the session of a read point has not ended: what an ended one reads may be
   *     gone
   */
  LogSlimReader(
      SlimRows rows,
      MissingTracts missing,
      SegmentLog log,
      Predicate<ReadPoint> live,
      DamageNotes damage) {
    this.rows = rows;
    this.missing = missing;
    this.log = log;
    this.live = live;
    this.damage = damage;
  }

  @Override
  public List<Chunk> chunks(ReadPoint point) throws Refusal, IOException {
    if (!missing.isSlimHere(keyOf(point))) {
      throw live.test(point) ? notHere(keyOf(point)) : ImageStore.sessionEnded();
    }
    return rows.get(keyOf(point)).orElseThrow(() -> gone(point, "no record of its slim state"));
  }

  @Override
  public ByteBuffer read(ReadPoint point, Chunk chunk) throws Refusal, IOException {
    Chunk current = pinned(keyOf(point), chunk).orElse(null);
    if (current == null) {
      throw gone(point, "%s is gone".formatted(log.pathOf(Address.ofPacked(chunk.address()))));
    }
    try {
      return verified(current);
    } catch (CorruptionException e) {
      damage.slim(keyOf(point));
      throw damaged(keyOf(point), "slim state: " + e.getMessage());
    } finally {
      log.unpin(Address.ofPacked(current.address()).segment());
    }
  }

  /**
   * The chunk where it lies now, its segment pinned: cleaning may have moved it since somebody
   * looked, and given the segment back. Empty if it is in no row any more.
   */
  private Optional<Chunk> pinned(CheckpointKey key, Chunk chunk) throws IOException {
    Optional<Chunk> current = Optional.of(chunk);
    for (int attempt = 0; attempt < TractExtract.LOOKUPS_MAX && current.isPresent(); attempt++) {
      if (log.pin(Address.ofPacked(current.get().address()).segment())) {
        return current;
      }
      current =
          rows.get(key).orElse(List.of()).stream()
              .filter(one -> one.offset() == chunk.offset() && one.length() == chunk.length())
              .findFirst();
    }
    return Optional.empty();
  }

  /** The chunks, if there is a record of them. Any thread. */
  Optional<List<Chunk>> stored(CheckpointKey key) throws IOException {
    return rows.get(key);
  }

  /**
   * The bytes of a chunk.
   *
   * @throws CorruptionException if they are bad, cannot be read, or their segment is gone
   */
  ByteBuffer verifiedPinned(CheckpointKey key, Chunk chunk) throws IOException {
    Address address = Address.ofPacked(chunk.address());
    Chunk current = pinned(key, chunk).orElse(null);
    if (current == null) {
      throw new CorruptionException(log.pathOf(address), address.offset(), "a segment", "none");
    }
    try {
      return verified(current);
    } finally {
      log.unpin(Address.ofPacked(current.address()).segment());
    }
  }

  private ByteBuffer verified(Chunk chunk) throws IOException {
    Address address = Address.ofPacked(chunk.address());
    ByteBuffer bytes = ByteBuffer.allocate(chunk.length());
    log.read(address, bytes);
    bytes.flip();
    int actual = SlimChecksum.of(chunk.offset(), bytes);
    if (actual != chunk.checksum()) {
      throw new CorruptionException(
          log.pathOf(address),
          address.offset(),
          "slim state at %d with checksum %08x".formatted(chunk.offset(), chunk.checksum()),
          "checksum %08x".formatted(actual));
    }
    return bytes;
  }

  private static CheckpointKey keyOf(ReadPoint point) {
    return new CheckpointKey(point.session().image(), point.checkpoint().id());
  }

  private static Refusal notHere(CheckpointKey key) {
    return new Refusal(
        Rejection.NOT_HERE,
        "%s: its slim state is not on this replica; ask another".formatted(key));
  }

  private Refusal gone(ReadPoint point, String why) {
    return live.test(point) ? damaged(keyOf(point), why) : ImageStore.sessionEnded();
  }

  private Refusal damaged(CheckpointKey key, String why) {
    damage.report(key.toString(), why);
    return new Refusal(
        Rejection.DAMAGED,
        "%s is damaged: %s; it is not served; restore another checkpoint or send a full one"
            .formatted(key, why));
  }
}
