package io.hydrant.bench.cadence;

import io.hydrant.bench.bare.RecycledFile;
import io.hydrant.bench.data.PagePool;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * What the machine itself misses: a timer, and at each moment a write of as many bytes into a
 * recycled file with an fdatasync.
 */
public final class BareLoop {
  private static final long FILE_BYTES = 256L << 20;
  private static final int WRITE_BYTES = 1 << 20;

  private BareLoop() {}

  public static Cadence run(Path directory, Duration interval, long bytes, Duration duration)
      throws IOException {
    return run(directory, interval, bytes, duration, FILE_BYTES);
  }

  static Cadence run(
      Path directory, Duration interval, long bytes, Duration duration, long fileBytes)
      throws IOException {
    Path path = directory.resolve("cadence.dat");
    Cadence cadence = new Cadence(interval);
    PagePool pool = new PagePool(1, WRITE_BYTES / PagePool.PAGE_BYTES);
    ByteBuffer content = ByteBuffer.allocateDirect(WRITE_BYTES);
    content.put(pool.run(0, pool.pages())).flip();
    try (RecycledFile file = RecycledFile.open(path, fileBytes)) {
      long count = duration.dividedBy(interval);
      Clockwork clockwork = new Clockwork(interval);
      for (long number = 0; number < count; number++) {
        long due = clockwork.await(number);
        for (long left = bytes; left > 0; left -= WRITE_BYTES) {
          file.write(content.duplicate().limit((int) Math.min(WRITE_BYTES, left)));
        }
        file.sync();
        cadence.ended(System.nanoTime() - due);
      }
    } finally {
      Files.deleteIfExists(path);
    }
    return cadence;
  }
}
