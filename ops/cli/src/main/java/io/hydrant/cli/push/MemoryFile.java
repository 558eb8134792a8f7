package io.hydrant.cli.push;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The raw content of one region: page after page, without any header. */
public final class MemoryFile implements AutoCloseable {
  private final Path path;
  private final FileChannel channel;
  private final long lengthBytes;

  private MemoryFile(Path path, FileChannel channel, long lengthBytes) {
    this.path = path;
    this.channel = channel;
    this.lengthBytes = lengthBytes;
  }

  public static MemoryFile open(Path path) throws IOException {
    FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
    return new MemoryFile(path, channel, channel.size());
  }

  public Path path() {
    return path;
  }

  /** As it was when the file was opened. */
  public long lengthBytes() {
    return lengthBytes;
  }

  /**
   * Fills {@code target} from its start; its position is 0 and its limit {@code count} afterwards.
   *
   * @throws EOFException if the file was cut short meanwhile
   */
  public void read(long offset, int count, ByteBuffer target) throws IOException {
    target.clear().limit(count);
    long at = offset;
    while (target.hasRemaining()) {
      int got = channel.read(target, at);
      if (got < 0) {
        throw new EOFException(path + " became shorter while it was read");
      }
      at += got;
    }
    target.flip();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
