package io.hydrant.pager.uffd;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * A stream socket of this machine that is listened at, for its owner only; and what the JDK's has
 * not: descriptors in messages (SCM_RIGHTS). Connections are plain descriptors, their holder's to
 * close.
 */
final class UnixSocket implements AutoCloseable {
  private static final short FAMILY = 1;
  private static final int PATH_BYTES_MAX = 107;
  private static final int PART_BYTES_MAX = 64 << 10;

  /** struct msghdr of 64-bit Linux: name, its length, pieces, their count, control, its length. */
  private static final int HEADER_BYTES = 56;

  /** struct cmsghdr: length, level, type; then descriptors. */
  private static final int CONTROL_HEADER_BYTES = 16;

  private static final int CONTROL_BYTES = 64;
  private static final int SOCKET_LEVEL = 1;
  private static final int RIGHTS = 1;
  private static final int CONTROL_TRUNCATED = 8;

  private final Path path;
  private final int fd;
  private boolean unlinked;

  private UnixSocket(Path path, int fd) {
    this.path = path;
    this.fd = fd;
  }

  /**
   * Listens; from then on who connects waits until he is accepted. A socket that a process has left
   * behind is replaced.
   *
   * @throws FileAlreadyExistsException if something else is there, or somebody listens
   */
  static UnixSocket listen(Path path) throws IOException {
    if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      if (!isLeftBehind(path)) {
        throw new FileAlreadyExistsException(
            path.toString(), null, "it is no socket, or somebody listens there; name another one");
      }
      Files.delete(path);
    }
    int fd = Libc.socket();
    try (Arena arena = Arena.ofConfined()) {
      Libc.bind(fd, address(arena, path));
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
      Libc.listen(fd, 1);
      return new UnixSocket(path, fd);
    } catch (IOException | RuntimeException e) {
      Libc.close(fd);
      throw new IOException(path + " cannot be listened at: " + e.getMessage(), e);
    }
  }

  private static boolean isLeftBehind(Path path) throws IOException {
    boolean special =
        Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).isOther();
    if (!special) {
      return false;
    }
    try {
      Libc.close(connect(path));
      return false;
    } catch (Libc.Errno e) {
      return e.number() == Libc.ECONNREFUSED;
    }
  }

  /** A connection to who listens there. */
  static int connect(Path path) throws IOException {
    int connection = Libc.socket();
    try (Arena arena = Arena.ofConfined()) {
      Libc.connect(connection, address(arena, path));
      return connection;
    } catch (IOException | RuntimeException e) {
      Libc.close(connection);
      throw e;
    }
  }

  private static MemorySegment address(Arena arena, Path path) throws IOException {
    byte[] name = path.toAbsolutePath().toString().getBytes(StandardCharsets.UTF_8);
    if (name.length > PATH_BYTES_MAX) {
      throw new IOException(
          path + ": the path of a socket has at most " + PATH_BYTES_MAX + " bytes");
    }
    MemorySegment address = arena.allocate(2 + name.length + 1L, 2);
    address.set(JAVA_SHORT, 0, FAMILY);
    MemorySegment.copy(name, 0, address, JAVA_BYTE, 2, name.length);
    return address;
  }

  Path path() {
    return path;
  }

  /** Waits so long for somebody; his connection. */
  OptionalInt accept(Duration longest) throws IOException {
    return Libc.poll(fd, Math.toIntExact(longest.toMillis()))
        ? OptionalInt.of(Libc.accept(fd))
        : OptionalInt.empty();
  }

  /**
   * Sends all of it, with these descriptors, which stay the caller's.
   *
   * @param text some bytes: descriptors travel with bytes only
   */
  static void send(int connection, byte[] text, int... descriptors) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment content = arena.allocate(text.length);
      MemorySegment.copy(text, 0, content, JAVA_BYTE, 0, text.length);
      MemorySegment control = arena.allocate(CONTROL_BYTES, 8);
      int bytes = CONTROL_HEADER_BYTES + descriptors.length * Integer.BYTES;
      control.set(JAVA_LONG, 0, bytes);
      control.set(JAVA_INT, 8, SOCKET_LEVEL);
      control.set(JAVA_INT, 12, RIGHTS);
      MemorySegment.copy(
          descriptors, 0, control, JAVA_INT, CONTROL_HEADER_BYTES, descriptors.length);
      long controlBytes = descriptors.length == 0 ? 0 : (bytes + 7) / 8 * 8;
      long sent = Libc.send(connection, header(arena, content, control, controlBytes));
      if (sent != text.length) {
        throw new IOException("a message was sent in part only");
      }
    }
  }

  /**
   * What came at once.
   *
   * @param bytes none: the other one has closed the connection
   * @param descriptors the receiver's to close
   * @param lost descriptors were sent, and could not be taken
   */
  record Part(byte[] bytes, List<Integer> descriptors, boolean lost) {}

  /** Waits for something. */
  static Part receive(int connection) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment content = arena.allocate(PART_BYTES_MAX);
      MemorySegment control = arena.allocate(CONTROL_BYTES, 8);
      MemorySegment header = header(arena, content, control, CONTROL_BYTES);
      int bytes = (int) Libc.receive(connection, header);
      return new Part(
          content.asSlice(0, bytes).toArray(JAVA_BYTE),
          descriptors(control, header.get(JAVA_LONG, 40)),
          (header.get(JAVA_INT, 48) & CONTROL_TRUNCATED) != 0);
    }
  }

  private static List<Integer> descriptors(MemorySegment control, long controlBytes) {
    List<Integer> descriptors = new ArrayList<>();
    if (controlBytes >= CONTROL_HEADER_BYTES + Integer.BYTES
        && control.get(JAVA_INT, 8) == SOCKET_LEVEL
        && control.get(JAVA_INT, 12) == RIGHTS) {
      long end = Math.min(control.get(JAVA_LONG, 0), controlBytes);
      for (long at = CONTROL_HEADER_BYTES; at + Integer.BYTES <= end; at += Integer.BYTES) {
        descriptors.add(control.get(JAVA_INT, at));
      }
    }
    return descriptors;
  }

  private static MemorySegment header(
      Arena arena, MemorySegment content, MemorySegment control, long controlBytes) {
    MemorySegment piece = arena.allocate(2L * Libc.POINTER_BYTES, 8);
    piece.set(ADDRESS, 0, content);
    piece.set(JAVA_LONG, 8, content.byteSize());
    MemorySegment header = arena.allocate(HEADER_BYTES, 8);
    header.set(ADDRESS, 16, piece);
    header.set(JAVA_LONG, 24, 1);
    header.set(ADDRESS, 32, control);
    header.set(JAVA_LONG, 40, controlBytes);
    return header;
  }

  /** Nobody can come any more; who waits is still accepted, until {@link #close}. */
  void unlink() throws IOException {
    if (!unlinked) { // what is there by now may be somebody else's
      unlinked = true;
      Files.deleteIfExists(path);
    }
  }

  @Override
  public void close() throws IOException {
    try {
      unlink();
    } finally {
      Libc.close(fd);
    }
  }
}
