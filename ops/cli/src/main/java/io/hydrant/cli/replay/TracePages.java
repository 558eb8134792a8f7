package io.hydrant.cli.replay;

import io.hydrant.client.CheckpointWriter;
import io.hydrant.client.Regions;
import io.hydrant.client.trace.Trace;
import io.hydrant.client.trace.TraceCheckpoint;
import io.hydrant.v1.Region;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** Turns checkpoints of a trace into checkpoints of an image with one region. */
public final class TracePages {
  public static final String REGION_NAME = "ram";
  private static final int REGION = 0;
  private static final Pattern BUNDLED_NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,63}");

  private TracePages() {}

  /** Opens a trace by its directory, or by the name of one that comes with the program. */
  public static Trace open(String directoryOrName) throws IOException {
    Path directory = Path.of(directoryOrName);
    if (Files.exists(directory) || !BUNDLED_NAME.matcher(directoryOrName).matches()) {
      return Trace.open(directory);
    }
    try {
      return Trace.bundled(directoryOrName);
    } catch (NoSuchFileException e) {
      // Neither there: speak of the directory, which is what people mean most often.
      return Trace.open(directory);
    }
  }

  public static List<Region> regions(Trace trace) {
    return List.of(Regions.memory(REGION_NAME, trace.memoryBytes()));
  }

  /**
   * Writes the trace's first checkpoint, which accounts for every page: what it does not list is
   * zero.
   */
  public static void writeFull(TraceCheckpoint checkpoint, CheckpointWriter writer) {
    Region region = writer.regions().get(REGION);
    long[] pages = checkpoint.pages();
    int pagesPerTract = Regions.pagesPerTract(region);
    int row = 0;
    for (long tract = 0; tract < Regions.tracts(region); tract++) {
      long first = tract * pagesPerTract;
      long end = Math.min(first + pagesPerTract, Regions.pages(region));
      int rowsEnd = row;
      while (rowsEnd < pages.length && pages[rowsEnd] < end) {
        rowsEnd++;
      }
      if (rowsEnd == row) {
        writer.zeroTracts(REGION, tract, 1);
      } else {
        writeTract(checkpoint, writer, row, rowsEnd, first, end);
      }
      row = rowsEnd;
    }
    writer.slim(checkpoint.slim());
  }

  /** Pages {@code first} to {@code end} of one tract, of which rows have content. */
  private static void writeTract(
      TraceCheckpoint checkpoint,
      CheckpointWriter writer,
      int row,
      int rowsEnd,
      long first,
      long end) {
    long next = first;
    for (int each = row; each < rowsEnd; each++) {
      long page = checkpoint.pages()[each];
      if (page > next) {
        writer.zero(REGION, next, page - next);
      }
      writer.page(REGION, page, checkpoint.page(each));
      next = page + 1;
    }
    if (next < end) {
      writer.zero(REGION, next, end - next);
    }
  }

  /** Writes a later checkpoint: the pages that changed. */
  public static void writeChanged(TraceCheckpoint checkpoint, CheckpointWriter writer) {
    if (checkpoint.pages().length > 0) {
      writer.batch(REGION, checkpoint.pages(), ByteBuffer.wrap(checkpoint.content()));
    }
    writer.slim(checkpoint.slim());
  }
}
