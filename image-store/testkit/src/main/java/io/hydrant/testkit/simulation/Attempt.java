package io.hydrant.testkit.simulation;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.model.CheckpointDigest;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.PageChecksum;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.StagedCheckpoint;
import io.hydrant.testkit.simulation.ReferenceModel.ModelCheckpoint;
import io.hydrant.testkit.simulation.ReferenceModel.PageRef;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** The protector's side of one checkpoint: random batches, and what they add up to. */
final class Attempt {
  /** A page size of each sort; the second region ends within a tract. */
  static final RegionTable REGIONS =
      new RegionTable(
          List.of(
              new RegionSpec("pc.ram", RegionKind.MEMORY, 4 << 10, 40 * (4 << 10)),
              new RegionSpec("vga.vram", RegionKind.OTHER, 256 << 10, 40L * (256 << 10))));

  private static final int BATCH_PAGES_MAX = 8;
  private static final int CONTENT_DICE = 10;

  private final CheckpointKey key;
  private final long epoch;
  private final long base;
  private final StagedCheckpoint staged;
  private final RandomGenerator random;
  private final Map<PageRef, Long> changes = new HashMap<>();
  private final CheckpointDigest digest = new CheckpointDigest();
  private final List<long[]> zeroRuns = new ArrayList<>();
  private final PageChecksum checksum = new PageChecksum();
  private long patches;
  private long pages;
  private long dataBytes;
  private int slimBytes;
  private long slimSeed;
  private int[] slimChecksums = {};
  private Command.@Nullable Content content;

  /**
   * @param base 0 for a full checkpoint
   */
  Attempt(
      CheckpointKey key, long epoch, long base, StagedCheckpoint staged, RandomGenerator random) {
    this.key = key;
    this.epoch = epoch;
    this.base = base;
    this.staged = staged;
    this.random = random;
  }

  CheckpointKey key() {
    return key;
  }

  long epoch() {
    return epoch;
  }

  long base() {
    return base;
  }

  boolean isFinished() {
    return content != null;
  }

  Command.Content content() {
    if (content == null) {
      throw new IllegalStateException("not finished");
    }
    return content;
  }

  /** What the image is once this is committed. */
  ModelCheckpoint result(Optional<ModelCheckpoint> baseCheckpoint) {
    return baseCheckpoint
        .orElse(new ModelCheckpoint(Map.of(), 0, 0))
        .with(changes, slimSeed, slimBytes);
  }

  void stageSomething() throws IOException, Refusal {
    if (content != null) {
      return;
    }
    int dice = random.nextInt(10);
    if (dice == 0 && slimBytes == 0) {
      stageSlim();
    } else if (dice == 1) {
      stageZeroTract();
    } else {
      stagePatch(random.nextInt(4) == 0 ? 1 : 0);
    }
  }

  private void stagePatch(int region) throws IOException, Refusal {
    RegionSpec spec = REGIONS.get(region);
    int tract = random.nextInt(spec.tracts());
    TreeSet<Integer> picked = new TreeSet<>();
    // A batch holds at most 1 MiB of decoded pages.
    int count = 1 + random.nextInt(batchPagesMax(spec));
    for (int i = 0; i < count; i++) {
      int pageInTract = random.nextInt(spec.pagesOfTract(tract));
      if (!changes.containsKey(new PageRef(region, spec.pageOf(tract, pageInTract)))) {
        picked.add(pageInTract);
      }
    }
    if (!picked.isEmpty()) {
      stagePages(region, tract, List.copyOf(picked), CONTENT_DICE);
    }
  }

  private static int batchPagesMax(RegionSpec spec) {
    return Math.min(BATCH_PAGES_MAX, (1 << 20) / spec.pageBytes());
  }

