package io.hydrant.cli.restore;

import io.hydrant.client.PageSink;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Puts pages into the files of their regions. Zero and not-kept pages are what the files begin
 * with.
 */
public final class RegionFiles implements PageSink {
  private final List<RegionFile> files;
  private final LongConsumer progress;

  /**
   * One region's file.
   *
   * @param region number of the region
   */
  public record RegionFile(int region, int pageBytes, TargetFile file) {}

  /**
   * @param progress takes bytes of the regions that have arrived
   */
  public RegionFiles(List<RegionFile> files, LongConsumer progress) {
    this.files = List.copyOf(files);
    this.progress = progress;
  }

  @Override
  public void found(int region, long firstPage, ByteBuffer content) throws IOException {
    RegionFile target = fileOf(region);
    int bytes = content.remaining();
    target.file().write(firstPage * target.pageBytes(), content);
    progress.accept(bytes);
  }

  @Override
  public void zero(int region, long firstPage, long pageCount) {
    progress.accept(pageCount * fileOf(region).pageBytes());
  }

  @Override
  public void notKept(int region, long firstPage, long pageCount) {
    progress.accept(pageCount * fileOf(region).pageBytes());
  }

  private RegionFile fileOf(int region) {
    for (RegionFile file : files) {
      if (file.region() == region) {
        return file;
      }
    }
    throw new IllegalStateException("the store sent pages of region " + region + ", unasked");
  }
}
