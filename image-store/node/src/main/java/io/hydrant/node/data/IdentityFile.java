package io.hydrant.node.data;

import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.files.UnsupportedFormatException;
import io.hydrant.engine.model.StoreIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * The identity as a text file, so that an operator can read it:
 *
 * <pre>
 * hydrant-identity 1           magic and format version
 * cluster UUID
 * group UUID
 * store UUID
 * node ID
 * crc32c 8 hex digits          of all bytes above
 * </pre>
 *
 * The version stands first and alone decides whether the rest is looked at: too new, too old and
 * damaged are three errors. The same file lies in the data directory and in each part of it
 * (PROTOCOL R17).
 */
final class IdentityFile {
  static final int VERSION = 1;

  private static final String MAGIC = "hydrant-identity ";
  private static final int FILE_BYTES_MAX = 4096;
  private static final int LINES = 6;

  private IdentityFile() {}

  /**
   * Writes beside, syncs, renames, syncs the directory: after a crash the file is whole or absent.
   */
  static void write(Path file, NodeIdentity identity) throws IOException {
    Path beside = file.resolveSibling(file.getFileName() + ".new");
    try (FileChannel channel =
        FileChannel.open(
            beside,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.wrap(encode(identity));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    Path directory = file.toAbsolutePath().getParent();
    if (directory != null) {
      syncDirectory(directory);
    }
  }

  static void syncDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  static byte[] encode(NodeIdentity identity) {
    String body =
        MAGIC
            + VERSION
            + "\ncluster "
            + identity.store().cluster()
            + "\ngroup "
            + identity.store().group()
            + "\nstore "
            + identity.store().store()
            + "\nnode "
            + identity.node()
            + "\n";
    return (body + "crc32c " + checksum(body) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  /**
   * @throws UnsupportedFormatException written by another version
   * @throws CorruptionException damaged
   */
  static NodeIdentity read(Path file) throws IOException {
    if (Files.size(file) > FILE_BYTES_MAX) {
      throw new CorruptionException(
          file.toString(), 0, "at most " + FILE_BYTES_MAX + " bytes", Files.size(file) + " bytes");
    }
    return decode(file.toString(), Files.readAllBytes(file));
  }

  static NodeIdentity decode(String path, byte[] bytes) throws IOException {
    String text = new String(bytes, StandardCharsets.UTF_8);
    List<String> lines = text.lines().toList();
    String first = lines.isEmpty() ? "" : lines.getFirst();
    if (!first.startsWith(MAGIC)) {
      throw new CorruptionException(path, 0, "'" + MAGIC.strip() + "'", "'" + shown(first) + "'");
    }
    int version = number(path, first.substring(MAGIC.length()));
    if (version != VERSION) {
      throw new UnsupportedFormatException(path, version, VERSION, VERSION);
    }
    if (lines.size() != LINES) {
      throw new CorruptionException(path, 0, LINES + " lines", lines.size() + " lines");
    }
    int end = text.lastIndexOf("crc32c ");
    String expected = end < 0 ? "" : checksum(text.substring(0, end));
    if (!lines.get(LINES - 1).equals("crc32c " + expected)) {
      throw new CorruptionException(
          path, Math.max(0, end), "crc32c " + expected, shown(lines.get(LINES - 1)));
    }
    NodeIdentity identity =
        new NodeIdentity(
            new StoreIdentity(
                uuid(path, lines.get(1), "cluster "),
                uuid(path, lines.get(2), "group "),
                uuid(path, lines.get(3), "store ")),
            value(path, lines.get(4), "node "));
    if (!Arrays.equals(encode(identity), bytes)) {
      throw new CorruptionException(path, 0, "the canonical form", "something that reads alike");
    }
    return identity;
  }

  private static int number(String path, String text) throws IOException {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new CorruptionException(path, MAGIC.length(), "a version", "'" + shown(text) + "'");
    }
  }

  private static UUID uuid(String path, String line, String prefix) throws IOException {
    try {
      return UUID.fromString(value(path, line, prefix));
    } catch (IllegalArgumentException e) {
      throw new CorruptionException(path, 0, prefix + "UUID", "'" + shown(line) + "'");
    }
  }

  private static String value(String path, String line, String prefix) throws IOException {
    if (!line.startsWith(prefix) || line.length() == prefix.length()) {
      throw new CorruptionException(path, 0, "'" + prefix + "...'", "'" + shown(line) + "'");
    }
    return line.substring(prefix.length());
  }

  private static String checksum(String body) {
    CRC32C crc = new CRC32C();
    crc.update(body.getBytes(StandardCharsets.UTF_8));
    return "%08x".formatted(crc.getValue());
  }

  private static String shown(String text) {
    return text.length() <= 80 ? text : text.substring(0, 80) + "...";
  }
}
