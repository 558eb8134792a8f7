package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Effect;
import io.hydrant.engine.catalog.Entry;
import io.hydrant.engine.catalog.FrozenCatalog;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.catalog.MalformedCatalogException;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.catalog.SessionInfo;
import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.SessionId;
import io.hydrant.engine.replica.DigestReport;
import io.hydrant.engine.segment.SegmentLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * One replica of one group: catalog, segment log and page maps together. The flow of a checkpoint:
 *
 * <pre>
 * apply(Open)  -> Catalog                            gives the id
 * staged(id)   -> StagingSession -> SegmentLog       verified, appended, durable after a group sync; invisible
 * apply(Commit)-> Catalog -> Publisher -> PageMaps   the only point where it becomes visible
 * readPoint    -> LogPageReader -> PageMaps, SegmentLog -> verified pages
 * snapshot     -> Snapshots -> CatalogFiles, PageIndex
 * </pre>
 *
 * <p>Threads: {@link #apply}, {@link #skip} and {@link #snapshot} belong to one apply thread;
 * everything else is safe from any thread. What changes the state does so as one change of the
 * {@link StoreWriter}. Exceptions from apply, and {@link StoreEvent.Fault}, are final: the process
 * must stop.
 */
public final class ImageStore implements AutoCloseable {
  /** A checkpoint is admitted if this much fits: a batch of every segment buffer in flight. */
  static final long ADMIT_BYTES = 64L << 20;

  private final ImageStoreConfig config;
  private final StoreParts parts;
  private final StoreEvents events;
  private final Publisher publisher;
  private final LogPageReader pageReader;
  private final LogSlimReader slimReader;
  private final TractExtract extract;
  private final PageCopies copies;
  private final TractRepair repair;
  private final SnapshotRunner snapshots;
  private final Pruning pruning;
  private final ScatteredReads scattered = new ScatteredReads();
  private final SegmentCleaner cleaner;
  private final Consolidator consolidator;
  private final OpenAdmission admission;
  private final Receivers receivers;
  private final StoreWriter writer = new StoreWriter();
  private final MissingView missing;
  private final StoreDigests digests;
  private final Fence fence = new Fence();
  private final DamagedSegments damagedSegments;
  private final Scrubber scrubber;
  private final SpaceAccount space;

  private ImageStore(ImageStoreConfig config, ImageStorePorts ports, StoreParts parts) {
    this.config = config;
    this.parts = parts;
    this.events = ports.events();
    this.publisher = new Publisher(parts, writer, ports);
    CatalogGuard guard = new CatalogGuard(parts.catalog());
    DamageNotes damage = new DamageNotes(parts, writer, ports.events());
    this.pageReader =
        new LogPageReader(
            parts.maps(), parts.missing(), parts.log(), ports.codec(), guard, damage, scattered);
    this.slimReader =
        new LogSlimReader(parts.slims(), parts.missing(), parts.log(), guard::isLive, damage);
    this.extract = new TractExtract(parts, fence, damage, slimReader, ports.codec());
    this.copies = new LogPageCopies(parts, fence, damage, ports.codec());
    this.repair = new TractRepair(parts, extract, writer);
    this.snapshots = new SnapshotRunner(config, ports, parts);
    this.admission =
        new OpenAdmission(
            parts.catalog(), parts.missing(), ports.alone(), config.heap().publishBytes());
    this.missing = new StoreMissing(parts, writer);
    this.receivers = new Receivers(parts.catalog(), parts.staging(), publisher, writer);
    this.pruning = new Pruning(parts.catalog(), parts.maps(), parts.usage());
    this.damagedSegments = new DamagedSegments(parts.log());
    MoveTools tools = MoveTools.of(parts, writer, damage, ports.codec(), snapshots::takeIfDue);
    this.cleaner = new SegmentCleaner(tools, snapshots, damagedSegments, ports.events());
    this.consolidator = new Consolidator(tools, cleaner, scattered, ports.events());
    this.digests = new StoreDigests(parts, ports);
    this.space = new SpaceAccount(parts);
    this.scrubber =
        new Scrubber(
            parts,
            writer,
            slimReader,
            ports.codec(),
            damage,
            new ScrubReport(parts, damagedSegments, ports.events()));
  }

  /**
   * Opens a store and recovers it; blank directories make an empty one.
   *
   * @throws io.hydrant.engine.files.CorruptionException if what was durable is not there or not
   *     right
   * @throws io.hydrant.engine.files.WrongIdentityException if files of another store lie here
   * @throws io.hydrant.engine.files.UnsupportedFormatException if they are too old or too new
   */
  public static ImageStore open(ImageStoreConfig config, ImageStorePorts ports) throws IOException {
    long began = System.nanoTime();
    StoreParts parts = StoreParts.recover(config, ports);
    ports
        .events()
        .on(
            new StoreEvent.Recovered(
                parts.position(),
                parts.scanned(),
                parts.staging().size(),
                System.nanoTime() - began));
    ImageStore store = new ImageStore(config, ports, parts);
    store.publisher.completeRecovered();
    return store;
  }

  /** Position of the last durable snapshot: replay starts behind it. */
  public EntryPosition snapshotPosition() {
    return snapshots.position();
  }

  /** Position of the last applied entry. */
  public EntryPosition applied() {
    return parts.catalog().applied();
  }

  /**
   * Applies the next entry; one thread, in log order. What it throws is final: the process must
   * stop.
   */
  public Outcome apply(EntryPosition position, Entry entry) throws IOException {
    return writer.change(() -> {
      Catalog.Applied applied = parts.catalog().apply(position, entry);
      for (Effect effect : applied.effects()) {
        perform(effect, position.index());
      }
      if (entry.command() instanceof Command.MarkDamaged marked) {
        parts.catalog().image(marked.image()).ifPresent(parts.missing()::lost);
      }
      parts.holdMark().settled(position.index());
      behindEntry();
      return applied.outcome();
    });
  }

  private void perform(Effect effect, long index) throws IOException {
    switch (effect) {
      case Effect.Publish publish ->
          publisher.publish(
              existing(publish.key().image()), publish.key(), publish.content(), index);
      case Effect.DropStaged drop -> {
        parts.staging().drop(drop.key());
        requireSpace();
      }
      case Effect.Retire retire -> {
        for (CheckpointId checkpoint : retire.checkpoints()) {
          publisher.retire(new CheckpointKey(retire.image(), checkpoint));
        }
        publisher.forgetMissing(existing(retire.image()));
        publisher.forgetDamaged(existing(retire.image()));
        if (requireSpace()) {
          pruning.add(retire.image());
        }
        cleaner.retired(retire.image());
      }
      case Effect.DropImage drop -> dropImage(drop.image());
      case Effect.TakeDigest() -> digests.take(index);
    }
  }

  private ImageState existing(ImageId image) {
    return parts
        .catalog()
        .image(image)
        .orElseThrow(() -> new IllegalStateException(image + " published but unknown"));
  }

  private void dropImage(ImageId image) throws IOException {
    publisher.dropImage(image);
    requireSpace();
  }

  /**
   * Something died: if the disk is nearly full, its segments are given back as soon as possible.
   */
  private boolean requireSpace() throws IOException {
    boolean scarce = !parts.log().hasRoom(ADMIT_BYTES);
    if (scarce) {
      snapshots.wantSpace();
    }
    return scarce;
  }

  /** An entry without a command; apply thread. What it throws is final, as with {@link #apply}. */
  public void skip(EntryPosition position) {
    try {
      writer.change(() -> {
        parts.catalog().skip(position);
        parts.holdMark().settled(position.index());
        behindEntry();
        return position;
      });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void behindEntry() throws IOException {
    if (pruning.step()) {
      snapshots.wantSpace();
    }
    if (!writer.isClosed()) {
      snapshots.takeIfDue();
    }
  }

  /**
   * Starts a snapshot in the background unless one is under way; apply thread.
   *
   * @return completes with the position of the snapshot that is then durable: the one before if the
   *     disk is full
   * @throws IllegalStateException if an entry was applied in part only, or the store is closed
   */
  public CompletableFuture<EntryPosition> snapshot() {
    try {
      return writer.change(snapshots::take);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Whether the next entry would do work that waits: a snapshot, or freeing space on a full disk.
   * Both happen while entries are applied, so on a quiet group somebody has to propose one that
   * changes nothing. Any thread.
   */
  public boolean snapshotDue() {
    return snapshots.isDue() || pruning.isActive();
  }

  /** The catalog: its read methods are safe from any thread; its apply belongs to this store. */
  public Catalog catalog() {
    return parts.catalog();
  }

  /** Refuses new checkpoints when the disk is nearly full. Any thread. */
  public void admitOpen() throws Refusal, IOException {
    if (snapshots.isStalled()) {
      throw StagingSession.diskFull(
          "new checkpoint refused", new DiskFullException("no room for a snapshot of the index"));
    }
    if (!parts.log().hasRoom(ADMIT_BYTES)) {
      throw StagingSession.diskFull(
          "new checkpoint refused",
          new DiskFullException(
              "less than %d MiB above the reserve of %d MiB"
                  .formatted(ADMIT_BYTES >> 20, config.log().reserveBytes() >> 20)));
    }
  }

  /** Page bytes that can still be appended before new checkpoints are refused. Any thread. */
  public long roomBytes() throws IOException {
    return parts.roomBytes();
  }

  /**
   * Asks whether this replica can take what is about to be proposed. Any thread.
   *
   * @throws Refusal DISK_FULL as {@link #admitOpen()}; LIMIT_EXCEEDED if a commit of the whole
   *     image would not fit the heap; SEND_FULL if it builds on a checkpoint whose bytes came here
   *     and cannot be read, or are not here and this replica is alone
   */
  public void admitOpen(Command.Open open) throws Refusal, IOException {
    admitOpen();
    admission.require(open);
  }

  /**
   * The receiver of an open checkpoint; the same object for the same key. Any thread.
   *
   * @throws Refusal if the id is not open, or of another epoch
   */
  public StagedCheckpoint staged(CheckpointKey key, Epoch epoch) throws Refusal {
    fence.require();
    return receivers.open(key, epoch);
  }

  /**
   * The receiver of a checkpoint whose frames the leader sends, perhaps before its Open is applied
   * here (PROTOCOL, step "receive frames"), or after its Commit was (R10: late frames may complete
   * it); the same object for the same key, also as {@link #staged} gives it. Any thread.
   *
   * @param asOpened what the applied Open says, by the leader's word
   * @throws Refusal ABORTED if the id is final and its bytes are not awaited; LIMIT_EXCEEDED if too
   *     many ids came that are not known here yet; INVALID if the checkpoint was opened otherwise
   */
  public StagedCheckpoint receive(CheckpointKey key, CheckpointInfo asOpened)
      throws Refusal, IOException {
    fence.require();
    return receivers.forwarded(key, asOpened);
  }

  /**
   * A step of a checkpoint that is being received, to be sent to a replica that missed it. Any
   * thread.
   *
   * @param sequence 0 is the open, then every batch, run of zero tracts and slim chunk in the order
   *     in which they were taken, then the end
   * @return empty if there is no such step yet, if it is not durable yet, or if the checkpoint is
   *     not received in this life of the process, or not any more
   */
  public Optional<StagedFrame> frame(CheckpointKey key, long sequence) throws IOException {
    return parts.staging().frame(key, sequence);
  }

  static Refusal sessionEnded() {
    return new Refusal(
        Rejection.UNKNOWN_SESSION, "the restore session has ended or expired; open a new one");
  }

  /** The catalog as of the last applied entry, for a replica that lags. Any thread. */
  public FrozenCatalog frozenCatalog() throws IOException {
    return writer.change(() -> parts.catalog().freeze());
  }

  /**
   * Takes over another replica's catalog instead of the entries up to its position (PROTOCOL R18).
   * When it returns, the switch is durable; if the process stops before, nothing has changed. No
   * entry is applied meanwhile. Repeatable: if this store is at that position already, it only
   * makes sure that it is so durably. Waits for a snapshot that is under way.
   *
   * @param catalog as {@link FrozenCatalog#encode} gives it
   * @return the position that it names
   * @throws MalformedCatalogException if the bytes are no catalog; nothing has changed
   * @throws DiskFullException if there is no room for the flush: to be repeated
   * @throws IllegalArgumentException if this store is ahead of it; nothing has changed
   */
  public EntryPosition install(byte[] catalog) throws IOException, MalformedCatalogException {
    Catalog next = Catalog.decode(catalog);
    EntryPosition position = next.applied();
    if (position.compareTo(applied()) < 0) {
      throw new IllegalArgumentException(
          "metadata at " + position + " for a store at " + applied());
    }
    boolean durable =
        writer.change(() -> {
          try {
            snapshots.drain();
          } catch (DiskFullException _) {
            return false;
          }
          if (position.compareTo(applied()) > 0) {
            new MetadataInstall(parts, publisher, pruning, next).run();
            parts.holdMark().settled(position.index());
          }
          return isInstalledAt(position) || snapshots.writeInstalled();
        });
    if (!durable) {
      throw new DiskFullException("no room to install the metadata of another replica");
    }
    return position;
  }

  private boolean isInstalledAt(EntryPosition position) {
    return snapshots.isInstalled() && snapshotPosition().equals(position);
  }

  /**
   * Whether the durable state came by an {@link #install}, and no snapshot of later entries was
   * taken since: then the log beside it may end before it. Any thread.
   */
  public boolean isInstalled() {
    return snapshots.isInstalled();
  }

  /** What this replica lacks. Any thread. */
  public MissingView missing() {
    return missing;
  }

  /**
   * Whether what a retained checkpoint lacks may be here in a moment by itself: all bytes of it, or
   * of one before it that it may build on, have come and are being published. Any thread.
   */
  public boolean isCompleting(CheckpointKey asOf) {
    return publisher.isCompleting(asOf);
  }

  /**
   * The log index up to which this replica holds durably every page that is still reachable. Any
   * thread.
   */
  public long holdMark() {
    return fence.isUp() ? 0 : parts.holdMark().value();
  }

  /** Hashes of what is here, as of the last DigestAt; empty if there was none in this life. */
  public Optional<DigestReport> lastDigest() {
    return digests.last();
  }

  /**
   * The maps of these images are not as a majority has them (PROTOCOL R24): nothing of them is
   * served before it is compared with another replica, or fetched. No effect once the store is
   * closed.
   */
  public void distrust(Set<ImageId> images) throws IOException {
    writer.changeIfUsable(() -> {
      for (ImageId id : images) {
        Optional<ImageState> image = parts.catalog().image(id);
        if (image.isPresent() && !image.get().committed().isEmpty()) {
          parts.missing().distrust(id, image.get().committed().lastKey());
        }
      }
      snapshots.take(); // so that a restart does not believe them again
    });
  }

  /**
   * The catalog is not as a majority has it (PROTOCOL R24): for the rest of this life nothing is
   * served or stated. It goes on applying, which harms nobody.
   *
   * @param reason for people, with the cure
   */
  public void fence(String reason) {
    fence.raise(reason);
  }

  /** Why this replica is fenced; empty if it is not. Any thread. */
  public Optional<String> fenced() {
    return fence.reason();
  }

  /**
   * Starts a snapshot if the hold mark rises by it, for what was repaired counts when the index has
   * it; does not wait. Else the next entry would do it, and on a quiet group none comes. Any
   * thread.
   */
  public void flushRepairs() {
    if (parts.holdMark().wouldRise()) {
      try {
        writer.changeIfUsable(snapshots::takeIfDue);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** What a session reads. Any thread. Whether it is here, the readers say of each tract. */
  public ReadPoint readPoint(SessionId session) throws Refusal {
    fence.require();
    SessionInfo info = parts.catalog().session(session).orElseThrow(ImageStore::sessionEnded);
    Optional<ImageState> found = parts.catalog().image(info.image());
    CheckpointInfo checkpoint =
        found.map(image -> image.committed().get(info.checkpoint())).orElse(null);
    if (found.isEmpty() || checkpoint == null) {
      // The two views may be of different entries: the session may have ended between them.
      if (parts.catalog().session(session).isEmpty()) {
        throw sessionEnded();
      }
      throw new IllegalStateException(info + " pins a checkpoint that is not there");
    }
    ImageState image = found.get();
    return new ReadPoint(info, checkpoint, image.line(info.checkpoint()));
  }

  public PageReader pages() {
    return pageReader;
  }

  public SlimReader slim() {
    return slimReader;
  }

  /** Tracts as of retained checkpoints, for repair. Any thread. */
  public TractExtract extract() {
    return extract;
  }

  /** What of versions that are bad somewhere is good here. Any thread. */
  public PageCopies copies() {
    return copies;
  }

  /** Puts in what other replicas gave. Any thread. */
  public TractRepair repair() {
    return repair;
  }

  /** Reclaims space; its steps are one thread's. */
  public SegmentCleaner cleaner() {
    return cleaner;
  }

  /** Puts pages in order that are read in many pieces; the cleaner's thread. */
  public Consolidator consolidator() {
    return consolidator;
  }

  /** The segments there are, those of survivors behind the others. Any thread. */
  public List<SegmentLog.SegmentInfo> segments() {
    return parts.log().segments();
  }

  /** What segment files take, and what is left. Any thread. */
  public SegmentLog.Space files() throws IOException {
    return parts.log().space();
  }

  /** Free bytes that ingest leaves for the replicated log, the index and the cleaner. */
  public long reserveBytes() {
    return config.log().reserveBytes();
  }

  /** Counts what images take. Any thread. */
  public SpaceAccount space() {
    return space;
  }

  /** Pages read for others since the start. Any thread. */
  public long pagesRead() {
    return pageReader.pagesRead();
  }

  /** Verifies what is here, step by step. */
  public Scrubber scrubber() {
    return scrubber;
  }

  /** Segments from which everything live should be moved away first. Any thread. */
  public DamagedSegments damagedSegments() {
    return damagedSegments;
  }

  /** Counters by name, unit last; documented in docs/stats.md. */
  public Map<String, Long> counters() {
    return Map.of(
        "pages_read_count", pageReader.pagesRead(),
        "device_read_count", pageReader.deviceReads(),
        "tract_lookup_count", pageReader.tractLookups(),
        "index_get_count", parts.maps().indexGets());
  }

  /** Gauges by name, unit last; documented in docs/stats.md. */
  public Map<String, Long> gauges() {
    return Map.of(
        "applied_index", applied().index(),
        "snapshot_index", snapshotPosition().index(),
        "hold_mark_index", holdMark(),
        "image_count", (long) parts.catalog().images().size(),
        "staged_checkpoint_count", (long) parts.staging().size(),
        "missing_checkpoint_count", parts.missing().size(),
        "damaged_page_count", parts.missing().damaged().size(),
        "damaged_segment_count", (long) damagedSegments.waiting().size(),
        "segment_count", (long) parts.log().segments().size(),
        "dirty_map_bytes", parts.maps().dirtyBytes());
  }

  /**
   * Takes a last snapshot and closes log and index. If an entry was applied in part only (apply
   * threw, or does not return), only closes: the next start applies that entry again, from the
   * replicated log.
   */
  @Override
  public void close() throws IOException {
    boolean whole = writer.close();
    digests.stop();
    try {
      snapshots.finish(whole);
    } finally {
      try (parts) {
        events.on(new StoreEvent.Closed(snapshotPosition()));
      }
    }
  }
}
