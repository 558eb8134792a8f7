package io.hydrant.testkit.simulation.cluster;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.model.CheckpointDigest;
import io.hydrant.engine.model.PageChecksum;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.replica.Frame;
import io.hydrant.testkit.simulation.PageContents;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.zip.CRC32C;

/**
 * The protector's side of one checkpoint: the steps in which it is sent, what they add up to, and
 * what the VM was.
 *
 * @param steps batches, zero tracts and slim state, without open and end
 * @param held which pages are in it
 * @param vm the VM when it was taken
 */
record VmCheckpoint(List<Frame.Step> steps, Command.Content content, boolean[] held, VmContent vm) {
  private static final int BATCH_PAGES_MAX = 4;
  private static final int ROW_BYTES_MAX = 4 << 10;

  /** A checkpoint with everything that differs from its base, and perhaps a few pages more. */
  static VmCheckpoint incremental(VmContent base, VmContent vm, RandomGenerator random) {
    boolean[] held = vm.changedSince(base);
    if (random.nextInt(3) == 0) {
      held[random.nextInt(VmContent.PAGES)] = true;
    }
    return new Builder(vm, held, random).build();
  }

  static VmCheckpoint full(VmContent vm, RandomGenerator random) {
    boolean[] held = new boolean[VmContent.PAGES];
    java.util.Arrays.fill(held, true);
    return new Builder(vm, held, random).build();
  }

  private static final class Builder {
    private final VmContent vm;
    private final boolean[] held;
    private final RandomGenerator random;
    private final List<Frame.Step.Batch> batches = new ArrayList<>();
    private final List<Frame.Step> zeros = new ArrayList<>();
    private final CheckpointDigest digest = new CheckpointDigest();
    private final PageChecksum checksum = new PageChecksum();
    private long pages;
    private long dataBytes;

    Builder(VmContent vm, boolean[] held, RandomGenerator random) {
      this.vm = vm;
      this.held = held;
      this.random = random;
    }

    VmCheckpoint build() {
      for (int region = 0; region < VmContent.REGIONS.size(); region++) {
        RegionSpec spec = VmContent.REGIONS.get(region);
        for (int tract = 0; tract < spec.tracts(); tract++) {
          tract(region, spec, tract);
        }
      }
      Collections.shuffle(batches, new Random(random.nextLong()));
      batches.forEach(batch ->
          digest.patch(
              batch.region(), VmContent.REGIONS.get(batch.region()), batch.tract(), batch.table()));
      for (Frame.Step zero : zeros) {
        Frame.Step.ZeroTracts run = (Frame.Step.ZeroTracts) zero;
        digest.zeroTracts(run.region(), run.firstTract(), run.count());
      }
      List<Frame.Step> steps = new ArrayList<>(batches);
      mix(steps, zeros);
      List<Frame.Step> slim = slim();
      mix(steps, slim);
      int[] checksums =
          slim.stream().mapToInt(step -> ((Frame.Step.Slim) step).checksum()).toArray();
      Command.Content content =
          new Command.Content(
              digest.finish(vm.slimBytes(), checksums),
              batches.size(),
              pages,
              dataBytes,
              vm.slimBytes());
      return new VmCheckpoint(List.copyOf(steps), content, held, vm);
    }

    /** Puts some in between, in their order. */
    private void mix(List<Frame.Step> steps, List<Frame.Step> more) {
      int from = 0;
      for (Frame.Step step : more) {
        from += random.nextInt(steps.size() - from + 1);
        steps.add(from++, step);
      }
    }

    private void tract(int region, RegionSpec spec, int tract) {
      List<Integer> there = new ArrayList<>();
      boolean zero = true;
      for (int i = 0; i < spec.pagesOfTract(tract); i++) {
        long page = spec.pageOf(tract, i);
        if (held[VmContent.pageIndex(region, page)]) {
          there.add(i);
          zero &= vm.seed(region, page) == PageContents.ZERO;
        }
      }
      if (zero && there.size() == spec.pagesOfTract(tract)) {
        zeros.add(new Frame.Step.ZeroTracts(region, tract, 1));
        return;
      }
      int most = Math.min(BATCH_PAGES_MAX, Math.max(1, (1 << 20) / spec.pageBytes()));
      for (int from = 0; from < there.size(); ) {
        int count = Math.min(there.size() - from, 1 + random.nextInt(most));
        batches.add(batch(region, spec, tract, there.subList(from, from + count)));
        from += count;
      }
    }

    private Frame.Step.Batch batch(int region, RegionSpec spec, int tract, List<Integer> picked) {
      int count = picked.size();
      short[] numbers = new short[count];
      byte[] encodings = new byte[count];
      int[] lengths = new int[count];
      int[] checksums = new int[count];
      ByteBuffer payload = ByteBuffer.allocate(count * ROW_BYTES_MAX);
      for (int row = 0; row < count; row++) {
        long page = spec.pageOf(tract, picked.get(row));
        long seed = vm.seed(region, page);
        PageEncoding encoding = encoding(seed);
        numbers[row] = (short) (int) picked.get(row);
        encodings[row] = (byte) encoding.code();
        if (encoding.hasContent()) {
          ByteBuffer whole = PageContents.page(seed, spec.pageBytes());
          checksums[row] = checksum.of(region, page, whole.duplicate());
          ByteBuffer bytes = encoding == PageEncoding.RAW ? whole : PageContents.encoded(seed);
          lengths[row] = bytes.remaining();
          payload.put(bytes);
        }
      }
      PageTable table = new PageTable(numbers, encodings, lengths, checksums);
      pages += count;
      dataBytes += table.payloadBytes();
      return new Frame.Step.Batch(region, tract, table, payload.flip(), Optional.empty());
    }

    private PageEncoding encoding(long seed) {
      if (seed == PageContents.ZERO) {
        return PageEncoding.ZERO;
      }
      if (seed == PageContents.NOT_KEPT) {
        return PageEncoding.NOT_KEPT;
      }
      return random.nextInt(3) == 0 ? PageEncoding.RAW : PageEncoding.ZSTD;
    }

    private List<Frame.Step> slim() {
      ByteBuffer bytes = PageContents.page(vm.slimSeed(), vm.slimBytes());
      List<Frame.Step> chunks = new ArrayList<>();
      int offset = 0;
      while (offset < vm.slimBytes()) {
        int length =
            random.nextBoolean()
                ? vm.slimBytes() - offset
                : 1 + random.nextInt(vm.slimBytes() - offset);
        ByteBuffer chunk = bytes.slice(offset, length);
        chunks.add(new Frame.Step.Slim(offset, slimChecksum(offset, chunk.duplicate()), chunk));
        offset += length;
      }
      return chunks;
    }

    private static int slimChecksum(long offset, ByteBuffer bytes) {
      CRC32C crc = new CRC32C();
      crc.update(new byte[] {'s', 'l', 'i', 'm'});
      crc.update(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(offset).flip());
      crc.update(bytes);
      return (int) crc.getValue();
    }
  }
}
