package io.hydrant.bench.bare;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file that was written from end to end before it is measured, and is written over again from its
 * start whenever its end is reached: the file system has nothing to allocate, so an fdatasync costs
 * the data alone. Not safe for use by two threads at once.
 */
public final class RecycledFile implements AutoCloseable {
  private static final int FILL_BYTES = 1 << 20;

  private final FileChannel channel;
  private final long lengthBytes;
  private long position;

  private RecycledFile(FileChannel channel, long lengthBytes) {
    this.channel = channel;
    this.lengthBytes = lengthBytes;
  }

  /**
   * Opens the file; writes what it lacks of {@code lengthBytes} and syncs it.
   *
   * @param lengthBytes at least the largest single write
   */
  public static RecycledFile open(Path path, long lengthBytes) throws IOException {
    FileChannel channel =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      ByteBuffer zeros = ByteBuffer.allocateDirect(FILL_BYTES);
      for (long at = channel.size(); at < lengthBytes; at += zeros.limit()) {
        zeros.clear().limit((int) Math.min(FILL_BYTES, lengthBytes - at));
        writeFully(channel, zeros, at);
      }
      channel.force(true);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
    return new RecycledFile(channel, lengthBytes);
  }

  /** Writes behind the last write, or at the start where the rest of the file is too short. */
  public void write(ByteBuffer bytes) throws IOException {
    int length = bytes.remaining();
    if (length > lengthBytes) {
      throw new IllegalArgumentException(length + " bytes into a file of " + lengthBytes);
    }
    if (position + length > lengthBytes) {
      position = 0;
    }
    writeFully(channel, bytes, position);
    position += length;
  }

  /** fdatasync. */
  public void sync() throws IOException {
    channel.force(false);
  }

  /** Reads at a place; returns the bytes read. */
  public int read(ByteBuffer into, long at) throws IOException {
    return channel.read(into, at);
  }

  public long lengthBytes() {
    return lengthBytes;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes, long at)
      throws IOException {
    long next = at;
    while (bytes.hasRemaining()) {
      next += channel.write(bytes, next);
    }
  }
}
