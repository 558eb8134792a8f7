package io.hydrant.pager.uffd;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The system calls that are needed here, with their errors. A thread in one of them holds up no
 * safepoint, unlike one that faults on a page in Java code.
 */
final class Libc {
  static final int EEXIST = 17;
  static final int EAGAIN = 11;
  static final int EINTR = 4;
  static final int ENOENT = 2;
  static final int ESRCH = 3;
  static final int POLLIN = 1;
  static final int O_CLOEXEC = 0x80000;
  static final int O_NONBLOCK = 0x800;
  static final int SIGKILL = 9;
  static final int SIGSTOP = 19;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final ThreadLocal<MemorySegment> STATES =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(STATE));

  private static final MethodHandle IOCTL = handle("ioctl", JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);
  private static final MethodHandle SYSCALL = handle("syscall", JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle POLL = handle("poll", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
  private static final MethodHandle READ = handle("read", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle CLOSE = handle("close", JAVA_INT, JAVA_INT);
  private static final MethodHandle KILL = handle("kill", JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle MMAP =
      handle("mmap", JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
  private static final MethodHandle MADVISE =
      handle("madvise", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
  private static final MethodHandle MEMCPY =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("memcpy"),
          FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle MUNMAP = handle("munmap", JAVA_INT, JAVA_LONG, JAVA_LONG);

  private Libc() {}

  private static MethodHandle handle(
      String name, java.lang.foreign.MemoryLayout result, MemoryLayout... arguments) {
    MemorySegment symbol = LINKER.defaultLookup().findOrThrow(name);
    FunctionDescriptor descriptor = FunctionDescriptor.of(result, arguments);
    Linker.Option errno = Linker.Option.captureCallState("errno");
    // These are declared with "..." behind their fixed arguments.
    return switch (name) {
      case "ioctl" ->
          LINKER.downcallHandle(symbol, descriptor, errno, Linker.Option.firstVariadicArg(2));
      case "syscall" ->
          LINKER.downcallHandle(symbol, descriptor, errno, Linker.Option.firstVariadicArg(1));
      default -> LINKER.downcallHandle(symbol, descriptor, errno);
    };
  }

  /** A call that failed. */
  static final class Errno extends IOException {
    private static final long serialVersionUID = 1L;
    private final int number;

    Errno(String what, int number) {
      super("%s: errno %d%s".formatted(what, number, hint(number)));
      this.number = number;
    }

    int number() {
      return number;
    }

    private static String hint(int number) {
      return switch (number) {
        case 1 ->
            " (not permitted: run as root, give CAP_SYS_PTRACE, or set vm.unprivileged_userfaultfd=1)";
        case 38 -> " (this kernel has no userfaultfd)";
        default -> "";
      };
    }
  }

  private static RuntimeException unexpected(Throwable thrown) {
    return new IllegalStateException("a system call cannot be made", thrown);
  }

  private static int errno() {
    return (int) ERRNO.get(STATES.get(), 0L);
  }

  static int ioctl(int fd, long request, MemorySegment argument) throws Errno {
    int result = tryIoctl(fd, request, argument);
    if (result < 0) {
      throw new Errno("ioctl 0x%x".formatted(request), -result);
    }
    return result;
  }

  /** The negative error number if it fails. */
  static int tryIoctl(int fd, long request, MemorySegment argument) {
    try {
      int result = (int) IOCTL.invokeExact(STATES.get(), fd, request, argument);
      return result < 0 ? -errno() : result;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  static int userfaultfd(int flags) throws Errno {
    long number =
        switch (System.getProperty("os.arch")) {
          case "amd64" -> 323;
          case "aarch64" -> 282;
          default -> throw new Errno("userfaultfd on " + System.getProperty("os.arch"), 38);
        };
    try {
      long fd = (long) SYSCALL.invokeExact(STATES.get(), number, (long) flags);
      if (fd < 0) {
        throw new Errno("userfaultfd", errno());
      }
      return (int) fd;
    } catch (Errno e) {
      throw e;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Whether something can be read within so many milliseconds. */
  static boolean poll(MemorySegment pollfd, int millis) throws Errno {
    try {
      int result = (int) POLL.invokeExact(STATES.get(), pollfd, 1L, millis);
      if (result < 0 && errno() != EINTR) {
        throw new Errno("poll", errno());
      }
      return result > 0;
    } catch (Errno e) {
      throw e;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Bytes read; 0 if nothing is there. */
  static long read(int fd, MemorySegment into, long bytes) throws Errno {
    try {
      long result = (long) READ.invokeExact(STATES.get(), fd, into, bytes);
      if (result >= 0) {
        return result;
      }
      if (errno() == EAGAIN || errno() == EINTR) {
        return 0;
      }
      throw new Errno("read", errno());
    } catch (Errno e) {
      throw e;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  static void close(int fd) {
    try {
      int result = (int) CLOSE.invokeExact(STATES.get(), fd);
      assert result <= 0;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  static void kill(long pid, int signal) throws Errno {
    try {
      int result = (int) KILL.invokeExact(STATES.get(), Math.toIntExact(pid), signal);
      if (result < 0) {
        throw new Errno("kill " + pid, errno());
      }
    } catch (Errno e) {
      throw e;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Memory of this process, private and without a file. */
  static long mmap(long bytes) throws Errno {
    int readWrite = 3;
    int privateAnonymous = 0x22;
    try {
      long address =
          (long)
              MMAP.invokeExact(
                  STATES.get(), MemorySegment.NULL, bytes, readWrite, privateAnonymous, -1, 0L);
      if (address == -1) {
        throw new Errno("mmap of " + bytes + " bytes", errno());
      }
      return address;
    } catch (Errno e) {
      throw e;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  static void memcpy(MemorySegment into, long from, long bytes) {
    try {
      MemorySegment unused = (MemorySegment) MEMCPY.invokeExact(into, from, bytes);
      assert unused.address() == into.address();
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  static void discard(long address, long bytes) throws Errno {
    int dontNeed = 4;
    try {
      int result = (int) MADVISE.invokeExact(STATES.get(), address, bytes, dontNeed);
      if (result < 0) {
        throw new Errno("madvise", errno());
      }
    } catch (Errno e) {
      throw e;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  static void munmap(long address, long bytes) {
    try {
      int result = (int) MUNMAP.invokeExact(STATES.get(), address, bytes);
      assert result <= 0;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }
}
