package io.hydrant.engine.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * A file on a {@link FileChannel}.
 *
 * <p>An interrupt closes a channel for everybody who uses it. Here it must not: the transfer is
 * repeated on a newly opened channel (reads and positional writes may be repeated) and the thread's
 * interrupt status is kept. A sync cannot be repeated, since the error that it would have reported
 * is gone; so it is a plain system call on a descriptor of its own, which no interrupt touches.
 * That descriptor is also the one that writes whole pages past the page cache.
 */
final class JdkStoreFile implements StoreFile {
  private static final int ZEROS_BYTES = 1 << 20;
  private static final int NOT_OPEN = -1;

  /**
   * The channel reads into memory of its own first, which each thread keeps: as much as the largest
   * buffer on the heap that it ever read into. What is copied from a small one is in the cache.
   */
  private static final int HEAP_BYTES_MAX = 256 << 10;

  private final JdkStoreFiles owner;
  private volatile Path path;
  private volatile FileChannel channel;
  private volatile boolean closed;
  private volatile boolean sizeChanged;

  /** Deleted or replaced while open: it cannot be opened again. Guarded by the owner's lock. */
  private boolean nameless;

  private volatile int descriptor = NOT_OPEN;

  /**
   * Shared by calls on the descriptor, exclusive for closing it: its number may be another file's a
   * moment later.
   */
  private final ReentrantReadWriteLock descriptorUse = new ReentrantReadWriteLock();

  JdkStoreFile(JdkStoreFiles owner, Path path) throws IOException {
    this.owner = owner;
    this.path = path;
    this.channel = openChannel(path);
  }

  private static FileChannel openChannel(Path path) throws IOException {
    return FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  @Override
  public String path() {
    return path.toString();
  }

  @Override
  public long size() throws IOException {
    return transfer(FileChannel::size);
  }

  @Override
  public int read(long position, ByteBuffer target) throws IOException {
    int start = target.position();
    int end = target.limit();
    while (target.hasRemaining()) {
      long got;
      try {
        target.limit(target.isDirect() ? end : Math.min(end, target.position() + HEAP_BYTES_MAX));
        // A transfer that was interrupted may have moved some bytes: each attempt goes on from
        // there.
        got = transfer(current -> current.read(target, position + target.position() - start));
      } catch (IOException failed) {
        long at = position + target.position() - start;
        if (String.valueOf(failed.getMessage()).contains("Input/output error")) {
          throw new CorruptionException(path(), at, "a readable sector", "an error of the device");
        }
        throw failed;
      } finally {
        target.limit(end);
      }
      if (got < 0) {
        break;
      }
    }
    return target.position() - start;
  }

  @Override
  public void write(long position, ByteBuffer source) throws IOException {
    int start = source.position();
    long end = position + source.remaining();
    if (end > size()) {
      sizeChanged = true;
    }
    while (source.hasRemaining()) {
      try {
        transfer(current -> current.write(source, position + source.position() - start));
      } catch (IOException failed) {
        throw JdkStoreFiles.named(path, failed);
      }
    }
  }

  @Override
  public void writePages(long position, ByteBuffer source) throws IOException {
    StoreFile.requirePages(position, source);
    NativeFiles nativeFiles = NativeFiles.INSTANCE;
    if (nativeFiles == null || !owner.isDirect()) {
      write(position, source);
      return;
    }
    if (position + source.remaining() > size()) {
      sizeChanged = true;
    }
    int start = source.position();
    descriptorUse.readLock().lock();
    try {
      int file = descriptor(nativeFiles);
      while (source.hasRemaining()) {
        long at = position + source.position() - start;
        int written = nativeFiles.write(file, at, source, path);
        if (written == NativeFiles.UNALIGNED && source.position() == start) {
          owner.endDirect(path);
          break;
        }
        if (written <= 0) {
          throw new IOException(
              "%s: %d bytes at %d were not written".formatted(path, source.remaining(), at));
        }
        source.position(source.position() + written);
      }
    } finally {
      descriptorUse.readLock().unlock();
    }
    if (source.hasRemaining()) {
      write(position, source);
    }
  }

  @Override
  public void sync() throws IOException {
    boolean metadata = sizeChanged;
    sizeChanged = false;
    NativeFiles nativeFiles = NativeFiles.INSTANCE;
    descriptorUse.readLock().lock();
    try {
      if (nativeFiles != null) {
        nativeFiles.sync(descriptor(nativeFiles), metadata, path);
      } else {
        channel.force(metadata);
      }
    } catch (IOException failed) {
      throw JdkStoreFiles.named(path, failed);
    } finally {
      descriptorUse.readLock().unlock();
    }
  }

  @Override
  public void allocate(long length) throws IOException {
    NativeFiles nativeFiles = NativeFiles.INSTANCE;
    sizeChanged = true;
    if (nativeFiles == null || !nativeFiles.allocate(descriptor(nativeFiles), length, path)) {
      writeZeros(length);
    }
  }

  /** Where blocks cannot be reserved, bytes that are written are. */
  private void writeZeros(long length) throws IOException {
    ByteBuffer zeros = ByteBuffer.allocateDirect(ZEROS_BYTES);
    for (long position = size(); position < length; position += zeros.limit()) {
      zeros.clear().limit((int) Math.min(ZEROS_BYTES, length - position));
      write(position, zeros);
    }
  }

  @Override
  public void truncate(long length) throws IOException {
    sizeChanged = true;
    transfer(current -> {
      current.truncate(length);
      return 0;
    });
  }

  @Override
  public void close() throws IOException {
    descriptorUse.writeLock().lock();
    try {
      synchronized (owner) {
        if (closed) {
          return;
        }
        closed = true;
        owner.closed(this);
        NativeFiles nativeFiles = NativeFiles.INSTANCE;
        if (nativeFiles != null && descriptor != NOT_OPEN) {
          nativeFiles.close(descriptor);
          descriptor = NOT_OPEN;
        }
        channel.close();
      }
    } finally {
      descriptorUse.writeLock().unlock();
    }
  }

  /** Called with the owner's lock held, after the renaming. */
  void renamed(Path from, Path to) {
    if (path.equals(to)) {
      nameless = true;
    } else if (path.equals(from)) {
      path = to;
    }
  }

  /** Called with the owner's lock held, after the deletion. */
  void deleted(Path name) {
    if (path.equals(name)) {
      nameless = true;
    }
  }

  private int descriptor(NativeFiles nativeFiles) throws IOException {
    if (descriptor == NOT_OPEN || closed) {
      synchronized (owner) {
        if (closed || nameless) {
          throw new ClosedChannelException();
        }
        if (descriptor == NOT_OPEN) {
          descriptor = nativeFiles.open(path, owner.isDirect());
        }
      }
    }
    return descriptor;
  }

  private long transfer(Transfer transfer) throws IOException {
    boolean interrupted = false;
    try {
      while (true) {
        FileChannel current = channel;
        try {
          return transfer.on(current);
        } catch (ClosedByInterruptException mine) {
          interrupted |= Thread.interrupted();
          reopen(current, mine);
        } catch (ClosedChannelException another) {
          reopen(current, another);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void reopen(FileChannel dead, ClosedChannelException cause) throws IOException {
    synchronized (owner) {
      if (closed || nameless) {
        throw cause;
      }
      if (channel == dead) {
        channel = openChannel(path);
      }
    }
  }

  private interface Transfer {
    long on(FileChannel channel) throws IOException;
  }
}
