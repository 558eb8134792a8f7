package io.hydrant.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.hydrant.v1.CommitCheckpoint;
import io.hydrant.v1.Region;
import io.hydrant.v1.SlimChunk;
import io.hydrant.v1.ZeroTracts;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Writes one checkpoint: pages, zero tracts and slim state in any order, then {@link #commit}.
 * Closing it without a commit aborts it.
 *
 * <p>Give pages in ascending order: consecutive calls are gathered into batches of one tract and up
 * to 1 MiB; a page that does not ascend begins a new batch. Every page may be given once.
 *
 * <p><b>Blocking and memory.</b> Methods that send wait while the network takes no more (the send
 * budget of {@link Budgets}), at most to the checkpoint's deadline; interrupting it aborts the
 * checkpoint ({@link CancelledException}). Buffers may be reused as soon as a method returns.
 *
 * <p><b>Copies</b> of a raw byte on its way to the socket: {@link #page} two (into the batch, into
 * gRPC's network buffer); {@link #batch} from an array one (into the network buffer). Each page is
 * read once for its checksum and, with {@link WriteOptions.ZeroPages#FIND}, up to its first byte
 * that is not zero.
 *
 * <p><b>Errors.</b> A refusal or a broken connection ends the checkpoint; every method then throws
 * the same {@link HydrantException} that the outcome completes with. {@link
 * IllegalArgumentException}: the call broke a rule (named in the message); it sent nothing, and the
 * writer may go on.
 *
 * <p>Not safe for use by two threads at once.
 */
public final class CheckpointWriter implements AutoCloseable {
  private static final int SLIM_CHUNK_BYTES = 1 << 20;

  private final WriteCall call;
  private final Attempt attempt;
  private final CompletableFuture<CommittedCheckpoint> answer;
  private final List<Region> regions;
  private final WriteOptions.ZeroPages zeroPages;
  private final PageEncoder encoder;
  private final PageChecksum pageChecksum = new PageChecksum();
  private final CheckpointDigest digest = new CheckpointDigest();

  private final List<ZeroTracts> zeroTracts = new ArrayList<>();
  private int[] slimChecksums = new int[4];
  private int slimChunks;
  private long slimBytes;
  private long batchCount;
  private long pageCount;
  private @Nullable BatchBuilder pending;
  private boolean sealed;

  CheckpointWriter(
      WriteCall call,
      Attempt attempt,
      List<Region> regions,
      WriteOptions options,
      CompletableFuture<CommittedCheckpoint> answer) {
    this.call = call;
    this.attempt = attempt;
    this.answer = answer;
    this.regions = regions;
    this.zeroPages = options.zeroPages();
    this.encoder = new PageEncoder(options.encoding());
  }

  /** The region table that pages refer to by position. */
  public List<Region> regions() {
    return regions;
  }

  /**
   * The checkpoint's id, once the server has opened it. Until the commit is answered it may change:
   * a checkpoint that is sent again to another leader gets a new one.
   */
  public OptionalLong checkpoint() {
    long id = call.checkpoint(attempt);
    return id == 0 ? OptionalLong.empty() : OptionalLong.of(id);
  }

  /** Batches that were sent, and of these how many are durable (and invisible) at the server. */
  public long batchCount() {
    return batchCount;
  }

  public long durableBatchCount() {
    return call.durableBatches(attempt);
  }

  /** Whether the next batch would be sent without waiting. */
  public boolean isReady() {
    return call.isReady();
  }

  /**
   * Adds a page.
   *
   * @param page its number in the region
   * @param content exactly one page, from position to limit; the position does not move
   */
  public void page(int region, long page, ByteBuffer content) {
    Region spec = requirePages(region, page, 1);
    if (content.remaining() != spec.getPageBytes()) {
      throw new IllegalArgumentException(
          "region '%s' has pages of %d bytes, not %d"
              .formatted(spec.getName(), spec.getPageBytes(), content.remaining()));
    }
    BatchBuilder batch = batchFor(region, spec, page);
    batch.gather(content);
    byte[] gathered = batch.gathered();
    int offset = batch.gatheredOffset();
    if (!encodeSmaller(batch, page, gathered, offset, spec.getPageBytes())) {
      int checksum = pageChecksum.of(region, page, gathered, offset, spec.getPageBytes());
      digest.content(region, page, checksum);
      batch.keepGathered(page, checksum);
    }
  }

  /** Adds a page; see {@link #page(int, long, ByteBuffer)}. */
  public void page(int region, long page, byte[] content) {
    page(region, page, ByteBuffer.wrap(content));
  }

  /**
   * Adds many pages with little work for each, and sends them: pages may ascend across tracts. From
   * a buffer with an array, raw pages go to the network buffer without another copy.
   *
   * @param pages page numbers
   * @param content the pages one after the other, from position to limit; the position does not
   *     move
   */
  public void batch(int region, long[] pages, ByteBuffer content) {
    Region spec = requireRegion(region);
    int pageBytes = spec.getPageBytes();
    if (content.remaining() != (long) pages.length * pageBytes) {
      throw new IllegalArgumentException(
          "%d pages of region '%s' need %d bytes, not %d"
              .formatted(
                  pages.length,
                  spec.getName(),
                  (long) pages.length * pageBytes,
                  content.remaining()));
    }
    for (long page : pages) {
      requirePage(spec, page);
    }
    if (!content.hasArray()) {
      for (int row = 0; row < pages.length; row++) {
        page(region, pages[row], content.slice(content.position() + row * pageBytes, pageBytes));
      }
      flush();
      return;
    }
    byte[] array = content.array();
    int offset = content.arrayOffset() + content.position();
    for (long page : pages) {
      BatchBuilder batch = batchFor(region, spec, page);
      if (!encodeSmaller(batch, page, array, offset, pageBytes)) {
        int checksum = pageChecksum.of(region, page, array, offset, pageBytes);
        digest.content(region, page, checksum);
        batch.addRaw(page, checksum, array, offset);
      }
      offset += pageBytes;
    }
    flush();
  }

  /** Declares pages as all zeros. Whole tracts: {@link #zeroTracts}. */
  public void zero(int region, long firstPage, long pageCount) {
    Region spec = requirePages(region, firstPage, pageCount);
    for (long page = firstPage; page < firstPage + pageCount; page++) {
      batchFor(region, spec, page).addZero(page);
      digest.zero(region, page);
    }
  }

  /**
   * Declares that the content of these pages need not be kept: they read as "not kept", not as
   * zero.
   */
  public void notKept(int region, long firstPage, long pageCount) {
    Region spec = requirePages(region, firstPage, pageCount);
    for (long page = firstPage; page < firstPage + pageCount; page++) {
      batchFor(region, spec, page).addNotKept(page);
      digest.notKept(region, page);
    }
  }

  /** Declares whole tracts (8 MiB of a region, the last one may be shorter) as all zeros. */
  public void zeroTracts(int region, long firstTract, long tractCount) {
    Region spec = requireRegion(region);
    long tracts = Regions.tracts(spec);
    if (firstTract < 0 || tractCount < 1 || tractCount > tracts - firstTract) {
      throw new IllegalArgumentException(
          "region '%s' has tracts 0 to %d; %d from %d are not among them"
              .formatted(spec.getName(), tracts - 1, tractCount, firstTract));
    }
    requireOpen();
    ZeroTracts run =
        ZeroTracts.newBuilder()
            .setRegion(region)
            .setFirstTract(firstTract)
            .setTractCount(tractCount)
            .build();
    call.send(attempt, call.request(attempt).setZeroTracts(run).build());
    zeroTracts.add(run);
  }

  /** Appends to the slim state, which replaces that of the base as a whole. */
  public void slim(ByteBuffer content) {
    requireOpen();
    ByteBuffer left = content.slice();
    while (left.hasRemaining()) {
      ByteBuffer chunk = left.slice(left.position(), Math.min(left.remaining(), SLIM_CHUNK_BYTES));
      int checksum = SlimChecksum.of(slimBytes, chunk);
      SlimChunk message =
          SlimChunk.newBuilder()
              .setOffset(slimBytes)
              .setChecksum(checksum)
              .setData(ByteString.copyFrom(chunk.duplicate()))
              .build();
      call.send(attempt, call.request(attempt).setSlim(message).build());
      if (slimChunks == slimChecksums.length) {
        slimChecksums = Arrays.copyOf(slimChecksums, 2 * slimChunks);
      }
      slimChecksums[slimChunks++] = checksum;
      slimBytes += chunk.remaining();
      left.position(left.position() + chunk.remaining());
    }
  }

  /** Appends to the slim state; see {@link #slim(ByteBuffer)}. */
  public void slim(byte[] content) {
    slim(ByteBuffer.wrap(content));
  }

  /** Sends what was gathered. {@link #commit} does it too. */
  public void flush() {
    BatchBuilder batch = pending;
    if (batch == null || batch.count() == 0) {
      return;
    }
    // The pages are in the digest; if the send fails, so does the checkpoint.
    pending = null;
    call.send(attempt, call.request(attempt).setBatch(batch.build()).build());
    batchCount++;
    pageCount += batch.count();
  }

  /**
   * Asks for the commit and returns at once. The next checkpoint may be opened on this one right
   * away.
   *
   * @return completes when the checkpoint is durable and visible, on a thread that may block. Fails
   *     with {@link RejectedException} or {@link UnavailableException}: it is not committed and
   *     never will be; the next checkpoint must carry the union of the dirty sets since its base
   *     ({@link DirtyPages} keeps them), or be a full one. A commit that got no answer is settled
   *     with the store first (PROTOCOL R5); only if that gets no answer either in {@link
   *     Deadlines#settle} it fails with {@link UnknownOutcomeException}. Cancelling the future does
   *     not abort the checkpoint; see {@link #abort}.
   */
  public CompletableFuture<CommittedCheckpoint> commit() {
    requireOpen();
    flush();
    sealed = true;
    encoder.close();
    for (ZeroTracts run : zeroTracts) {
      digest.zeroTracts(run.getRegion(), run.getFirstTract(), run.getTractCount());
    }
    byte[] sum = digest.finish(slimBytes, Arrays.copyOf(slimChecksums, slimChunks));
    CommitCheckpoint claim =
        CommitCheckpoint.newBuilder()
            .setBatchCount(batchCount)
            .setPageCount(pageCount)
            .setSlimBytes(slimBytes)
            .setDigest(UnsafeByteOperations.unsafeWrap(sum))
            .build();
    call.commit(attempt, claim);
    return answer;
  }

  /**
   * Gives the checkpoint up, and with it what was opened on it. May be called by any thread.
   *
   * @return false: its commit was sent already, or it has ended; the outcome of {@link #commit}
   *     tells
   */
  public boolean abort() {
    return call.abort(attempt);
  }

  /** Aborts the checkpoint unless {@link #commit} was called. */
  @Override
  public void close() {
    if (!sealed) {
      sealed = true;
      pending = null;
      encoder.close();
      call.abort(attempt);
    }
  }

  Attempt attempt() {
    return attempt;
  }

  /** What {@link #commit} returns: complete once the stream knows of it as well. */
  CompletableFuture<CommittedCheckpoint> answer() {
    return answer;
  }

  WriteCall call() {
    return call;
  }

  private BatchBuilder batchFor(int region, Region spec, long page) {
    requireOpen();
    long tract = page / Regions.pagesPerTract(spec);
    BatchBuilder batch = pending;
    if (batch == null || !batch.accepts(region, tract, page)) {
      flush();
      batch = new BatchBuilder(region, tract, spec.getPageBytes());
      pending = batch;
    }
    return batch;
  }

  /** Whether the page was added without its raw content. */
  private boolean encodeSmaller(
      BatchBuilder batch, long page, byte[] content, int offset, int pageBytes) {
    int region = batch.region();
    if (zeroPages == WriteOptions.ZeroPages.FIND
        && PageEncoder.isZero(content, offset, pageBytes)) {
      batch.addZero(page);
      digest.zero(region, page);
      return true;
    }
    int frameBytes = encoder.compress(content, offset, pageBytes);
    if (frameBytes == 0) {
      return false;
    }
    int checksum = pageChecksum.of(region, page, content, offset, pageBytes);
    digest.content(region, page, checksum);
    batch.addZstd(page, checksum, encoder.compressed(), frameBytes);
    return true;
  }

  private void requireOpen() {
    if (sealed) {
      throw new IllegalStateException("the checkpoint was committed or closed already");
    }
  }

  private Region requireRegion(int region) {
    if (region < 0 || region >= regions.size()) {
      throw new IllegalArgumentException(
          "the image has regions 0 to %d, not %d".formatted(regions.size() - 1, region));
    }
    return regions.get(region);
  }

  private Region requirePages(int region, long firstPage, long count) {
    Region spec = requireRegion(region);
    requirePage(spec, firstPage);
    if (count < 1 || count > Regions.pages(spec) - firstPage) {
      throw new IllegalArgumentException(
          "region '%s' has %d pages; %d from page %d are not among them"
              .formatted(spec.getName(), Regions.pages(spec), count, firstPage));
    }
    return spec;
  }

  private static void requirePage(Region spec, long page) {
    if (page < 0 || page >= Regions.pages(spec)) {
      throw new IllegalArgumentException(
          "region '%s' has pages 0 to %d, not %d"
              .formatted(spec.getName(), Regions.pages(spec) - 1, page));
    }
  }
}
