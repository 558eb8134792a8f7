package io.hydrant.node.data;

import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.files.UnsupportedFormatException;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.StoreIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * The identity as a text file, so that an operator can read it:
 *
 * <pre>
 * hydrant-identity 2           magic and format version
 * cluster UUID
 * group UUID
 * store UUID
 * node ID
 * adopted UUID voter           token; or "listener": came to a group that was there; or "recovered TERM
 *                              INDEX": made a new group, named by the token, out of this replica's state
 * member ID PUBLIC PEER RAFT   one a member, this node among them; addresses as HOST:PORT
 * crc32c 8 hex digits          of all bytes above
 * </pre>
 *
 * A group of one, which has neither "adopted" nor "member", is written as version 1, which is the
 * same without them: an older program can still read it. That program must not open one of several
 * as a group of one, hence version 2.
 *
 * <p>The version stands first and alone decides whether the rest is looked at: too new, too old and
 * damaged are three errors. The same file lies in the data directory and in each part of it
 * (PROTOCOL R17).
 */
final class IdentityFile {
  static final int VERSION_MIN = 1;
  static final int VERSION_MAX = 2;

  private static final String MAGIC = "hydrant-identity ";

  /** Nine members with the longest addresses fit. */
  private static final int FILE_BYTES_MAX = 16 << 10;

  /** Those of version 1, the checksum among them. */
  private static final int LINES = 6;

  private static final int ADOPTED = 5;
  private static final String VOTER = "voter";
  private static final String LISTENER = "listener";
  private static final String RECOVERED = "recovered";

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
    StringBuilder text = new StringBuilder();
    text.append(MAGIC).append(identity.adoption().isEmpty() ? VERSION_MIN : VERSION_MAX);
    text.append("\ncluster ").append(identity.store().cluster());
    text.append("\ngroup ").append(identity.store().group());
    text.append("\nstore ").append(identity.store().store());
    text.append("\nnode ").append(identity.node());
    text.append("\n");
    if (identity.adoption().isPresent()) {
      Adoption adoption = identity.adoption().get();
      text.append("adopted ").append(adoption.token());
      text.append(' ').append(how(adoption));
      for (MemberAddress member : adoption.members()) {
        text.append("\nmember ").append(member.node());
        text.append(' ').append(member.publicAddress());
        text.append(' ').append(member.peerAddress());
        text.append(' ').append(member.raftAddress());
      }
      text.append("\n");
    }
    String body = text.toString();
    return (body + "crc32c " + checksum(body) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private static String how(Adoption adoption) {
    return adoption
        .recovered()
        .map(at -> "%s %d %d".formatted(RECOVERED, at.term(), at.index()))
        .orElse(adoption.joins() ? LISTENER : VOTER);
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
    if (version < VERSION_MIN || version > VERSION_MAX) {
      throw new UnsupportedFormatException(path, version, VERSION_MIN, VERSION_MAX);
    }
    if (version == VERSION_MIN ? lines.size() != LINES : lines.size() <= LINES) {
      throw new CorruptionException(
          path,
          0,
          version == VERSION_MIN ? LINES + " lines" : "more than " + LINES + " lines",
          lines.size() + " lines");
    }
    int end = text.lastIndexOf("crc32c ");
    String expected = end < 0 ? "" : checksum(text.substring(0, end));
    if (!lines.getLast().equals("crc32c " + expected)) {
      throw new CorruptionException(
          path, Math.max(0, end), "crc32c " + expected, shown(lines.getLast()));
    }
    NodeIdentity identity = identity(path, version, lines);
    if (!Arrays.equals(encode(identity), bytes)) {
      throw new CorruptionException(path, 0, "the canonical form", "something that reads alike");
    }
    return identity;
  }

  private static NodeIdentity identity(String path, int version, List<String> lines)
      throws IOException {
    StoreIdentity store =
        new StoreIdentity(
            uuid(path, lines.get(1), "cluster "),
            uuid(path, lines.get(2), "group "),
            uuid(path, lines.get(3), "store "));
    String node = value(path, lines.get(4), "node ");
    if (version == VERSION_MIN) {
      return new NodeIdentity(store, node);
    }
    try {
      return new NodeIdentity(
          store, node, Optional.of(adoption(path, lines.subList(ADOPTED, lines.size() - 1))));
    } catch (IllegalArgumentException e) {
      throw new CorruptionException(path, 0, "members that fit", "'" + e.getMessage() + "'");
    }
  }

  private static Adoption adoption(String path, List<String> lines) throws IOException {
    String first = lines.getFirst();
    boolean made = first.contains(" " + RECOVERED + " ");
    String[] adopted = words(path, first, "adopted ", made ? 4 : 2);
    List<MemberAddress> members = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      String[] member = words(path, line, "member ", 4);
      members.add(new MemberAddress(member[0], member[1], member[2], member[3]));
    }
    return new Adoption(
        UUID.fromString(adopted[0]),
        adopted[1].equals(LISTENER),
        members,
        made
            ? Optional.of(new EntryPosition(Long.parseLong(adopted[2]), Long.parseLong(adopted[3])))
            : Optional.empty());
  }

  private static String[] words(String path, String line, String prefix, int count)
      throws IOException {
    String[] words = value(path, line, prefix).split(" ", -1);
    if (words.length != count) {
      throw new CorruptionException(
          path, 0, "'%s' and %d words".formatted(prefix, count), "'" + shown(line) + "'");
    }
    return words;
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
