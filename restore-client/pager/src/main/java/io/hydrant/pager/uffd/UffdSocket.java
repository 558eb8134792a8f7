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
import java.util.List;
import java.util.Optional;

/**
 * A Unix socket at which a virtual machine monitor hands over its userfaultfd (SCM_RIGHTS) and says
 * what lies where ({@link MemoryLayoutMessage}). Only its owner may connect: who hands memory over
 * gets a machine's content.
 */
public final class UffdSocket implements AutoCloseable {
  private static final short FAMILY = 1;
  private static final int PATH_BYTES_MAX = 107;
  private static final int MESSAGE_BYTES_MAX = 256 << 10;

  /** From the connection to the last byte of what is to be said. */
  private static final Duration SAY_MAX = Duration.ofSeconds(5);

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

  private UffdSocket(Path path, int fd) {
    this.path = path;
    this.fd = fd;
  }

  /**
   * Listens; from then on a monitor that connects waits until it is accepted. A socket that a
   * process has left behind is replaced.
   *
   * @throws FileAlreadyExistsException if something else is there, or somebody listens
   */
  public static UffdSocket listen(Path path) throws IOException {
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
      return new UffdSocket(path, fd);
    } catch (IOException | RuntimeException e) {
      Libc.close(fd);
      throw new IOException(path + " cannot be listened at: " + e.getMessage(), e);
    }
  }

  /**
   * As {@link #listen}, before anything depends on it.
   *
   * @throws IOException if it could not be made there
   */
  public static void requireFree(Path path) throws IOException {
    listen(path).close();
  }

  private static boolean isLeftBehind(Path path) throws IOException {
    boolean special =
        Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).isOther();
    if (!special) {
      return false;
    }
    int probe = Libc.socket();
    try (Arena arena = Arena.ofConfined()) {
      Libc.connect(probe, address(arena, path));
      return false;
    } catch (Libc.Errno e) {
      return e.number() == Libc.ECONNREFUSED;
    } finally {
      Libc.close(probe);
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

  public Path path() {
    return path;
  }

  /**
   * Waits so long for a monitor, and takes what it hands over.
   *
   * @return empty if none came
   * @throws IOException if it says what makes no sense; the next one may do better
   */
  public Optional<HandOver> accept(Duration longest) throws IOException {
    if (!Libc.poll(fd, Math.toIntExact(longest.toMillis()))) {
      return Optional.empty();
    }
    int connection = Libc.accept(fd);
    try {
      return Optional.of(take(connection));
    } finally {
      Libc.close(connection); // the process itself is watched, and not its connection
    }
  }

  private static HandOver take(int connection) throws IOException {
    MachineProcess process = MachineProcess.ofPeer(connection);
    Received received = new Received();
    try {
      List<HandOver.Mapping> mappings = received.all(connection);
      if (received.descriptor < 0) {
        throw new IOException("it says what its memory is, but hands no userfaultfd over");
      }
      return new HandOver(Userfault.received(received.descriptor), process, mappings);
    } catch (IOException | RuntimeException e) {
      if (received.descriptor >= 0 || received.lost) {
        // Perhaps it is nowhere else open: the machine would go on with zeros.
        process.kill();
        Libc.close(received.descriptor);
        process.close();
        throw new IOException(e.getMessage() + "; process " + process.pid() + " was killed", e);
      }
      process.close();
      throw e;
    }
  }

  /** What has come of one message, in as many pieces as it comes in. */
  private static final class Received {
    private final StringBuilder text = new StringBuilder();
    private int descriptor = -1;

    /** A descriptor was sent, and could not be taken. */
    private boolean lost;

    List<HandOver.Mapping> all(int connection) throws IOException {
      long deadline = System.nanoTime() + SAY_MAX.toNanos();
      while (true) {
        long left = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
        boolean more = left > 0 && Libc.poll(connection, (int) left) && some(connection);
        if (text.isEmpty() && !more) {
          throw new IOException("it says nothing of its memory");
        }
        try {
          if (!more || descriptor >= 0) {
            return MemoryLayoutMessage.decode(text.toString());
          }
        } catch (IOException e) {
          if (!more) {
            throw e;
          }
        }
      }
    }

    /** Whether something came. */
    private boolean some(int connection) throws IOException {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment content = arena.allocate(64 << 10);
        MemorySegment control = arena.allocate(CONTROL_BYTES, 8);
        MemorySegment header = header(arena, content, control, CONTROL_BYTES);
        int bytes = (int) Libc.receive(connection, header);
        lost |= (header.get(JAVA_INT, 48) & CONTROL_TRUNCATED) != 0;
        takeDescriptors(control, header.get(JAVA_LONG, 40));
        if (lost) {
          throw new IOException("what was handed over could not be taken: too many are open here");
        }
        text.append(
            new String(content.asSlice(0, bytes).toArray(JAVA_BYTE), StandardCharsets.UTF_8));
        if (text.length() > MESSAGE_BYTES_MAX) {
          throw new IOException("more than " + MESSAGE_BYTES_MAX + " bytes of layout");
        }
        return bytes > 0;
      }
    }

    private void takeDescriptors(MemorySegment control, long controlBytes) throws IOException {
      if (controlBytes < CONTROL_HEADER_BYTES + Integer.BYTES
          || control.get(JAVA_INT, 8) != SOCKET_LEVEL
          || control.get(JAVA_INT, 12) != RIGHTS) {
        return;
      }
      boolean many = false;
      long end = Math.min(control.get(JAVA_LONG, 0), controlBytes);
      for (long at = CONTROL_HEADER_BYTES; at + Integer.BYTES <= end; at += Integer.BYTES) {
        int one = control.get(JAVA_INT, at);
        many |= descriptor >= 0;
        if (descriptor < 0) {
          descriptor = one;
        } else {
          Libc.close(one);
        }
      }
      if (many) {
        throw new IOException("more than one descriptor was handed over");
      }
    }
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

  /**
   * The other side: hands memory of this process over to who listens there, as a monitor does.
   * Keeps its own descriptor: while it is open, a machine whose pager dies waits, and sees no
   * zeros.
   */
  public static void handOver(Path path, Userfault userfault, List<HandOver.Mapping> mappings)
      throws IOException {
    byte[] text = MemoryLayoutMessage.encode(mappings).getBytes(StandardCharsets.UTF_8);
    int connection = Libc.socket();
    try (Arena arena = Arena.ofConfined()) {
      Libc.connect(connection, address(arena, path));
      MemorySegment control = arena.allocate(CONTROL_BYTES, 8);
      control.set(JAVA_LONG, 0, CONTROL_HEADER_BYTES + Integer.BYTES);
      control.set(JAVA_INT, 8, SOCKET_LEVEL);
      control.set(JAVA_INT, 12, RIGHTS);
      control.set(JAVA_INT, CONTROL_HEADER_BYTES, userfault.descriptor());
      MemorySegment content = arena.allocate(text.length);
      MemorySegment.copy(text, 0, content, JAVA_BYTE, 0, text.length);
      long sent = Libc.send(connection, header(arena, content, control, CONTROL_HEADER_BYTES + 8));
      if (sent != text.length) {
        throw new IOException("the layout was sent in part only");
      }
    } finally {
      Libc.close(connection);
    }
  }

  /** Who came and was not accepted is turned away: its machine would wait, or see zeros. */
  @Override
  public void close() throws IOException {
    Files.deleteIfExists(path);
    try {
      for (Optional<HandOver> late = late(); late.isPresent(); late = late()) {
        late.get().refuse();
      }
    } finally {
      Libc.close(fd);
    }
  }

  private Optional<HandOver> late() throws IOException {
    while (true) {
      try {
        return accept(Duration.ZERO);
      } catch (Libc.Errno e) {
        throw e;
      } catch (IOException e) {
        // turned away; the next one
      }
    }
  }
}
