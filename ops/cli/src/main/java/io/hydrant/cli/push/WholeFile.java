package io.hydrant.cli.push;

import io.hydrant.client.CheckpointWriter;
import io.hydrant.client.Regions;
import io.hydrant.v1.Region;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.LongConsumer;

/**
 * Writes every page of a file into a full checkpoint; tracts that are wholly zero are only named.
 */
public final class WholeFile {
  private WholeFile() {}

  /**
   * @param progress takes bytes of the file that were read
   * @return pages with content
   */
  public static long write(
      MemoryFile file, CheckpointWriter writer, int region, Region spec, LongConsumer progress)
      throws IOException {
    ByteBuffer tractBuffer = ByteBuffer.allocate(Regions.TRACT_BYTES);
    int pageBytes = spec.getPageBytes();
    long pages = 0;
    for (long tract = 0; tract < Regions.tracts(spec); tract++) {
      long offset = tract * Regions.TRACT_BYTES;
      int bytes = (int) Math.min(Regions.TRACT_BYTES, spec.getLengthBytes() - offset);
      file.read(offset, bytes, tractBuffer);
      if (isZero(tractBuffer)) {
        writer.zeroTracts(region, tract, 1);
      } else {
        long[] numbers = new long[bytes / pageBytes];
        for (int i = 0; i < numbers.length; i++) {
          numbers[i] = offset / pageBytes + i;
        }
        writer.batch(region, numbers, tractBuffer);
        pages += numbers.length;
      }
      progress.accept(bytes);
    }
    return pages;
  }

  private static boolean isZero(ByteBuffer buffer) {
    int at = buffer.position();
    for (; at + Long.BYTES <= buffer.limit(); at += Long.BYTES) {
      if (buffer.getLong(at) != 0) {
        return false;
      }
    }
    return true;
  }
}
