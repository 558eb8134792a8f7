package io.hydrant.bench.brim;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * A small file system of its own, in memory: where it is full it is full for everybody, and the
 * kernel says so. Only root may make one.
 */
public final class MemoryDisk implements AutoCloseable {
  private static final int PIECE_BYTES = 64 << 10;

  private final Path directory;

  /** None can be made by this process. */
  public static final class NotHereException extends IOException {
    private static final long serialVersionUID = 1L;

    NotHereException(IOException cause) {
      super(cause.getMessage(), cause);
    }
  }

  private MemoryDisk(Path directory) {
    this.directory = directory;
  }

  /**
   * @throws NotHereException the message says why
   */
  public static MemoryDisk mount(Path directory, long bytes)
      throws IOException, InterruptedException {
    Files.createDirectories(directory);
    try {
      call(List.of("mount", "-t", "tmpfs", "-o", "size=" + bytes, "tmpfs", directory.toString()));
    } catch (IOException e) {
      throw new NotHereException(e);
    }
    return new MemoryDisk(directory);
  }

  private static void call(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException("%s: %s".formatted(String.join(" ", command), told.strip()));
    }
  }

  /** Somebody else's file takes all but so many bytes. */
  void takeAllBut(long left) throws IOException {
    FileStore store = Files.getFileStore(directory);
    ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES);
    try (FileChannel file =
        FileChannel.open(others(), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      while (store.getUsableSpace() > left) {
        file.write(piece.clear());
      }
    }
  }

  /** That file is deleted. */
  void giveBack() throws IOException {
    Files.deleteIfExists(others());
  }

  private Path others() {
    return directory.resolve("others");
  }

  @Override
  public void close() throws IOException {
    try {
      call(List.of("umount", directory.toString()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while " + directory + " was unmounted", e);
    }
  }
}
