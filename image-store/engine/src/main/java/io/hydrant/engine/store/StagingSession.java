package io.hydrant.engine.store;

import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.codec.PageCodec;
import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.model.CheckpointDigest;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.segment.AppendUse;
import io.hydrant.engine.segment.Appended;
import io.hydrant.engine.segment.LogRecord;
import io.hydrant.engine.segment.SegmentLog;
import io.hydrant.engine.store.Manifest.PatchRow;
import io.hydrant.engine.store.Manifest.ZeroRun;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Receives one open checkpoint in this life of the process: verifies every page, appends, keeps the
 * running digest and the counts, and in the end makes this replica's own statement (PROTOCOL, step
 * "receive frames"; R7).
 *
 * <pre>
 * state      patch, slim, zeroTracts   finish                     dropped by the log
 * receiving  append                    verify -> finished         -> closed
 * finished   refused                   same statement again       -> closed
 * closed     refused                   refused
 * </pre>
 */
final class StagingSession implements StagedCheckpoint {
  static final int SLIM_CHUNK_BYTES_MAX = 1 << 20;

  /** A slim state is device state, not memory. */
  static final long SLIM_BYTES_MAX = 256L << 20;

  /**
   * Full batches that a tract fills; twice as many may come for each, since batches need not be
   * full. Bounds the manifest and what is kept in memory of each patch.
   */
  private static final long PATCHES_OF_TRACT_MAX =
      2L * (RegionSpec.TRACT_BYTES / BatchRules.BATCH_BYTES_MAX);

  /** Lets a small image come page by page. */
  private static final long PATCHES_MIN = 1_024;

  private final StagedRecords records;
  private final CheckpointInfo checkpoint;
  private final CheckpointKind kind;
  private final RegionTable regions;
  private final SegmentLog log;
  private final RecentRecords recent;
  private final GroupSync sync;
  private final BatchRules batches;

  private final PageCoverage coverage;
  private final CheckpointDigest digest = new CheckpointDigest();
  private final List<PatchRow> patchRows = new ArrayList<>();
  private final List<ZeroRun> zeroRuns = new ArrayList<>();
  private final StagedSteps steps = new StagedSteps();
  private int[] slimChecksums = new int[1];
  private int slimChunks;
  private long slimBytes;
  private long pages;
  private long dataBytes;

  /** Of both, for whoever adds up what an image stages: they must not wait for an append. */
  private volatile long stagedBytes;

  /**
   * Computed once, since the digest cannot be: a full disk may refuse the manifest, and the end
   * come again.
   */
  private Command.@Nullable Content own;

  private volatile @Nullable Finished finished;
  private final CompletableFuture<Command.Content> whole = new CompletableFuture<>();
  private volatile boolean closed;

  /** Where the log ended when something was taken last. */
  private volatile long fed;

  StagingSession(
      StagedRecords records,
      CheckpointInfo checkpoint,
      SegmentLog log,
      RecentRecords recent,
      GroupSync sync,
      PageCodec codec) {
    this.records = records;
    this.checkpoint = checkpoint;
    this.kind = checkpoint.kind();
    this.regions = checkpoint.regions();
    this.log = log;
    this.recent = recent;
    this.sync = sync;
    this.batches = new BatchRules(records.key(), new PageVerifier(codec));
    this.coverage = new PageCoverage(regions);
    this.fed = log.appended();
  }

  @Override
  public CheckpointKey key() {
    return records.key();
  }

  @Override
  public synchronized int patches() {
    return patchRows.size();
  }

