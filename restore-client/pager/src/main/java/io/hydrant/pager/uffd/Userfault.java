package io.hydrant.pager.uffd;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A userfaultfd: who has it is told of faults on memory that is registered with it, and puts pages
 * there (Linux, include/uapi/linux/userfaultfd.h). Safe for use by several threads.
 */
public final class Userfault implements AutoCloseable {
  private static final long API = 0xAA;
  private static final long FEATURE_EVENT_REMOVE = 1 << 3;
  private static final long IOCTL_API = 0xC018AA3FL;
  private static final long IOCTL_REGISTER = 0xC020AA00L;
  private static final long IOCTL_UNREGISTER = 0x8010AA01L;
  private static final long IOCTL_WAKE = 0x8010AA02L;
  private static final long IOCTL_COPY = 0xC028AA03L;
  private static final long IOCTL_ZEROPAGE = 0xC020AA04L;
  private static final long REGISTER_MISSING = 1;
  static final int MESSAGE_BYTES = 32;
  private static final int EVENT_PAGEFAULT = 0x12;
  private static final int EVENT_REMOVE = 0x15;
  private static final int ARGUMENT_BYTES = 40;

  private static final ThreadLocal<MemorySegment> ARGUMENTS =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(ARGUMENT_BYTES, 8));

  private final int fd;
  private final MemorySegment polled = Arena.ofAuto().allocate(8, 8);

  private Userfault(int fd) {
    this.fd = fd;
  }

  /**
   * One that another process has opened, and has registered its memory with.
   *
   * @throws IOException if it is something else
   */
  static Userfault received(int fd) throws IOException {
    String what = Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd)).toString();
    if (!what.contains("userfaultfd")) {
      throw new IOException("what was handed over is no userfaultfd but " + what);
    }
    Libc.setNonBlocking(fd); // one that listens must not keep all others from putting pages
    return new Userfault(fd);
  }

  /** For handing it over. */
  int descriptor() {
    return fd;
  }

  /** What has happened to registered memory. */
  public sealed interface Event {
    /** A thread waits for the page at this address. */
    record Fault(long address) implements Event {}

    /** The memory's process has given pages up: they read as zeros from now on. */
    record Removed(long start, long end) implements Event {}
  }

  /** What became of pages that were to be put there. */
  public enum Put {
    DONE,
    /** One is there already. */
    THERE,
    /** The process changes its memory just now: again, when its event was read. */
    AGAIN,
    /** The process is gone. */
    GONE,
    /** No registered memory is there, for one page at least. */
    NOWHERE
  }

  /**
   * For memory of this process.
   *
   * @throws IOException not permitted, or not known to the kernel
   */
  public static Userfault open() throws IOException {
    int fd = Libc.userfaultfd(Libc.O_CLOEXEC | Libc.O_NONBLOCK);
    Userfault userfault = new Userfault(fd);
    MemorySegment api = ARGUMENTS.get().fill((byte) 0);
    api.set(JAVA_LONG, 0, API);
    api.set(JAVA_LONG, 8, FEATURE_EVENT_REMOVE);
    try {
      Libc.ioctl(fd, IOCTL_API, api);
    } catch (IOException e) {
      userfault.close();
      throw e;
    }
    return userfault;
  }

  /** From here on a thread that touches a page there that is not there waits. */
  public void register(long address, long bytes) throws IOException {
    MemorySegment register = ARGUMENTS.get().fill((byte) 0);
    register.set(JAVA_LONG, 0, address);
    register.set(JAVA_LONG, 8, bytes);
    register.set(JAVA_LONG, 16, REGISTER_MISSING);
    Libc.ioctl(fd, IOCTL_REGISTER, register);
  }

  /** From here on the kernel gives zeros for what is not there; whoever waits goes on. */
  void unregister(long address, long bytes) throws IOException {
    Libc.ioctl(fd, IOCTL_UNREGISTER, range(address, bytes));
  }

  /** Whoever waits there tries again, and if the page is not there, it is heard of once more. */
  void wake(long address, long bytes) throws IOException {
    Libc.ioctl(fd, IOCTL_WAKE, range(address, bytes));
  }

  private static MemorySegment range(long address, long bytes) {
    MemorySegment range = ARGUMENTS.get().fill((byte) 0);
    range.set(JAVA_LONG, 0, address);
    range.set(JAVA_LONG, 8, bytes);
    return range;
  }

  /**
   * Puts pages there, at once for whoever looks, and wakes who waits for them; pages that are there
   * already stay.
   *
   * @param source whole pages, aligned as the kernel's are
   * @param pageBytes of the kernel
   * @return AGAIN, GONE, NOWHERE: of some of the pages; THERE: all others are there, too
   */
  public Put copy(long address, MemorySegment source, long bytes, long pageBytes)
      throws IOException {
    long done = 0;
    long limit = bytes;
    Put outcome = Put.DONE;
    MemorySegment copy = ARGUMENTS.get();
    while (done < bytes) {
      copy.fill((byte) 0);
      copy.set(JAVA_LONG, 0, address + done);
      copy.set(JAVA_LONG, 8, source.address() + done);
      copy.set(JAVA_LONG, 16, Math.min(limit, bytes - done));
      int result = Libc.tryIoctl(fd, IOCTL_COPY, copy);
      long part = copy.get(JAVA_LONG, 32);
      if (result >= 0) {
        done += Math.min(limit, bytes - done);
      } else if (part > 0) {
        done += part; // and the page behind it says why
      } else if (-result == Libc.EEXIST) {
        outcome = outcome == Put.NOWHERE ? outcome : Put.THERE;
        done += pageBytes;
      } else if (-result == Libc.ENOENT && limit > pageBytes) {
        limit = pageBytes; // the rest may lie in several pieces of memory
      } else if (-result == Libc.ENOENT) {
        outcome = Put.NOWHERE;
        done += pageBytes;
      } else {
        return put(-result, "UFFDIO_COPY");
      }
    }
    return outcome;
  }

  Put zero(long address, long bytes) throws IOException {
    MemorySegment zero = ARGUMENTS.get().fill((byte) 0);
    zero.set(JAVA_LONG, 0, address);
    zero.set(JAVA_LONG, 8, bytes);
    int result = Libc.tryIoctl(fd, IOCTL_ZEROPAGE, zero);
    return result >= 0 ? Put.DONE : put(-result, "UFFDIO_ZEROPAGE");
  }

  private static Put put(int errno, String what) throws IOException {
    return switch (errno) {
      case Libc.EEXIST -> Put.THERE;
      case Libc.EAGAIN -> Put.AGAIN;
      case Libc.ENOENT -> Put.NOWHERE;
      case Libc.ESRCH -> Put.GONE;
      default -> throw new Libc.Errno(what, errno);
    };
  }

  /** Whether an event has come, or comes within so many milliseconds. One thread at a time. */
  boolean await(int millis) throws IOException {
    polled.set(JAVA_INT, 0, fd);
    polled.set(JAVA_SHORT, 4, (short) Libc.POLLIN);
    return Libc.poll(polled, millis);
  }

  /**
   * The next event, so that others can be answered beside it; none if none has come.
   *
   * @param slot where the kernel writes it
   */
  Optional<Event> read(MemorySegment slot) throws IOException {
    long bytes = Libc.read(fd, slot, MESSAGE_BYTES);
    return bytes < MESSAGE_BYTES ? Optional.empty() : event(slot);
  }

  /** What the kernel has written there; none: of none that was asked for, or none at all. */
  static Optional<Event> event(MemorySegment slot) {
    return switch (slot.get(JAVA_BYTE, 0)) {
      case EVENT_PAGEFAULT -> Optional.of(new Event.Fault(slot.get(JAVA_LONG, 16)));
      case EVENT_REMOVE ->
          Optional.of(new Event.Removed(slot.get(JAVA_LONG, 8), slot.get(JAVA_LONG, 16)));
      default -> Optional.empty();
    };
  }

  @Override
  public void close() {
    Libc.close(fd);
  }
}
