package io.hydrant.pager.uffd;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

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
  static final int EINVAL = 22;
  static final int ESRCH = 3;
  static final int POLLIN = 1;
  static final int O_CLOEXEC = 0x80000;
  static final int O_NONBLOCK = 0x800;
  static final int ECONNREFUSED = 111;
  static final int ENOPROTOOPT = 92;
  static final int SIGKILL = 9;
  static final int SIGSTOP = 19;
  static final int POINTER_BYTES = 8;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final ThreadLocal<MemorySegment> STATES =
      ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(STATE));

  private static final MethodHandle IOCTL = handle("ioctl", JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);
  private static final MethodHandle SYSCALL =
      handle("syscall", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle POLL = handle("poll", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
  private static final MethodHandle FCNTL =
      handle("fcntl", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
  private static final MethodHandle READ = handle("read", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
  private static final MethodHandle MLOCK = handle("mlock", JAVA_INT, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle SETSID = handle("setsid", JAVA_INT);
  private static final MethodHandle FTRUNCATE = handle("ftruncate", JAVA_INT, JAVA_INT, JAVA_LONG);
  private static final MethodHandle CLOSE = handle("close", JAVA_INT, JAVA_INT);
  private static final MethodHandle MMAP =
      handle("mmap", JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
  private static final MethodHandle MADVISE =
      handle("madvise", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
  private static final MethodHandle MEMCPY =
      handle("memcpy", ADDRESS, ADDRESS, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle MUNMAP = handle("munmap", JAVA_INT, JAVA_LONG, JAVA_LONG);
  private static final MethodHandle SOCKET =
      handle("socket", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle BIND = handle("bind", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle CONNECT =
      handle("connect", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle LISTEN = handle("listen", JAVA_INT, JAVA_INT, JAVA_INT);
  private static final MethodHandle ACCEPT =
      handle("accept4", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);
  private static final MethodHandle RECVMSG =
      handle("recvmsg", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle SENDMSG =
      handle("sendmsg", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle GETSOCKOPT =
      handle("getsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);

  private Libc() {}

  private static MethodHandle handle(
      String name, java.lang.foreign.MemoryLayout result, MemoryLayout... arguments) {
    MemorySegment symbol = LINKER.defaultLookup().findOrThrow(name);
    FunctionDescriptor descriptor = FunctionDescriptor.of(result, arguments);
    Linker.Option errno = Linker.Option.captureCallState("errno");
    // These are declared with "..." behind their fixed arguments.
    return switch (name) {
      case "ioctl", "fcntl" ->
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
      this(what, number, "");
    }

    Errno(String what, int number, String hint) {
      super("%s: errno %d%s".formatted(what, number, hint));
      this.number = number;
    }

    int number() {
      return number;
    }

    /** Of a kernel that gives no userfaultfd. */
    static String hint(int number) {
      return switch (number) {
        case 1 ->
            " (not permitted: run as root, give CAP_SYS_PTRACE, or set vm.unprivileged_userfaultfd=1)";
        case 38 -> " (this kernel has no userfaultfd)";
        default -> "";
      };
    }
  }

  private static int errno() {
    return (int) ERRNO.get(STATES.get(), 0L);
  }

  /** A call into the library, of which less than zero means that it failed. */
  private interface Call {
    long run() throws Throwable;
  }

  /** What it returned; the negative error number if it failed. */
  private static long attempt(Call call) {
    try {
      long result = call.run();
      return result < 0 ? -errno() : result;
    } catch (Throwable e) {
      throw new IllegalStateException("a system call cannot be made", e);
    }
  }

  static int duplicate(int fd) throws Errno {
    int duplicateCloseOnExec = 1030;
    return (int)
        require(
            "fcntl",
            attempt(() -> (int) FCNTL.invokeExact(STATES.get(), fd, duplicateCloseOnExec, 0L)));
  }

  static void setNonBlocking(int fd) throws Errno {
    int setFlags = 4;
    require(
        "fcntl",
        attempt(() -> (int) FCNTL.invokeExact(STATES.get(), fd, setFlags, (long) O_NONBLOCK)));
  }

  private static long require(String what, long result) throws Errno {
    if (result < 0) {
      throw new Errno(what, (int) -result);
    }
    return result;
  }

  static void ioctl(int fd, long request, MemorySegment argument) throws Errno {
    require("ioctl 0x%x".formatted(request), tryIoctl(fd, request, argument));
  }

  /** The negative error number if it fails. */
  static int tryIoctl(int fd, long request, MemorySegment argument) {
    return (int) attempt(() -> (int) IOCTL.invokeExact(STATES.get(), fd, request, argument));
  }

  private static long syscall(long number, long first, long second, long third, long fourth) {
    return attempt(
        () -> (long) SYSCALL.invokeExact(STATES.get(), number, first, second, third, fourth));
  }

  /** The numbers of some system calls differ. */
  private static boolean isAmd64() throws Errno {
    return switch (System.getProperty("os.arch")) {
      case "amd64" -> true;
      case "aarch64" -> false;
      default -> throw new Errno("system calls on " + System.getProperty("os.arch"), 38);
    };
  }

  static int userfaultfd(int flags) throws Errno {
    long number = isAmd64() ? 323 : 282;
    long fd = syscall(number, flags, 0, 0, 0);
    if (fd < 0) {
      throw new Errno("userfaultfd", (int) -fd, Errno.hint((int) -fd));
    }
    return (int) fd;
  }

  /** Memory with a descriptor and no name in a file system. */
  static int memfd(String name) throws Errno {
    long number = isAmd64() ? 319 : 279;
    int closeOnExec = 1;
    try (Arena arena = Arena.ofConfined()) {
      return (int)
          require(
              "memfd_create",
              syscall(number, arena.allocateFrom(name).address(), closeOnExec, 0, 0));
    }
  }

  /** This process leaves its terminal, and whatever is sent to all that belong to it. */
  static void setsid() throws Errno {
    require("setsid", attempt(() -> (int) SETSID.invokeExact(STATES.get())));
  }

  /** Keeps memory from being swapped out. */
  static void lock(long address, long bytes) throws Errno {
    require("mlock", attempt(() -> (int) MLOCK.invokeExact(STATES.get(), address, bytes)));
  }

  static void truncate(int fd, long bytes) throws Errno {
    require("ftruncate", attempt(() -> (int) FTRUNCATE.invokeExact(STATES.get(), fd, bytes)));
  }

  /** A descriptor of a process, which means that process for ever, whoever gets its number. */
  static int pidfdOpen(long pid) throws Errno {
    long number = 434; // on all architectures
    return (int) require("process " + pid, syscall(number, pid, 0, 0, 0));
  }

  static void pidfdSendSignal(int fd, int signal) throws Errno {
    long number = 424; // on all architectures
    require("signal " + signal, syscall(number, fd, signal, 0, 0));
  }

  /** Whether something can be read within so many milliseconds. */
  static boolean poll(MemorySegment pollfd, int millis) throws Errno {
    long result = attempt(() -> (int) POLL.invokeExact(STATES.get(), pollfd, 1L, millis));
    return result != -EINTR && require("poll", result) > 0;
  }

  /** As {@link #poll(MemorySegment, int)}. */
  static boolean poll(int fd, int millis) throws Errno {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment pollfd = arena.allocate(POINTER_BYTES, POINTER_BYTES);
      pollfd.set(JAVA_INT, 0, fd);
      pollfd.set(JAVA_SHORT, 4, (short) POLLIN);
      return poll(pollfd, millis);
    }
  }

  /** Bytes read; 0 if nothing is there. */
  static long read(int fd, MemorySegment into, long bytes) throws Errno {
    long result = attempt(() -> (long) READ.invokeExact(STATES.get(), fd, into, bytes));
    return result == -EAGAIN || result == -EINTR ? 0 : require("read", result);
  }

  static void close(int fd) {
    attempt(() -> (int) CLOSE.invokeExact(STATES.get(), fd));
  }

  /** Memory of this process, private and without a file. */
  static long mmap(long bytes) throws Errno {
    int readWrite = 3;
    int privateAnonymous = 0x22;
    MemorySegment anywhere = MemorySegment.NULL;
    return require(
        "mmap of " + bytes + " bytes",
        attempt(() ->
            (long)
                MMAP.invokeExact(
                    STATES.get(), anywhere, bytes, readWrite, privateAnonymous, -1, 0L)));
  }

  static void memcpy(MemorySegment into, long from, long bytes) {
    attempt(() -> ((MemorySegment) MEMCPY.invokeExact(STATES.get(), into, from, bytes)).address());
  }

  static void discard(long address, long bytes) throws Errno {
    int dontNeed = 4;
    require(
        "madvise",
        attempt(() -> (int) MADVISE.invokeExact(STATES.get(), address, bytes, dontNeed)));
  }

  static void munmap(long address, long bytes) {
    attempt(() -> (int) MUNMAP.invokeExact(STATES.get(), address, bytes));
  }

  /** A stream socket between processes of this machine. */
  static int socket() throws Errno {
    int unix = 1;
    int stream = 1 | O_CLOEXEC;
    return (int)
        require("socket", attempt(() -> (int) SOCKET.invokeExact(STATES.get(), unix, stream, 0)));
  }

  static void bind(int fd, MemorySegment address) throws Errno {
    int bytes = (int) address.byteSize();
    require("bind", attempt(() -> (int) BIND.invokeExact(STATES.get(), fd, address, bytes)));
  }

  static void connect(int fd, MemorySegment address) throws Errno {
    int bytes = (int) address.byteSize();
    require("connect", attempt(() -> (int) CONNECT.invokeExact(STATES.get(), fd, address, bytes)));
  }

  static void listen(int fd, int backlog) throws Errno {
    require("listen", attempt(() -> (int) LISTEN.invokeExact(STATES.get(), fd, backlog)));
  }

  static int accept(int fd) throws Errno {
    MemorySegment unnamed = MemorySegment.NULL;
    return (int)
        require(
            "accept",
            attempt(() -> (int) ACCEPT.invokeExact(STATES.get(), fd, unnamed, unnamed, O_CLOEXEC)));
  }

  /** Bytes received, 0 at the end; descriptors among them are closed when others are executed. */
  static long receive(int fd, MemorySegment message) throws Errno {
    int closeOnExec = 0x40000000;
    return require(
        "recvmsg",
        attempt(() -> (long) RECVMSG.invokeExact(STATES.get(), fd, message, closeOnExec)));
  }

  static long send(int fd, MemorySegment message) throws Errno {
    int noSignal = 0x4000;
    return require(
        "sendmsg", attempt(() -> (long) SENDMSG.invokeExact(STATES.get(), fd, message, noSignal)));
  }

  /** The process at the other end of a socket, as this one sees it; 0 if it cannot be seen. */
  static int peer(int fd) throws Errno {
    int peerCredentials = 17;
    return option(fd, peerCredentials, 3);
  }

  /**
   * A descriptor of that process, of the moment when it connected.
   *
   * @throws Errno {@link #ENOPROTOOPT} before Linux 6.5
   */
  static int peerPidfd(int fd) throws Errno {
    int peerPidfd = 77;
    return option(fd, peerPidfd, 1);
  }

  /** The first of the numbers that it consists of. */
  private static int option(int fd, int name, int numbers) throws Errno {
    int socketLevel = 1;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(JAVA_INT, numbers);
      MemorySegment bytes = arena.allocate(JAVA_INT);
      bytes.set(JAVA_INT, 0, (int) value.byteSize());
      require(
          "getsockopt",
          attempt(() ->
              (int) GETSOCKOPT.invokeExact(STATES.get(), fd, socketLevel, name, value, bytes)));
      return value.get(JAVA_INT, 0);
    }
  }
}