  @Override
  public synchronized void patch(int region, int tract, PageTable table, ByteBuffer payload)
      throws Refusal, IOException {
    requireReceiving();
    requirePatches();
    RegionSpec spec = requireRegion(region);
    batches.requireFits(patchRows.size(), region, spec, tract, table, payload);
    OptionalInt duplicate = coverage.duplicate(region, tract, table);
    if (duplicate.isPresent()) {
      throw new Refusal(
          Rejection.DUPLICATE_PAGE,
          "%s: page %d of region '%s' is there twice; send each page once"
              .formatted(key(), spec.pageOf(tract, duplicate.getAsInt()), spec.name()));
    }
    batches.verify(region, spec, tract, table, payload);
    append(
        new LogRecord.Patch(
            key(), records.epoch(), patchRows.size(), region, tract, spec.pageBytes(), table),
        payload);
    coverage.add(region, tract, table);
    digest.patch(region, spec, tract, table);
    steps.add(StagedSteps.Kind.PATCH, patchRows.size());
    patchRows.add(
        new PatchRow(region, tract, table.size(), PatchDigest.of(region, spec, tract, table)));
    pages += table.size();
    dataBytes += table.payloadBytes();
    stagedBytes = dataBytes + slimBytes;
  }

  @Override
  public synchronized void zeroTracts(int region, long firstTract, long count) throws Refusal {
    requireReceiving();
    RegionSpec spec = requireRegion(region);
    if (firstTract < 0 || count < 1 || firstTract > spec.tracts() - count) {
      throw invalid(
          "zero tracts %d to %d are beyond region '%s' (%d tracts)"
              .formatted(firstTract, firstTract + count - 1, spec.name(), spec.tracts()));
    }
    OptionalInt duplicate = coverage.duplicateTract(region, (int) firstTract, (int) count);
    if (duplicate.isPresent()) {
      throw new Refusal(
          Rejection.DUPLICATE_PAGE,
          "%s: tract %d of region '%s' is declared zero but was there already"
              .formatted(key(), duplicate.getAsInt(), spec.name()));
    }
    coverage.addZeroTracts(region, (int) firstTract, (int) count);
    steps.add(StagedSteps.Kind.ZERO_TRACTS, zeroRuns.size());
    zeroRuns.add(new ZeroRun(region, firstTract, count));
  }

  @Override
  public synchronized void slim(long offset, int checksum, ByteBuffer bytes)
      throws Refusal, IOException {
    requireReceiving();
    int length = bytes.remaining();
    if (offset != slimBytes || length < 1 || length > SLIM_CHUNK_BYTES_MAX) {
      throw invalid(
          "slim state: chunks of 1 to %d bytes must follow each other; got %d bytes at %d, expected offset %d"
              .formatted(SLIM_CHUNK_BYTES_MAX, length, offset, slimBytes));
    }
    if (slimBytes + length > SLIM_BYTES_MAX) {
      throw new Refusal(
          Rejection.LIMIT_EXCEEDED,
          "%s: slim state exceeds %d bytes; put large state into a region"
              .formatted(key(), SLIM_BYTES_MAX));
    }
    int actual = SlimChecksum.of(offset, bytes);
    if (actual != checksum) {
      throw badChecksum("slim state at offset %d".formatted(offset), actual, checksum);
    }
    append(new LogRecord.Slim(key(), records.epoch(), slimChunks, offset, checksum, length), bytes);
    if (slimChunks == slimChecksums.length) {
      slimChecksums = Arrays.copyOf(slimChecksums, slimChunks * 2);
    }
    steps.add(StagedSteps.Kind.SLIM, slimChunks);
    slimChecksums[slimChunks++] = checksum;
    slimBytes += length;
    stagedBytes = dataBytes + slimBytes;
  }

  /**
   * A step as it was taken.
   *
   * @param sequence 0 is the open, then every batch, run of zero tracts and slim chunk in the order
   *     in which they were taken, then the end
   * @return empty if there is no such step yet, or its record is not durable yet
   */
  Optional<StagedFrame> frame(long sequence) throws IOException {
    if (sequence == 0) {
      return Optional.of(new StagedFrame.Opened(checkpoint));
    }
    StagedSteps.Kind step;
    int number;
    synchronized (this) {
      if (sequence > steps.last()) {
        return finished == null || sequence > steps.last() + 1
            ? Optional.empty()
            : Optional.of(new StagedFrame.Finished(finished.content()));
      }
      step = steps.kind(sequence);
      number = steps.number(sequence);
      if (step == StagedSteps.Kind.ZERO_TRACTS) {
        ZeroRun run = zeroRuns.get(number);
        return Optional.of(new StagedFrame.ZeroTracts(run.region(), run.firstTract(), run.count()));
      }
    }
    Appended at = records.get(step == StagedSteps.Kind.PATCH, number);
    return Long.compareUnsigned(at.end(), log.durable()) <= 0
        ? readBack(step, number, at)
        : Optional.empty();
  }

