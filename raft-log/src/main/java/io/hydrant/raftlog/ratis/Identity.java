package io.hydrant.raftlog.ratis;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * Which group and which replica a directory belongs to; never changes.
 *
 * <pre>
 *   hydrant raft log
 *   format 1
 *   group UUID
 *   self ID
 *   crc32c HEX      of the lines before, line ends included
 * </pre>
 */
record Identity(UUID groupId, String selfId) {
  static final String FILE = "raft-log.identity";
  static final String TEMPORARY = FILE + ".tmp";

  private static final String MAGIC = "hydrant raft log";
  private static final int FORMAT = 1;

  /** Far above any identity: a larger file is something else. */
  private static final int BYTES_MAX = 1_024;

  /**
   * @return whether the directory has an identity
   * @throws IOException if it is another's, of a newer format, or damaged
   */
  boolean check(Path directory) throws IOException {
    Optional<Identity> existing = read(directory);
    if (existing.isEmpty()) {
      return false;
    }
    Identity found = existing.get();
    if (!found.groupId.equals(groupId)) {
      throw new IOException(
          "raft log directory "
              + directory
              + " belongs to group "
              + found.groupId
              + ", not to "
              + groupId
              + ": check the configured directory");
    }
    if (!found.selfId.equals(selfId)) {
      throw new IOException(
          "raft log directory "
              + directory
              + " belongs to replica "
              + found.selfId
              + ", not to "
              + selfId
              + ": two replicas must not share one vote; check the configured id and directory");
    }
    return true;
  }

  /** What the directory says, if it says anything. */
  static Optional<Identity> read(Path directory) throws IOException {
    Path file = directory.resolve(FILE);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    if (Files.size(file) > BYTES_MAX) {
      throw damaged(file);
    }
    String text = Files.readString(file, StandardCharsets.ISO_8859_1);
    List<String> lines = text.lines().toList();
    if (lines.isEmpty() || !lines.getFirst().equals(MAGIC)) {
      throw damaged(file);
    }
    requireFormat(file, lines);
    return Optional.of(decode(file, text, lines));
  }

  /** Writes it durably; a crash leaves all of it or nothing. */
  void write(Path directory) throws IOException {
    Path temporary = directory.resolve(TEMPORARY);
    try (FileChannel channel =
        FileChannel.open(
            temporary,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer buffer = ByteBuffer.wrap(encode().getBytes(StandardCharsets.US_ASCII));
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    }
    Files.move(temporary, directory.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
    LogDirectory.sync(directory);
  }

  String encode() {
    String body = MAGIC + "\nformat " + FORMAT + "\ngroup " + groupId + "\nself " + selfId + "\n";
    return body + checksumLine(body) + "\n";
  }

  private static void requireFormat(Path file, List<String> lines) throws IOException {
    String line = lines.size() > 1 ? lines.get(1) : "";
    if (!line.matches("format [1-9][0-9]{0,8}")) {
      throw damaged(file);
    }
    int format = Integer.parseInt(line.substring("format ".length()));
    if (format > FORMAT) {
      throw new IOException(
          file
              + " is of format "
              + format
              + ", written by a newer version; this one reads up to "
              + FORMAT
              + ": start the newer version");
    }
  }

  private static Identity decode(Path file, String text, List<String> lines) throws IOException {
    if (lines.size() != 5
        || !lines.get(2).startsWith("group ")
        || !lines.get(3).startsWith("self ")
        || !lines
            .get(4)
            .equals(checksumLine(text.substring(0, Math.max(0, text.lastIndexOf("crc32c")))))) {
      throw damaged(file);
    }
    try {
      return new Identity(
          UUID.fromString(lines.get(2).substring("group ".length())),
          lines.get(3).substring("self ".length()));
    } catch (IllegalArgumentException e) {
      throw damaged(file);
    }
  }

  private static String checksumLine(String body) {
    CRC32C crc = new CRC32C();
    crc.update(body.getBytes(StandardCharsets.ISO_8859_1));
    return "crc32c %08x".formatted(crc.getValue());
  }

  private static IOException damaged(Path file) {
    return new IOException(
        file
            + " is damaged or not Hydrant's: restore the directory from a copy; in a group of several, replace the replica");
  }
}
