package io.hydrant.node.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a second process away from a data directory. The lock is the kernel's (it goes with the
 * process, however that dies); the number in the file is only for the message.
 *
 * <p>POSIX drops a process's locks on a file when it closes any descriptor of it, so a second try
 * within this process must not even open the file: it would release the first one's lock.
 */
final class DirectoryLock implements AutoCloseable {
  /** Files that this process has locked, or tries to lock. */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path held;
  private final FileChannel channel;
  private final FileLock lock;

  private DirectoryLock(Path held, FileChannel channel, FileLock lock) {
    this.held = held;
    this.channel = channel;
    this.lock = lock;
  }

  /**
   * @throws DataDirectoryException another process holds the lock, or this one does
   */
  static DirectoryLock take(Path file) throws IOException {
    Path directory = Objects.requireNonNull(file.toAbsolutePath().getParent());
    Path held = directory.toRealPath().resolve(file.getFileName());
    if (!HELD.add(held)) {
      throw inUse(file, String.valueOf(ProcessHandle.current().pid()));
    }
    try {
      return lock(held, file);
    } catch (IOException | RuntimeException e) {
      HELD.remove(held);
      throw e;
    }
  }

  private static DirectoryLock lock(Path held, Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      FileLock lock = tryLock(channel);
      if (lock == null) {
        throw inUse(file, holder(file));
      }
      channel.truncate(0);
      channel.write(
          ByteBuffer.wrap(
              (ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII)),
          0);
      return new DirectoryLock(held, channel, lock);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static DataDirectoryException inUse(Path file, String process) {
    return new DataDirectoryException(
        "%s is in use by process %s: stop that one first, or use another data directory"
            .formatted(file.toAbsolutePath().getParent(), process));
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  private static String holder(Path file) throws IOException {
    String pid = Files.readString(file, StandardCharsets.US_ASCII).strip();
    return pid.isEmpty() ? "(number unknown)" : pid;
  }

  @Override
  public void close() throws IOException {
    try (channel) {
      lock.release();
    } finally {
      HELD.remove(held);
    }
  }
}
