package io.hydrant.index.rocksdb;

import io.hydrant.engine.index.IndexKeys;
import io.hydrant.engine.index.PageIndex.Change;
import io.hydrant.engine.index.Retained;
import io.hydrant.engine.index.SegmentUsage;
import io.hydrant.engine.index.TractMap;
import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.TractKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.rocksdb.CompressionType;

/**
 * Quick figures, by hand: 1,280 tracts (ten images of 1 GiB) of 2,048 scattered rows per flush.
 * Argument: an empty directory on the device to be measured.
 */
final class FlushTiming {
  private static final int TRACTS = 1_280;
  private static final int FLUSHES = 12;
  private static final int GETS = 50_000;

  private FlushTiming() {}

  public static void main(String[] arguments) throws Exception {
    Random random = new Random(1);
    List<byte[]> values = new ArrayList<>();
    for (int i = 0; i < TRACTS; i++) {
      values.add(scattered(random).encode());
    }
    for (CompressionType compression :
        new CompressionType[] {
          CompressionType.NO_COMPRESSION,
          CompressionType.LZ4_COMPRESSION,
          CompressionType.ZSTD_COMPRESSION
        }) {
      Path directory = Path.of(arguments[0], compression.name());
      measure(directory, compression, values, random);
    }
  }

  private static void measure(
      Path directory, CompressionType compression, List<byte[]> values, Random random)
      throws Exception {
    RocksDbIndexConfig config = RocksDbIndexConfig.DEFAULT;
    try (RocksDbPageIndex index =
        RocksDbPageIndex.open(directory, new RocksDbSettings(config, compression), () -> {})) {
      long bytes = 0;
      long start = System.nanoTime();
      long writtenBefore = written();
      for (int flush = 0; flush < FLUSHES; flush++) {
        List<Change> changes = new ArrayList<>();
        for (int i = 0; i < TRACTS; i++) {
          byte[] value = values.get((i + flush) % TRACTS);
          bytes += value.length;
          changes.add(new Change.Put(key(i), value));
        }
        index.flush(changes);
      }
      double millis = (System.nanoTime() - start) / 1e6 / FLUSHES;
      Thread.sleep(3_000); // compactions
      double mebibytes = (written() - writtenBefore) / 1048576.0 / FLUSHES;
      System.out.printf(
          "%-16s values %.1f MiB a flush, written %.1f MiB, %.0f ms; stored %.1f MiB%n",
          compression,
          bytes / 1048576.0 / FLUSHES,
          mebibytes,
          millis,
          index.storedBytes() / 1048576.0);
      gets(index, random, TRACTS, "all");
      gets(index, random, 500, "cached");
      gets(index, random, -TRACTS, "absent");
    }
  }

  private static void gets(RocksDbPageIndex index, Random random, int tracts, String what)
      throws IOException {
    double best = Double.MAX_VALUE;
    for (int round = 0; round < 3; round++) {
      long start = System.nanoTime();
      long found = 0;
      for (int i = 0; i < GETS; i++) {
        int tract = random.nextInt(Math.abs(tracts)) + (tracts < 0 ? 1 << 20 : 0);
        byte[] value = index.get(key(tract));
        found += value == null ? 0 : value.length;
      }
      best = Math.min(best, (System.nanoTime() - start) / 1e3 / GETS);
      if ((found == 0) != (tracts < 0)) {
        throw new IllegalStateException("wrong answers");
      }
    }
    System.out.printf("  get, %s: %.2f us%n", what, best);
  }

  private static byte[] key(int tract) {
    return IndexKeys.tract(new TractKey(new ImageId(1 + tract % 10), 0, tract / 10));
  }

  /** Bytes that this process caused to be written to the device. */
  private static long written() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/io"))) {
      if (line.startsWith("write_bytes:")) {
        return Long.parseLong(line.substring(line.indexOf(' ') + 1));
      }
    }
    return 0;
  }

  private static TractMap scattered(Random random) {
    int checkpoints = 200;
    SegmentUsage usage = new SegmentUsage();
    Retained newest = Retained.of(List.of(Line.of(1, checkpoints)));
    TractMap map = TractMap.empty();
    for (int checkpoint = 1; checkpoint <= checkpoints; checkpoint++) {
      Address place = new Address(checkpoint / 5, random.nextInt(60 << 20));
      int share = checkpoint == 1 ? 1 : 20;
      PageTable table = table(random, share);
      if (table.size() > 0) {
        map = map.merge(checkpoint, table, place, newest, usage.image(new ImageId(1)));
      }
    }
    return map;
  }

  private static PageTable table(Random random, int share) {
    short[] pages = new short[2048];
    int[] lengths = new int[2048];
    int[] checksums = new int[2048];
    int count = 0;
    for (short page = 0; page < 2048; page++) {
      if (random.nextInt(share) == 0) {
        pages[count] = page;
        lengths[count] = 4096;
        checksums[count++] = random.nextInt();
      }
    }
    return new PageTable(
        java.util.Arrays.copyOf(pages, count),
        new byte[count],
        java.util.Arrays.copyOf(lengths, count),
        java.util.Arrays.copyOf(checksums, count));
  }
}