  /** Empty if its segment has gone: the checkpoint is final, and nothing of it is live here. */
  private Optional<StagedFrame> readBack(StagedSteps.Kind kind, int number, Appended at)
      throws IOException {
    int segment = at.record().segment();
    if (!log.pin(segment)) {
      return Optional.empty();
    }
    try {
      return Optional.of(read(kind, number, at));
    } finally {
      log.unpin(segment);
    }
  }

  private StagedFrame read(StagedSteps.Kind kind, int number, Appended at) throws IOException {
    LogRecord record = log.readRecord(at.record());
    if (record.key().equals(key())) {
      if (kind == StagedSteps.Kind.PATCH
          && record instanceof LogRecord.Patch patch
          && patch.number() == number) {
        return new StagedFrame.Batch(
            patch.region(), patch.tract(), patch.table(), log.readPayload(at));
      }
      if (kind == StagedSteps.Kind.SLIM
          && record instanceof LogRecord.Slim slim
          && slim.number() == number) {
        return new StagedFrame.Slim(slim.offset(), slim.checksum(), log.readPayload(at));
      }
    }
    throw new CorruptionException(
        log.pathOf(at.record()),
        at.record().offset(),
        "%s %d of %s".formatted(kind, number, key()),
        "" + record);
  }

  @Override
  public synchronized CompletableFuture<Integer> durable(int patches) {
    if (patches > patchRows.size()) {
      throw new IllegalArgumentException(patches + " patches asked, " + patchRows.size() + " here");
    }
    if (patches == 0) {
      return CompletableFuture.completedFuture(0);
    }
    return sync.through(records.patches().end(patches - 1)).thenApply(_ -> durablePatches(patches));
  }

  /** On the syncing thread, which must not wait for whoever appends. */
  private int durablePatches(int from) {
    return records.durablePatches(from, log.durable());
  }

  @Override
  public synchronized CompletableFuture<Command.Content> finish(Command.Content claimed)
      throws Refusal, IOException {
    if (closed) {
      throw refuseClosed();
    }
    Finished ended = finished;
    if (ended == null) {
      Finished now = end(claimed);
      finished = now;
      sync.through(now.end()).whenComplete((_, failure) -> completeWhole(now, failure));
      ended = now;
    }
    requireSame(claimed, ended.content());
    return whole.copy();
  }

  private void completeWhole(Finished ended, @Nullable Throwable failure) {
    if (failure == null) {
      whole.complete(ended.content());
    } else {
      whole.completeExceptionally(failure);
    }
  }

  /**
   * Completes, on the syncing thread, when manifest and all patches are durable here; fails when
   * they never will be. Waits for nobody.
   */
  CompletableFuture<Command.Content> whole() {
    return whole;
  }

  /** Whether manifest and all patches lie before the log's durable end. Waits for nobody. */
  boolean isWhole(long durable) {
    Finished ended = finished;
    return ended != null && Long.compareUnsigned(ended.end(), durable) <= 0;
  }

  /** Whether the end has come. */
  boolean isFinished() {
    return finished != null;
  }

  /** Encoded bytes of pages and slim state that were taken. Waits for nobody. */
  long stagedBytes() {
    return stagedBytes;
  }

  /** Where the log ended when something was taken last: says who was fed before whom. */
  long fed() {
    return fed;
  }

