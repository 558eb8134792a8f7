package io.hydrant.engine.store;

import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.clean.CleaningPace;
import io.hydrant.engine.clean.CleaningPolicy;
import io.hydrant.engine.clean.SegmentUse;
import io.hydrant.engine.clean.SegmentsInUse;
import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.segment.AppendUse;
import io.hydrant.engine.segment.SegmentLog;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

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
  private final MoveTools tools;
  private final DamagedSegments damaged;
  private final StoreEvents events;

  /** Of a segment's file, written anew by cleaning it: more is no gain. */
  private static final double BARREN_PART = 0.9;

  /** Of the live bytes, for headers and tables of their copies and unused ends of segments. */
  private static final int COPY_EXTRA_PART = 4;

  /** Whether the last step made room, or some is being made: worth waiting for. */
  private volatile boolean gaining = true;

  /** Live part of a segment from which on cleaning it was found to gain nothing. */
  private double barren = 1;

  /**
   * Live bytes that could not be moved out of a segment, by segment: not tried again for these.
   * Within changes.
   */
  private final Map<Integer, Long> stuck = new HashMap<>();

  SegmentCleaner(
      MoveTools tools, SnapshotRunner snapshots, DamagedSegments damaged, StoreEvents events) {
    this.damaged = damaged;
    this.tools = tools;
    this.parts = tools.parts();
    this.writer = tools.writer();
    this.snapshots = snapshots;
    this.pruning = new Pruning(parts.catalog(), parts.maps(), parts.usage());
    this.events = events;
  }

  /**
   * What a step did.
   *
   * @param copiedBytes that were live in the segment that was cleaned
   * @param wanted whether there was a segment to clean
   */
  public record Step(long copiedBytes, boolean wanted) {
    static final Step NOTHING = new Step(0, false);
  }

  /** Whether there will be more room soon without anybody doing anything for it. Any thread. */
  public boolean isGaining() {
    return gaining;
  }

  /** Checkpoints of an image were retired: its maps are gone through, at leisure. Any thread. */
  void retired(ImageId image) {
    pruning.addLater(image);
  }

  /** {@link #step(CleaningPolicy, CleaningPace)} as fast as it goes. */
  public Step step(CleaningPolicy policy) throws IOException {
    return step(policy, CleaningPace.NONE);
  }

  /**
   * Cleans one segment if the policy wants it, or it is damaged, and has dead ones given back.
   *
   * @throws IOException if reading or writing failed; final, as any fault of the log
   */
  public Step step(CleaningPolicy policy, CleaningPace pace) throws IOException {
    Optional<SegmentsInUse> now = prepare();
    if (now.isEmpty()) {
      return Step.NOTHING;
    }
    Step step = step(policy, pace, now.get());
    gaining = (step.wanted() || now.get().deadBytes() > 0) && !snapshots.isStalled();
    return step;
  }

  /** Small work that is due, and what the segments are like after it; empty if there is no more. */
  private Optional<SegmentsInUse> prepare() throws IOException {
    writer.changeIfUsable(() -> {
      pruning.step(PRUNED_TRACTS);
      snapshots.takeIfDue(); // maps that were changed are flushed before they are too many
    });
    return look();
  }

  private Step step(CleaningPolicy policy, CleaningPace pace, SegmentsInUse now)
      throws IOException {
    List<Integer> bad = damaged.waiting();
    if (policy.isFlushWanted(now) || isAnyDead(bad)) {
      flush();
    }
    SegmentsInUse fitting = fitting(now);
    // A segment that is bad beside its pages first: what is live in it may be the only copy here.
    Optional<SegmentUse> victim =
        fitting.cleanable().stream()
            .filter(segment -> bad.contains(segment.segment()))
            .findFirst()
            .or(() -> policy.victim(worthIt(fitting)));
    if (victim.isEmpty()) {
      if (policy.isWanted(now) && now.deadBytes() > 0) {
        flush(); // There is nothing to wait for.
      }
      return Step.NOTHING;
    }
    gaining = true;
    Cleaned cleaned =
        cleaned(victim.get().segment(), bytes -> pace.copied(bytes, () -> urgency(policy)));
    if (cleaned.isWithoutRoom()) {
      return Step.NOTHING; // Nothing is gained by trying again at once.
    }
    judge(victim.get(), cleaned);
    return new Step(cleaned.copiedBytes(), true);
  }

  /** Whoever waits looks again: room may fall meanwhile, and what is dead is to be given back. */
  private double urgency(CleaningPolicy policy) throws IOException {
    Optional<SegmentsInUse> now = look();
    if (now.isPresent() && policy.isFlushWanted(now.get())) {
      flush();
    }
    return now.isEmpty() ? 1 : policy.urgency(now.get());
  }

  /** Those whose copies have room: one that is moved in part gives no file back. */
  private SegmentsInUse fitting(SegmentsInUse now) throws IOException {
    long room = writer.tryChange(() -> parts.log().roomBytes(AppendUse.CLEANING)).orElse(0L);
    return only(now, one -> one.live() + one.live() / COPY_EXTRA_PART <= room);
  }

  private static SegmentsInUse only(SegmentsInUse now, Predicate<SegmentUse> wanted) {
    return new SegmentsInUse(
        now.cleanable().stream().filter(wanted).toList(),
        now.allocatedBytes(),
        now.liveBytes(),
        now.deadBytes(),
        now.roomBytes());
  }

  /** Those of which cleaning has not been found to gain nothing. */
  private SegmentsInUse worthIt(SegmentsInUse now) {
    return only(now, one -> one.utilisation() < barren);
  }

  /**
   * Records have headers and tables, and segments unused ends: of small pages, or of few in a
   * tract, a segment may be as full as it gets and yet look half empty. It is written anew once,
   * and none that is as full after it, until one has gained something again.
   */
  private void judge(SegmentUse victim, Cleaned cleaned) {
    if (cleaned.appendedBytes() > BARREN_PART * victim.bytes()) {
      barren = Math.min(barren, victim.utilisation());
    } else if (cleaned.appendedBytes() < victim.bytes() / 2) {
      barren = 1;
    }
  }

  private boolean isAnyDead(List<Integer> segments) throws IOException {
    return !segments.isEmpty()
        && writer
            .tryChange(
                () -> segments.stream().anyMatch(segment -> parts.usage().live(segment) == 0))
            .orElse(false);
  }

  /**
   * What became of a segment.
   *
   * @param copiedBytes that were live; -1 if there was no room for them
   * @param appendedBytes that the copies take, headers and tables among them
   */
  private record Cleaned(long copiedBytes, long appendedBytes) {
    static final Cleaned NOTHING = new Cleaned(0, 0);
    static final Cleaned WITHOUT_ROOM = new Cleaned(-1, 0);

    boolean isWithoutRoom() {
      return copiedBytes < 0;
    }
  }

  /**
   * Moves what is live out of a segment, whatever it is worth; its file goes back with a later
   * flush. Without effect on one that is not sealed, or is gone.
   *
   * @return bytes that were copied; 0 also if there was no room for them
   */
  public long clean(int segment) throws IOException {
    return Math.max(0, cleaned(segment, _ -> {}).copiedBytes());
  }

  private Cleaned cleaned(int segment, Evacuation.Progress copying) throws IOException {
    Optional<SegmentLog.SegmentInfo> found = sealed(segment);
    if (found.isEmpty()) {
      return Cleaned.NOTHING;
    }
    long began = System.nanoTime();
    Evacuation evacuation = new Evacuation(segment, found.get().isOfSurvivors(), tools, copying);
    long copied;
    try {
      copied = evacuation.run();
      copying.copied(evacuation.untoldBytes());
    } catch (DiskFullException _) {
      return Cleaned.WITHOUT_ROOM; // Dead segments, and retired checkpoints, make room first.
    }
    long left =
        writer
            .tryChange(() -> {
              long live = parts.usage().live(segment);
              if (live > 0) {
                stuck.put(segment, live);
              }
              return live;
            })
            .orElse(0L);
    events.on(new StoreEvent.SegmentCleaned(segment, copied, left, System.nanoTime() - began));
    return new Cleaned(copied, evacuation.appendedBytes());
  }

  private Optional<SegmentLog.SegmentInfo> sealed(int segment) {
    return parts.log().segments().stream()
        .filter(info -> info.segment() == segment && info.sealed())
        .findFirst();
  }

  /** Has a flush started, which gives dead segments back. */
  private void flush() throws IOException {
    writer.changeIfUsable(() -> {
      snapshots.wantSpace();
      snapshots.takeIfDue();
    });
  }

  /** The segments as they are now; empty if the store is closed. Any thread. */
  public Optional<SegmentsInUse> look() throws IOException {
    return writer.tryChange(() -> inUse(parts.roomBytes()));
  }

  private SegmentsInUse inUse(long roomBytes) {
    List<SegmentLog.SegmentInfo> all = parts.log().segments();
    Set<Integer> staged =
        StateRows.encodeStaged(parts.staging().records(), parts.log().appended()).segments();
    long fileBytes = parts.log().config().segmentBytes();
    int newest = Address.ofPacked(parts.log().appended()).segment();
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
        cleanable.add(new SegmentUse(segment, fileBytes, live, newest - info.birth()));
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
