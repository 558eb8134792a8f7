package io.hydrant.testkit.store;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.model.CheckpointDigest;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.PageChecksum;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.StagedCheckpoint;
import io.hydrant.testkit.simulation.PageContents;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** A checkpoint of a {@link StoreFixture}, sent as a well-behaved protector sends it. */
public final class CheckpointScript {
  /** Of a batch of 1 MiB. */
  private static final int BATCH_PAGES = 256;

  private final StoreFixture fixture;
  private final CheckpointKey key;
  private final StagedCheckpoint staged;
  private final CheckpointDigest digest = new CheckpointDigest();
  private final PageChecksum checksum = new PageChecksum();
  private long patches;
  private long pages;
  private long dataBytes;
  private final List<Integer> zeroTracts = new ArrayList<>();
  private final List<Integer> slimChecksums = new ArrayList<>();
  private long slimBytes;
  private Command.@Nullable Content content;

  CheckpointScript(StoreFixture fixture, CheckpointKey key, StagedCheckpoint staged) {
    this.fixture = fixture;
    this.key = key;
    this.staged = staged;
  }

  public CheckpointKey key() {
    return key;
  }

  public StagedCheckpoint staged() {
    return staged;
  }

  /**
   * Raw pages {@code first} to {@code last} of one tract; the content of page p is that of seed +
   * p.
   */
  public CheckpointScript raw(long seed, int first, int last) throws IOException, Refusal {
    return pages(PageEncoding.RAW, seed, first, last);
  }

  /** Zero pages {@code first} to {@code last} of one tract. */
  public CheckpointScript zero(int first, int last) throws IOException, Refusal {
    return pages(PageEncoding.ZERO, 0, first, last);
  }

  /** Declares a whole tract zero. */
  public CheckpointScript zeroTract(int tract) throws IOException, Refusal {
    staged.zeroTracts(0, tract, 1);
    zeroTracts.add(tract);
    return this;
  }

  /** The next chunk of the slim state. */
  public CheckpointScript slim(long seed, int bytes) throws IOException, Refusal {
    ByteBuffer chunk = PageContents.page(seed, bytes);
    int sum = slimChecksum(slimBytes, chunk.duplicate());
    staged.slim(slimBytes, sum, chunk);
    slimChecksums.add(sum);
    slimBytes += bytes;
    return this;
  }

  private static int slimChecksum(long offset, ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(new byte[] {'s', 'l', 'i', 'm'});
    crc.update(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(offset).flip());
    crc.update(bytes);
    return (int) crc.getValue();
  }

  /**
   * All pages of the region, as a full checkpoint must account for: the first ones raw, the others
   * zero.
   */
  public CheckpointScript all(long seed, int rawPages) throws IOException, Refusal {
    RegionSpec spec = fixture.region();
    raw(seed, 0, rawPages - 1);
    int pages = (int) spec.pages();
    for (int next = rawPages; next < pages; ) {
      int behindTract = (spec.tractOf(next) + 1) * spec.pagesPerTract();
      int end = Math.min(Math.min(next + BATCH_PAGES, pages), behindTract);
      zero(next, end - 1);
      next = end;
    }
    return this;
  }

  private CheckpointScript pages(PageEncoding encoding, long seed, int first, int last)
      throws IOException, Refusal {
    RegionSpec spec = fixture.region();
    int tract = spec.tractOf(first);
    PageTable table = table(encoding, seed, first, last);
    staged.patch(0, tract, table, payload(encoding, seed, first, last));
    digest.patch(0, spec, tract, table);
    patches++;
    pages += table.size();
    dataBytes += table.payloadBytes();
    return this;
  }

  /** The page table of such a batch. */
  public PageTable table(PageEncoding encoding, long seed, int first, int last) {
    int count = last - first + 1;
    short[] numbers = new short[count];
    byte[] encodings = new byte[count];
    int[] lengths = new int[count];
    int[] checksums = new int[count];
    for (int row = 0; row < count; row++) {
      long page = first + row;
      numbers[row] = (short) fixture.region().pageInTract(page);
      encodings[row] = (byte) encoding.code();
      if (encoding.hasContent()) {
        lengths[row] = StoreFixture.PAGE_BYTES;
        checksums[row] =
            checksum.of(0, page, PageContents.page(seed + page, StoreFixture.PAGE_BYTES));
      }
    }
    return new PageTable(numbers, encodings, lengths, checksums);
  }

  /** The bytes of such a batch. */
  public static ByteBuffer payload(PageEncoding encoding, long seed, int first, int last) {
    if (!encoding.hasContent()) {
      return ByteBuffer.allocate(0);
    }
    ByteBuffer payload = ByteBuffer.allocate((last - first + 1) * StoreFixture.PAGE_BYTES);
    for (long page = first; page <= last; page++) {
      payload.put(PageContents.page(seed + page, StoreFixture.PAGE_BYTES));
    }
    return payload.flip();
  }

  /** What a correct commit states; the script takes no more pages afterwards. */
  public Command.Content content() {
    Command.Content known = content;
    if (known == null) {
      zeroTracts.forEach(tract -> digest.zeroTracts(0, tract, 1));
      int[] sums = slimChecksums.stream().mapToInt(Integer::intValue).toArray();
      known =
          new Command.Content(digest.finish(slimBytes, sums), patches, pages, dataBytes, slimBytes);
      content = known;
    }
    return known;
  }

  /** The commit entry, whatever is here or durable here. */
  public CheckpointKey commitEntry() throws IOException {
    return commit(content());
  }

  private CheckpointKey commit(Command.Content own) throws IOException {
    Outcome outcome =
        fixture.submit(new Command.Commit(key, fixture.epoch(), own, List.of("self")));
    if (!(outcome instanceof Outcome.Committed)) {
      throw new IllegalStateException("commit refused: " + outcome);
    }
    return key;
  }

  /** Finishes, waits until everything is durable, and commits. */
  public CheckpointKey commit() throws IOException, Refusal {
    return commit(fixture.replica().await(staged.finish(content())));
  }
}