  private Finished end(Command.Content claimed) throws Refusal, IOException {
    requireCounts(claimed);
    if (kind == CheckpointKind.FULL && coverage.missing() != 0) {
      throw new Refusal(
          Rejection.INCOMPLETE,
          "%s is full but does not account for %d of its pages; send every page, if only as zero or not kept"
              .formatted(key(), coverage.missing()));
    }
    Command.Content content = own;
    if (content == null) {
      content = new Command.Content(finishDigest(), patchRows.size(), pages, dataBytes, slimBytes);
      own = content;
    }
    // A wrong digest ends the attempt: the running digest cannot be taken up again.
    if (!content.digest().equals(claimed.digest())) {
      closed = true;
      whole.cancel(false);
    }
    requireSame(claimed, content);
    long end = 0;
    int part = 0;
    Manifest manifest = new Manifest(content, slimChunks, zeroRuns, patchRows);
    for (ByteBuffer payload : manifest.encode()) {
      LogRecord record =
          new LogRecord.Manifest(key(), records.epoch(), part++, payload.remaining());
      end = append(record, payload).end();
    }
    return new Finished(content, end);
  }

  private Digest finishDigest() {
    for (ZeroRun run : zeroRuns) {
      digest.zeroTracts(run.region(), run.firstTract(), run.count());
    }
    return digest.finish(slimBytes, Arrays.copyOf(slimChecksums, slimChunks));
  }

  private void requireCounts(Command.Content claimed) throws Refusal {
    if (claimed.patches() != patchRows.size()
        || claimed.pages() != pages
        || claimed.slimBytes() != slimBytes) {
      throw new Refusal(
          Rejection.DIGEST_MISMATCH,
          "%s: the commit states %d batches, %d pages, %d slim bytes, but %d, %d, %d arrived; open a new checkpoint"
              .formatted(
                  key(),
                  claimed.patches(),
                  claimed.pages(),
                  claimed.slimBytes(),
                  patchRows.size(),
                  pages,
                  slimBytes));
    }
  }

  private void requireSame(Command.Content claimed, Command.Content own) throws Refusal {
    if (!claimed.digest().equals(own.digest())) {
      throw new Refusal(
          Rejection.DIGEST_MISMATCH,
          "%s: the commit states digest %s, but what arrived has %s; open a new checkpoint"
              .formatted(key(), claimed.digest(), own.digest()));
    }
  }

  /** An applied entry has made the id final: nothing is accepted any more. Waits for nobody. */
  void close() {
    closed = true;
  }

  private Appended append(LogRecord record, ByteBuffer payload) throws Refusal, IOException {
    try {
      Appended at =
          log.append(record, payload, AppendUse.INGEST, place -> records.add(record, place));
      fed = at.end();
      if (!closed) {
        recent.add(at, record, payload);
      }
      return at;
    } catch (DiskFullException e) {
      throw diskFull(key().toString(), e);
    }
  }

  static Refusal diskFull(String what, DiskFullException cause) {
    return new Refusal(
        Rejection.DISK_FULL,
        "%s: the disk is nearly full (%s); delete images, lower retention or free space, then try again; no restart is needed"
            .formatted(what, cause.getMessage()));
  }

  private RegionSpec requireRegion(int region) throws Refusal {
    if (!regions.has(region)) {
      throw invalid("region %d: the table has %d regions".formatted(region, regions.size()));
    }
    return regions.get(region);
  }

  private void requirePatches() throws Refusal {
    long most = PATCHES_OF_TRACT_MAX * regions.tracts() + PATCHES_MIN;
    if (patchRows.size() >= most) {
      throw new Refusal(
          Rejection.LIMIT_EXCEEDED,
          "%s: more than %d batches for %d tracts; put more pages of a tract into a batch"
              .formatted(key(), most, regions.tracts()));
    }
  }

  private void requireReceiving() throws Refusal {
    if (closed) {
      throw refuseClosed();
    }
    if (own != null) {
      throw invalid("nothing can be added behind the commit");
    }
  }

  private Refusal refuseClosed() {
    return new Refusal(
        Rejection.ABORTED, "%s ended before this arrived; open a new one".formatted(key()));
  }

  private Refusal invalid(String what) {
    return new Refusal(Rejection.INVALID, key() + ": " + what);
  }

  private Refusal badChecksum(String what, int actual, int expected) {
    return new Refusal(
        Rejection.BAD_CHECKSUM,
        "%s: %s was damaged on its way: its checksum is %08x where %08x was expected; send the checkpoint again"
            .formatted(key(), what, actual, expected));
  }

  private record Finished(Command.Content content, long end) {}
}
