package io.hydrant.engine.files;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The system calls that the JDK does not offer: reserving blocks, and writing and syncing on a
 * descriptor that an interrupt does not close. The only class here with native calls (Linux, x86-64
 * and aarch64). {@link #INSTANCE} is null where the C library lacks them; the caller then makes do
 * with what the JDK has.
 */
final class NativeFiles {
  static final @Nullable NativeFiles INSTANCE = link();

  private static final int OPEN_READ_WRITE = 0x2;
  private static final int OPEN_CLOSE_ON_EXEC = 0x80000;
  private static final int OPEN_DIRECT =
      switch (System.getProperty("os.arch", "")) {
        case "amd64" -> 0x4000;
        case "aarch64" -> 0x10000;
        default -> 0;
      };
  private static final int EINTR = 4;
  private static final int EINVAL = 22;
  private static final int ENOSPC = 28;
  private static final int EOPNOTSUPP = 95;
  private static final int EDQUOT = 122;

  private static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  /** What {@link #write} returns where the device wants another alignment. */
  static final int UNALIGNED = -1;

  private final MethodHandle open;
  private final MethodHandle close;
  private final MethodHandle write;
  private final MethodHandle fsync;
  private final MethodHandle fdatasync;
  private final MethodHandle allocate;

  private NativeFiles(Linker linker, SymbolLookup symbols) {
    Linker.Option errno = Linker.Option.captureCallState("errno");
    FunctionDescriptor ofDescriptor =
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
    this.open =
        linker.downcallHandle(
            symbols.findOrThrow("open"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
            errno,
            Linker.Option.firstVariadicArg(2));
    this.close = linker.downcallHandle(symbols.findOrThrow("close"), ofDescriptor, errno);
    this.write =
        linker.downcallHandle(
            symbols.findOrThrow("pwrite"),
            FunctionDescriptor.of(
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG),
            errno);
    this.fsync = linker.downcallHandle(symbols.findOrThrow("fsync"), ofDescriptor, errno);
    this.fdatasync = linker.downcallHandle(symbols.findOrThrow("fdatasync"), ofDescriptor, errno);
    this.allocate =
        linker.downcallHandle(
            symbols.findOrThrow("posix_fallocate"),
            FunctionDescriptor.of(
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT,
                ValueLayout.JAVA_LONG,
                ValueLayout.JAVA_LONG));
  }

  private static @Nullable NativeFiles link() {
    if (!System.getProperty("os.name", "").equals("Linux")) {
      return null;
    }
    try {
      Linker linker = Linker.nativeLinker();
      return new NativeFiles(linker, linker.defaultLookup());
    } catch (RuntimeException missing) {
      return null;
    }
  }

  /**
   * Opens an existing file for reading and writing; the result goes to {@link #close}.
   *
   * @param direct past the page cache (O_DIRECT), if the file system knows how
   */
  int open(Path path, boolean direct) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CALL_STATE);
      MemorySegment name = arena.allocateFrom(path.toString());
      int flags = OPEN_READ_WRITE | OPEN_CLOSE_ON_EXEC | (direct ? OPEN_DIRECT : 0);
      while (true) {
        int descriptor = (int) open.invokeExact(state, name, flags);
        if (descriptor >= 0) {
          return descriptor;
        }
        int error = (int) ERRNO.get(state, 0L);
        if ((error == EINVAL || error == EOPNOTSUPP) && (flags & OPEN_DIRECT) != 0) {
          flags &= ~OPEN_DIRECT;
        } else if (error != EINTR) {
          throw failure("open", path, error);
        }
      }
    } catch (Throwable failed) {
      throw rethrown(failed);
    }
  }

  /**
   * Writes from a direct buffer's position, which is left where it is.
   *
   * @return bytes written, or {@link #UNALIGNED}
   */
  int write(int descriptor, long position, ByteBuffer source, Path path) throws IOException {
    MemorySegment bytes = MemorySegment.ofBuffer(source);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CALL_STATE);
      while (true) {
        long written =
            (long) write.invokeExact(state, descriptor, bytes, bytes.byteSize(), position);
        if (written >= 0) {
          return (int) written;
        }
        int error = (int) ERRNO.get(state, 0L);
        if (error == EINVAL) {
          return UNALIGNED;
        }
        if (error != EINTR) {
          throw failure("write", path, error);
        }
      }
    } catch (Throwable failed) {
      throw rethrown(failed);
    }
  }

  void close(int descriptor) {
    try (Arena arena = Arena.ofConfined()) {
      // What a failing close could say has been said by the sync before it.
      int ignored = (int) close.invokeExact(arena.allocate(CALL_STATE), descriptor);
    } catch (Throwable failed) {
      throw new IllegalStateException(failed);
    }
  }

  /**
   * @param metadata also what is not needed to read the bytes back (fsync instead of fdatasync)
   */
  void sync(int descriptor, boolean metadata, Path path) throws IOException {
    MethodHandle call = metadata ? fsync : fdatasync;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(CALL_STATE);
      if ((int) call.invokeExact(state, descriptor) != 0) {
        throw failure("sync", path, (int) ERRNO.get(state, 0L));
      }
    } catch (Throwable failed) {
      throw rethrown(failed);
    }
  }

  /**
   * Reserves blocks for the first {@code length} bytes.
   *
   * @return false if the file system cannot do that
   */
  boolean allocate(int descriptor, long length, Path path) throws IOException {
    while (true) {
      int error;
      try {
        error = (int) allocate.invokeExact(descriptor, 0L, length);
      } catch (Throwable failed) {
        throw rethrown(failed);
      }
      switch (error) {
        case 0 -> {
          return true;
        }
        case EINTR -> {}
        case EINVAL, EOPNOTSUPP -> {
          return false;
        }
        default -> throw failure("allocate " + length + " bytes", path, error);
      }
    }
  }

  private static IOException failure(String call, Path path, int error) {
    return error == ENOSPC || error == EDQUOT
        ? new DiskFullException(path + ": no space left to " + call)
        : new IOException("%s: %s failed with errno %d".formatted(path, call, error));
  }

  private static IOException rethrown(Throwable failed) {
    return switch (failed) {
      case IOException exception -> exception;
      case RuntimeException exception -> throw exception;
      case Error error -> throw error;
      default -> throw new IllegalStateException(failed);
    };
  }
}
