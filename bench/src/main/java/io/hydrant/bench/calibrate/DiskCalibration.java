package io.hydrant.bench.calibrate;

import io.hydrant.bench.bare.BareSettings;
import io.hydrant.bench.bare.RecycledFile;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.measure.Latencies;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The disk under the benchmark's directory, through one file that is written over: no gRPC, no
 * store.
 *
 * @param directory on the file system that the servers use
 * @param fileBytes size of the file
 * @param syncs how many small writes are synced one by one
 * @param rounds of the two sequential measurements
 */
record DiskCalibration(Path directory, long fileBytes, int syncs, int rounds) {
  private static final int MESSAGE_BYTES = 1 << 20;

  Series writesAlone() throws IOException {
    Path path = path();
    try (RecycledFile file = RecycledFile.open(path, fileBytes)) {
      return writes(file, message());
    } finally {
      Files.deleteIfExists(path);
    }
  }

  private Path path() {
    return directory.resolve("calibration.dat");
  }

  private static ByteBuffer message() {
    PagePool pool = new PagePool(1, MESSAGE_BYTES / PagePool.PAGE_BYTES);
    ByteBuffer message = ByteBuffer.allocateDirect(MESSAGE_BYTES);
    return message.put(pool.run(0, pool.pages())).flip();
  }

  List<Row> run() throws IOException {
    Path path = path();
    ByteBuffer message = message();
    List<Row> rows = new ArrayList<>();
    try (RecycledFile file = RecycledFile.open(path, fileBytes)) {
      rows.add(Row.told("disk: sequential write, fdatasync every 4 MiB", writes(file, message)));
      Latencies syncs = smallSyncs(file, message);
      rows.add(
          Row.told(
              "disk: 4 KiB write + fdatasync, p50",
              Series.single("us", syncs.percentileMicros(50))));
      rows.add(
          Row.told(
              "disk: 4 KiB write + fdatasync, p99",
              Series.single("us", syncs.percentileMicros(99))));
      rows.add(Row.told("disk: sequential read, warm", reads(file, message.capacity())));
    } finally {
      Files.deleteIfExists(path);
    }
    return rows;
  }

  private Series writes(RecycledFile file, ByteBuffer message) throws IOException {
    List<Double> results = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      long begin = System.nanoTime();
      long unsynced = 0;
      for (long written = 0; written < fileBytes; written += MESSAGE_BYTES) {
        file.write(message.duplicate());
        unsynced += MESSAGE_BYTES;
        if (unsynced >= BareSettings.SYNC_BYTES) {
          file.sync();
          unsynced = 0;
        }
      }
      file.sync();
      results.add(Rates.megabytesPerSecond(fileBytes, System.nanoTime() - begin));
    }
    return new Series("MB/s", results);
  }

  private Latencies smallSyncs(RecycledFile file, ByteBuffer message) throws IOException {
    Latencies latencies = new Latencies();
    for (int i = 0; i < syncs; i++) {
      ByteBuffer page = message.duplicate().limit(PagePool.PAGE_BYTES);
      long begin = System.nanoTime();
      file.write(page);
      file.sync();
      latencies.add(System.nanoTime() - begin);
    }
    return latencies;
  }

  private Series reads(RecycledFile file, int messageBytes) throws IOException {
    ByteBuffer into = ByteBuffer.allocateDirect(messageBytes);
    List<Double> results = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      long begin = System.nanoTime();
      for (long at = 0; at < fileBytes; at += messageBytes) {
        into.clear();
        file.read(into, at);
      }
      results.add(Rates.megabytesPerSecond(fileBytes, System.nanoTime() - begin));
    }
    return new Series("MB/s", results);
  }
}
