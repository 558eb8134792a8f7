package io.hydrant.engine.store;

import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.index.ImageUsage;
import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.TractKey;
import io.hydrant.engine.segment.Appended;
import io.hydrant.engine.segment.LogRecord;
import io.hydrant.engine.store.SlimReader.Chunk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Moves what is live out of one sealed segment (PROTOCOL R14, R23), so that the next flush can give
 * its file back:
 *
 * <pre>
 * 1 find     the records' headers name the tracts; the maps say which of their rows lie here
 * 2 copy     in the order of tracts and pages; each page is decoded and verified before
 * 3 sync     the copies are durable; nothing points to them: a crash leaves dead bytes
 * 4 publish  tract by tract, each as one change: rows that still point here point to the copy
 * 5 condemn  the segment has nothing live; the next flush says so durably
 * 6 delete   {@link Snapshots} gives the file back once no reader has it pinned
 * </pre>
 *
 * What changes in between wins: a row that was replaced, repaired or retired is left as it is. Bad
 * pages stay where they are and keep the segment until they are repaired. Used once, by one thread.
 */
final class Evacuation {
  /** Is told what was copied, and may wait. */
  @FunctionalInterface
  interface Progress {
    void copied(long bytes) throws IOException;
  }

  private final int segment;
  private final boolean cold;
  private final MoveTools tools;
  private final StoreParts parts;
  private final Progress progress;
  private final TractMoves moves;

  /** Of the bytes that were copied, those that were told of. */
  private long toldBytes;

  private final SortedSet<TractKey> tracts = new TreeSet<>();
  private final SortedSet<CheckpointKey> slims = new TreeSet<>();
  private final SortedMap<CheckpointKey, Map<Chunk, Chunk>> slimCopies = new TreeMap<>();

  /**
   * @param cold what is in it has been moved before, and lives long
   * @param progress is told of it between two tracts
   */
  Evacuation(int segment, boolean cold, MoveTools tools, Progress progress) {
    this.segment = segment;
    this.cold = cold;
    this.tools = tools;
    this.parts = tools.parts();
    this.progress = progress;
    this.moves = new TractMoves(tools);
  }

  /**
   * Does it; returns the bytes that were copied.
   *
   * @throws DiskFullException if there is no room for all of the copies; those before are published
   */
  long run() throws IOException {
    if (!parts.log().pin(segment)) {
      return 0;
    }
    try {
      find();
      Optional<DiskFullException> full = copyAll();
      moves.sync();
      publish();
      if (full.isPresent()) {
        throw full.get();
      }
      return moves.copiedBytes();
    } finally {
      moves.release();
      parts.log().unpin(segment);
    }
  }

  private Optional<DiskFullException> copyAll() throws IOException {
    try {
      for (TractKey tract : tracts) {
        tell();
        copy(tract);
      }
      for (CheckpointKey key : slims) {
        tell();
        copySlim(key);
      }
      return Optional.empty();
    } catch (DiskFullException full) {
      return Optional.of(full);
    }
  }

  private void tell() throws IOException {
    long bytes = untoldBytes();
    if (bytes > 0) {
      toldBytes += bytes;
      progress.copied(bytes);
    }
  }

  /** What was copied last: to be paid for when it counts already. */
  long untoldBytes() {
    return moves.copiedBytes() - toldBytes;
  }

  /** What the copies take, headers and tables among them. */
  long appendedBytes() {
    return moves.appendedBytes();
  }

  private void find() throws IOException {
    try {
      parts
          .log()
          .visit(
              segment,
              (record, _) -> {
                switch (record) {
                  case LogRecord.Patch patch ->
                      tracts.add(new TractKey(patch.key().image(), patch.region(), patch.tract()));
                  case LogRecord.Moved pages ->
                      tracts.add(new TractKey(pages.key().image(), pages.region(), pages.tract()));
                  case LogRecord.Slim slim -> slims.add(slim.key());
                  case LogRecord.MovedSlim slim -> slims.add(slim.key());
                  case LogRecord.Manifest _ -> {}
                }
              });
    } catch (CorruptionException e) {
      tools.damage().report("a record of a segment that is being cleaned", "" + e.getMessage());
      findByMaps();
    }
  }

  /** The records behind a bad header are not found; what the maps show may still be good. */
  private void findByMaps() throws IOException {
    for (ImageState image : parts.catalog().images()) {
      for (CheckpointId checkpoint : image.committed().keySet()) {
        slims.add(new CheckpointKey(image.id(), checkpoint));
      }
      parts
          .maps()
          .scanImage(
              image.id(),
              (tract, map) -> {
                if (!SurvivingRows.of(map, segment).layers().isEmpty()) {
                  tracts.add(tract);
                }
                return true;
              });
    }
  }

  private void copy(TractKey tract) throws IOException {
    Optional<TractMoves.Needed> needed = moves.needed(tract);
    if (needed.isPresent()) {
      moves.copy(tract, needed.get(), SurvivingRows.of(needed.get().map(), segment).layers(), cold);
    }
  }

  private boolean isHere(Chunk chunk) {
    return chunk.length() > 0 && Address.ofPacked(chunk.address()).segment() == segment;
  }

  private void copySlim(CheckpointKey key) throws IOException {
    List<Chunk> chunks = parts.slims().get(key).orElse(List.of());
    Map<Chunk, Chunk> replaced = new java.util.HashMap<>();
    for (int number = 0; number < chunks.size(); number++) {
      Chunk chunk = chunks.get(number);
      if (!isHere(chunk)) {
        continue;
      }
      ByteBuffer bytes = ByteBuffer.allocate(chunk.length());
      boolean sound;
      try {
        parts.log().read(Address.ofPacked(chunk.address()), bytes);
        sound = SlimChecksum.of(chunk.offset(), bytes.flip()) == chunk.checksum();
      } catch (CorruptionException _) {
        sound = false;
      }
      if (!sound) {
        tools.damage().report(key.toString(), "its slim state is bad, or cannot be read");
        tools.damage().slim(key);
        return;
      }
      Appended at =
          tools
              .moved()
              .append(
                  key, number, new TractRepair.SlimCopy(chunk.offset(), chunk.checksum(), bytes));
      moves.add(at, chunk.length());
      replaced.put(
          chunk,
          new Chunk(chunk.offset(), chunk.length(), chunk.checksum(), at.payload().packed()));
    }
    if (!replaced.isEmpty()) {
      slimCopies.put(key, replaced);
    }
  }

  /** One change each: entries go in between. */
  private void publish() throws IOException {
    moves.publish();
    for (Map.Entry<CheckpointKey, Map<Chunk, Chunk>> copy : slimCopies.entrySet()) {
      tools.writer().changeIfUsable(() -> relocateSlim(copy.getKey(), copy.getValue()));
    }
  }

  private void relocateSlim(CheckpointKey key, Map<Chunk, Chunk> replaced) throws IOException {
    if (parts.catalog().image(key.image()).isEmpty()) {
      return;
    }
    List<Chunk> before = parts.slims().get(key).orElse(List.of());
    List<Chunk> after = before.stream().map(chunk -> replaced.getOrDefault(chunk, chunk)).toList();
    if (after.equals(before)) {
      return;
    }
    ImageUsage usage = parts.usage().image(key.image());
    for (int i = 0; i < before.size(); i++) {
      if (!after.get(i).equals(before.get(i))) {
        usage.add(Address.ofPacked(after.get(i).address()).segment(), after.get(i).length());
        usage.add(Address.ofPacked(before.get(i).address()).segment(), -before.get(i).length());
      }
    }
    parts.slims().put(key, after);
  }
}