  /**
   * @param dice sides of the dice that picks encodings; 2: no page has content
   */
  private void stagePages(int region, int tract, List<Integer> picked, int dice)
      throws IOException, Refusal {
    RegionSpec spec = REGIONS.get(region);
    int count = picked.size();
    short[] numbers = new short[count];
    byte[] encodings = new byte[count];
    int[] lengths = new int[count];
    int[] checksums = new int[count];
    ByteBuffer payload = ByteBuffer.allocate(count * spec.pageBytes());
    for (int row = 0; row < count; row++) {
      long page = spec.pageOf(tract, picked.get(row));
      PageEncoding encoding = pickEncoding(spec, dice);
      long seed = seedFor(encoding);
      numbers[row] = (short) (int) picked.get(row);
      encodings[row] = (byte) encoding.code();
      if (encoding.hasContent()) {
        ByteBuffer whole = PageContents.page(seed, spec.pageBytes());
        checksums[row] = checksum.of(region, page, whole.duplicate());
        ByteBuffer bytes = encoding == PageEncoding.RAW ? whole : PageContents.encoded(seed);
        lengths[row] = bytes.remaining();
        payload.put(bytes);
      }
      changes.put(new PageRef(region, page), seed);
    }
    PageTable table = new PageTable(numbers, encodings, lengths, checksums);
    staged.patch(region, tract, table, payload.flip());
    digest.patch(region, spec, tract, table);
    patches++;
    pages += count;
    dataBytes += table.payloadBytes();
  }

  private PageEncoding pickEncoding(RegionSpec spec, int dice) {
    int side = random.nextInt(dice);
    if (side == 0) {
      return PageEncoding.ZERO;
    }
    if (side == 1) {
      return PageEncoding.NOT_KEPT;
    }
    return side < 5 || spec.pageBytes() > 64 << 10 ? PageEncoding.ZSTD : PageEncoding.RAW;
  }

  private long seedFor(PageEncoding encoding) {
    return switch (encoding) {
      case RAW, ZSTD -> random.nextLong(1, Long.MAX_VALUE);
      case ZERO -> PageContents.ZERO;
      case NOT_KEPT -> PageContents.NOT_KEPT;
    };
  }

  private void stageZeroTract() throws IOException, Refusal {
    int region = random.nextInt(REGIONS.size());
    stageZeroTract(region, random.nextInt(REGIONS.get(region).tracts()));
  }

  private void stageZeroTract(int region, int tract) throws IOException, Refusal {
    RegionSpec spec = REGIONS.get(region);
    for (int i = 0; i < spec.pagesOfTract(tract); i++) {
      if (changes.containsKey(new PageRef(region, spec.pageOf(tract, i)))) {
        return;
      }
    }
    staged.zeroTracts(region, tract, 1);
    zeroRuns.add(new long[] {region, tract});
    for (int i = 0; i < spec.pagesOfTract(tract); i++) {
      changes.put(new PageRef(region, spec.pageOf(tract, i)), PageContents.ZERO);
    }
  }

  private void stageSlim() throws IOException, Refusal {
    slimSeed = random.nextLong(1, Long.MAX_VALUE);
    slimBytes = 8 * (1 + random.nextInt(200));
    ByteBuffer bytes = PageContents.page(slimSeed, slimBytes);
    int slimChecksum = slimChecksum(bytes.duplicate());
    slimChecksums = new int[] {slimChecksum};
    staged.slim(0, slimChecksum, bytes);
  }

  private static int slimChecksum(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(new byte[] {'s', 'l', 'i', 'm'});
    crc.update(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0).flip());
    crc.update(bytes);
    return (int) crc.getValue();
  }

  /** Ends the checkpoint; a full one gets the pages that are missing yet. */
  CompletableFuture<Command.Content> finish() throws IOException, Refusal {
    if (content == null) {
      if (base == 0) {
        stageTheRest();
      }
      for (long[] run : zeroRuns) {
        digest.zeroTracts((int) run[0], run[1], 1);
      }
      content =
          new Command.Content(
              digest.finish(slimBytes, slimChecksums), patches, pages, dataBytes, slimBytes);
    }
    return staged.finish(content);
  }

  private void stageTheRest() throws IOException, Refusal {
    for (int region = 0; region < REGIONS.size(); region++) {
      RegionSpec spec = REGIONS.get(region);
      for (int tract = 0; tract < spec.tracts(); tract++) {
        List<Integer> rest = new ArrayList<>();
        for (int i = 0; i < spec.pagesOfTract(tract); i++) {
          if (!changes.containsKey(new PageRef(region, spec.pageOf(tract, i)))) {
            rest.add(i);
          }
        }
        if (rest.size() == spec.pagesOfTract(tract) && random.nextBoolean()) {
          stageZeroTract(region, tract);
          continue;
        }
        // Large pages are mostly zero, or generating them would take the time of the test.
        int dice = region == 0 ? CONTENT_DICE : 2;
        int step = batchPagesMax(spec);
        for (int from = 0; from < rest.size(); from += step) {
          stagePages(region, tract, rest.subList(from, Math.min(rest.size(), from + step)), dice);
        }
      }
    }
  }
}
