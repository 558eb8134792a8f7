package io.hydrant.pager;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * One region as a file that is mapped into memory: on tmpfs the memory of a machine that another
 * process runs, on disk an image that becomes whole by and by. The file begins as a hole, so zeros
 * cost nothing.
 */
public final class MappedFile implements PageTarget, AutoCloseable {
  private final Arena arena = Arena.ofShared();
  private final FileChannel channel;
  private final MemorySegment memory;
  private final int region;
  private final int pageBytes;

  private MappedFile(FileChannel channel, long lengthBytes, int region, int pageBytes)
      throws IOException {
    this.channel = channel;
    this.memory = channel.map(FileChannel.MapMode.READ_WRITE, 0, lengthBytes, arena);
    this.region = region;
    this.pageBytes = pageBytes;
  }

  /**
   * @param path must not exist
   * @throws IOException it exists, or there is no room for it
   */
  public static MappedFile create(Path path, int region, int pageBytes, long lengthBytes)
      throws IOException {
    FileChannel channel =
        FileChannel.open(
            path,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE);
    try {
      channel.write(ByteBuffer.allocate(1), lengthBytes - 1);
      return new MappedFile(channel, lengthBytes, region, pageBytes);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** The whole region; valid until this is closed. */
  public MemorySegment memory() {
    return memory;
  }

  @Override
  public void put(int of, long firstPage, ByteBuffer content) {
    require(of);
    MemorySegment source = MemorySegment.ofBuffer(content);
    MemorySegment.copy(source, 0, memory, firstPage * pageBytes, source.byteSize());
  }

  @Override
  public void putZero(int of, long firstPage, long pageCount) {
    require(of); // it is a hole
  }

  private void require(int of) {
    if (of != region) {
      throw new IllegalArgumentException("region %d, not %d".formatted(of, region));
    }
  }

  /** Makes what was put durable. */
  public void sync() throws IOException {
    memory.force();
    channel.force(true);
  }

  @Override
  public void close() throws IOException {
    arena.close();
    channel.close();
  }
}
