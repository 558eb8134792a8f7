package io.hydrant.engine.store;

import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.clean.CleaningPolicy;
import io.hydrant.engine.clean.SegmentUse;
import io.hydrant.engine.clean.SegmentsInUse;
import io.hydrant.engine.codec.PageCodec;
import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.segment.SegmentLog;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reclaims the space of superseded and retired page versions, segment by segment, in steps: who
 * calls it decides when, and how much. Local to a replica: nothing of it is replicated (DESIGN,
 * invariant 8). One thread.
 */
public final class SegmentCleaner {
  /** Of maps in one step: a change that entries wait for, of about a millisecond. */
  private static final int PRUNED_TRACTS = 8;

  private final StoreParts parts;
  private final StoreWriter writer;
  private final SnapshotRunner snapshots;
  private final Pruning pruning;
  private final DamageNotes damage;
  private final SurvivorReader reader;
  private final MovedWriter moved;
  private final DamagedSegments damaged;
  private final StoreEvents events;

  /** Live bytes that could not be moved out of a segment, by segment: not tried again for these. */
  private final Map<Integer, Long> stuck = new HashMap<>();

  SegmentCleaner(
      StoreParts parts,
      StoreWriter writer,
      SnapshotRunner snapshots,
      DamageNotes damage,
      PageCodec codec,
      DamagedSegments damaged,
      StoreEvents events) {
    this.damaged = damaged;
    this.parts = parts;
    this.writer = writer;
    this.snapshots = snapshots;
    this.pruning = new Pruning(parts.catalog(), parts.maps(), parts.usage());
    this.damage = damage;
    this.reader = new SurvivorReader(parts.log(), codec, damage);
    this.moved = new MovedWriter(parts.log(), parts.moved());
    this.events = events;
  }

  /**
   * What a step did.
   *
   * @param copiedBytes that were live in the segment that was cleaned
   * @param urgency of cleaning, 0 to 1
   * @param wanted whether there was a segment to clean
   */
  public record Step(long copiedBytes, double urgency, boolean wanted) {
    static final Step NOTHING = new Step(0, 0, false);
  }

  /** Checkpoints of an image were retired: its maps are gone through, at leisure. Any thread. */
  void retired(ImageId image) {
    pruning.addLater(image);
  }

  /**
   * Cleans one segment if the policy wants it, or it is damaged, and has dead ones given back.
   *
   * @throws IOException if reading or writing failed; final, as any fault of the log
   */
  public Step step(CleaningPolicy policy) throws IOException {
    writer.changeIfUsable(() -> pruning.step(PRUNED_TRACTS));
    Optional<SegmentsInUse> now = look();
    if (now.isEmpty()) {
      return Step.NOTHING;
    }
    List<Integer> bad = damaged.waiting();
    if (policy.isFlushWanted(now.get()) || !bad.isEmpty() && now.get().deadBytes() > 0) {
      flush();
    }
    // A segment that is bad beside its pages first: what is live in it may be the only copy here.
    Optional<SegmentUse> victim =
        now.get().cleanable().stream()
            .filter(segment -> bad.contains(segment.segment()))
            .findFirst()
            .or(() -> policy.victim(now.get()));
    if (victim.isEmpty()) {
      return new Step(0, policy.urgency(now.get()), false);
    }
    return new Step(clean(victim.get().segment()), policy.urgency(now.get()), true);
  }

  /**
   * Moves what is live out of a segment, whatever it is worth; its file goes back with a later
   * flush. Without effect on one that is not sealed, or is gone.
   *
   * @return bytes that were copied; 0 also if there was no room for them
   */
  public long clean(int segment) throws IOException {
    if (!isSealed(segment)) {
      return 0;
    }
    long began = System.nanoTime();
    long copied;
    try {
      copied = new Evacuation(segment, parts, writer, reader, moved, damage).run();
    } catch (DiskFullException _) {
      return 0; // Dead segments, and retired checkpoints, make room first.
    }
    long left = writer.tryChange(() -> parts.usage().live(segment)).orElse(0L);
    if (left > 0) {
      stuck.put(segment, left);
    }
    events.on(new StoreEvent.SegmentCleaned(segment, copied, left, System.nanoTime() - began));
    return copied;
  }

  private boolean isSealed(int segment) {
    return parts.log().segments().stream()
        .anyMatch(info -> info.segment() == segment && info.sealed());
  }

  /** Has a flush started, which gives dead segments back; of a state that some entry has made. */
  private void flush() throws IOException {
    writer.changeIfUsable(() -> {
      if (!parts.catalog().applied().equals(EntryPosition.NONE)) {
        snapshots.wantSpace();
        snapshots.takeIfDue();
      }
    });
  }

  /** The segments as they are now; empty if the store is closed. Any thread. */
  public Optional<SegmentsInUse> look() throws IOException {
    long room = parts.log().roomBytes();
    return writer.tryChange(() -> inUse(room));
  }

  private SegmentsInUse inUse(long roomBytes) {
    List<SegmentLog.SegmentInfo> all = parts.log().segments();
    Set<Integer> staged =
        StateRows.encodeStaged(parts.staging().records(), parts.log().appended()).segments();
    long fileBytes = parts.log().config().segmentBytes();
    int newest = all.isEmpty() ? 0 : all.getLast().segment();
    List<SegmentUse> cleanable = new ArrayList<>();
    long liveBytes = 0;
    long deadBytes = 0;
    for (SegmentLog.SegmentInfo info : all) {
      int segment = info.segment();
      long live = parts.usage().live(segment);
      liveBytes += live;
      boolean settled = info.sealed() && !staged.contains(segment) && !parts.moved().has(segment);
      if (settled && live == 0) {
        deadBytes += fileBytes;
      } else if (settled && stuck.getOrDefault(segment, -1L) != live) {
        cleanable.add(
            new SegmentUse(segment, fileBytes, live, Integer.toUnsignedLong(newest - segment)));
      }
    }
    return new SegmentsInUse(cleanable, all.size() * fileBytes, liveBytes, deadBytes, roomBytes);
  }

  /** Live bytes by image: what its retained checkpoints, and what shows nothing any more, take. */
  public Map<ImageId, Long> liveBytes() throws IOException {
    return writer
        .tryChange(() -> {
          Map<ImageId, Long> live = new HashMap<>();
          for (ImageState image : parts.catalog().images()) {
            live.put(image.id(), parts.usage().image(image.id()).total());
          }
          return live;
        })
        .orElse(Map.of());
  }
}
