package io.hydrant.node.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Says, as long as it lies in a data directory, that its replica has drifted and must not serve
 * (PROTOCOL R24): a line of UTF-8 for people. A directory that is wiped has none.
 */
public final class FenceFile {
  private static final String NAME = "fenced";

  private final Path directory;

  public FenceFile(Path directory) {
    this.directory = directory;
  }

  /** Why; empty if there is no such file. */
  public Optional<String> read() throws IOException {
    Path file = directory.resolve(NAME);
    return Files.exists(file)
        ? Optional.of(new String(Files.readAllBytes(file), StandardCharsets.UTF_8).strip())
        : Optional.empty();
  }

  /** Durable when it returns. */
  public void write(String reason) throws IOException {
    Path written = directory.resolve(NAME + ".tmp");
    try (FileChannel channel =
        FileChannel.open(
            written,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      ByteBuffer bytes = ByteBuffer.wrap((reason + "\n").getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(written, directory.resolve(NAME), StandardCopyOption.ATOMIC_MOVE);
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
