package io.hydrant.bench.calibrate;

import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * What one core does: copying memory and CRC32C by the page.
 *
 * @param passes over 64 MiB in each round
 * @param rounds counted ones, behind one of warm-up
 */
record CoreCalibration(int passes, int rounds) {
  private static final int POOL_PAGES = 16_384;
  private static final int COPY_BYTES = 1 << 20;

  List<Row> run() {
    PagePool pool = new PagePool(1, POOL_PAGES);
    List<Double> copies = new ArrayList<>();
    List<Double> checksums = new ArrayList<>();
    long mixed = 0;
    for (int round = 0; round <= rounds; round++) {
      mixed += copies(pool, copies) + checksums(pool, checksums);
    }
    if (mixed == 0) {
      throw new IllegalStateException("random pages cannot sum up to nothing");
    }
    // The first of each warmed up the compiler.
    return List.of(
        Row.told(
            "core: memory copy, 1 MiB pieces of 64 MiB",
            new Series("GB/s", copies.subList(1, copies.size()))),
        Row.told(
            "core: CRC32C, 4 KiB pieces",
            new Series("GB/s", checksums.subList(1, checksums.size()))));
  }

  private long copies(PagePool pool, List<Double> results) {
    byte[] into = new byte[COPY_BYTES];
    long mixed = 0;
    long begin = System.nanoTime();
    for (int pass = 0; pass < passes; pass++) {
      for (int page = 0; page < POOL_PAGES; page += COPY_BYTES / PagePool.PAGE_BYTES) {
        System.arraycopy(pool.array(), page * PagePool.PAGE_BYTES, into, 0, COPY_BYTES);
        mixed += into[page % COPY_BYTES];
      }
    }
    results.add(Rates.gigabytesPerSecond(bytes(), System.nanoTime() - begin));
    return mixed;
  }

  private long checksums(PagePool pool, List<Double> results) {
    CRC32C crc = new CRC32C();
    long mixed = 0;
    long begin = System.nanoTime();
    for (int pass = 0; pass < passes; pass++) {
      for (int page = 0; page < POOL_PAGES; page++) {
        crc.reset();
        crc.update(pool.array(), page * PagePool.PAGE_BYTES, PagePool.PAGE_BYTES);
        mixed += crc.getValue();
      }
    }
    results.add(Rates.gigabytesPerSecond(bytes(), System.nanoTime() - begin));
    return mixed;
  }

  private long bytes() {
    return (long) passes * POOL_PAGES * PagePool.PAGE_BYTES;
  }
}
