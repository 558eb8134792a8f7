package io.hydrant.pager.uffd;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A Unix socket at which a virtual machine monitor hands over its userfaultfd (SCM_RIGHTS) and says
 * what lies where ({@link MemoryLayoutMessage}). Only its owner may connect: who hands memory over
 * gets a machine's content.
 */
public final class UffdSocket implements AutoCloseable {
  private static final int MESSAGE_BYTES_MAX = 256 << 10;

  /** From the connection to the last byte of what is to be said. */
  private static final Duration SAY_MAX = Duration.ofSeconds(5);

  private final UnixSocket socket;

  private UffdSocket(UnixSocket socket) {
    this.socket = socket;
  }

  /**
   * Listens; from then on a monitor that connects waits until it is accepted. A socket that a
   * process has left behind is replaced.
   *
   * @throws FileAlreadyExistsException if something else is there, or somebody listens
   */
  public static UffdSocket listen(Path path) throws IOException {
    return new UffdSocket(UnixSocket.listen(path));
  }

  /**
   * As {@link #listen}, before anything depends on it.
   *
   * @throws IOException if it could not be made there
   */
  public static void requireFree(Path path) throws IOException {
    listen(path).close();
  }

  public Path path() {
    return socket.path();
  }

  /**
   * Waits so long for a monitor, and takes what it hands over.
   *
   * @return empty if none came
   * @throws IOException if it says what makes no sense; the next one may do better
   */
  public Optional<HandOver> accept(Duration longest) throws IOException {
    OptionalInt connection = socket.accept(longest);
    if (connection.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(take(connection.getAsInt()));
    } finally {
      Libc.close(connection.getAsInt()); // the process itself is watched, and not its connection
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

    private boolean several;

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
      UnixSocket.Part part = UnixSocket.receive(connection);
      lost |= part.lost();
      for (int one : part.descriptors()) {
        if (descriptor < 0) {
          descriptor = one;
        } else {
          Libc.close(one);
          several = true;
        }
      }
      if (lost) {
        throw new IOException("what was handed over could not be taken: too many are open here");
      }
      if (several) {
        throw new IOException("more than one descriptor was handed over");
      }
      text.append(new String(part.bytes(), StandardCharsets.UTF_8));
      if (text.length() > MESSAGE_BYTES_MAX) {
        throw new IOException("more than " + MESSAGE_BYTES_MAX + " bytes of layout");
      }
      return part.bytes().length > 0;
    }
  }

  /**
   * The other side: hands memory of this process over to who listens there, as a monitor does.
   * Keeps its own descriptor: while it is open, a machine whose pager dies waits, and sees no
   * zeros.
   */
  public static void handOver(Path path, Userfault userfault, List<HandOver.Mapping> mappings)
      throws IOException {
    int connection = UnixSocket.connect(path);
    try {
      UnixSocket.send(
          connection,
          MemoryLayoutMessage.encode(mappings).getBytes(StandardCharsets.UTF_8),
          userfault.descriptor());
    } finally {
      Libc.close(connection);
    }
  }

  /** Who came and was not accepted is turned away: its machine would wait, or see zeros. */
  @Override
  public void close() throws IOException {
    socket.unlink();
    try {
      for (Optional<HandOver> late = late(); late.isPresent(); late = late()) {
        late.get().refuse();
      }
    } finally {
      socket.close();
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
