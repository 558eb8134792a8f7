package io.hydrant.engine.files;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * An open file. Safe for use by many threads; writes to overlapping ranges must not be concurrent.
 *
 * <p>Durability: bytes count only after a {@link #sync} that began when they were written has
 * returned. A sync that failed says nothing about any byte, and the next one that succeeds says
 * nothing about the bytes before it: the caller must stop writing (never retry a failed fsync).
 */
public interface StoreFile extends AutoCloseable {
  /** Alignment of {@link #writePages}: hardly any device has larger sectors. */
  int PAGE_BYTES = 4096;

  /**
   * Checks what {@link #writePages} is called with.
   *
   * @throws IllegalArgumentException if it is not whole pages, in aligned memory
   */
  static void requirePages(long position, ByteBuffer source) {
    if (position % PAGE_BYTES != 0 || source.remaining() % PAGE_BYTES != 0) {
      throw new IllegalArgumentException(
          "not whole pages: %d bytes at %d".formatted(source.remaining(), position));
    }
    if (!source.isDirect() || source.alignmentOffset(source.position(), PAGE_BYTES) != 0) {
      throw new IllegalArgumentException("pages must lie in direct, page-aligned memory");
    }
  }

  /** The bytes of the pages that so many bytes need. */
  static int wholePages(int bytes) {
    return Math.addExact(bytes, PAGE_BYTES - 1) & -PAGE_BYTES;
  }

  /** Full path, for messages to people. */
  String path();

  /** Length in bytes, preallocated ones included. */
  long size() throws IOException;

  /**
   * Reads from {@code position} until {@code target} is full or the file ends.
   *
   * @return bytes read, 0 at the end of the file
   * @throws IOException if the device cannot read a sector: corruption, never zeros
   */
  int read(long position, ByteBuffer target) throws IOException;

  /**
   * Writes all of {@code source} at {@code position}; the file grows if need be.
   *
   * @throws DiskFullException if space ran out; part of the bytes may have been written
   */
  void write(long position, ByteBuffer source) throws IOException;

  /**
   * Writes whole pages, past the page cache where the file system can do that (O_DIRECT): for bytes
   * that are written once and not read soon. As durable as after {@link #write}: not before {@link
   * #sync}.
   *
   * @param position a multiple of {@link #PAGE_BYTES}, as is the length of {@code source}
   * @param source direct, and aligned to {@link #PAGE_BYTES} in memory at its position
   */
  void writePages(long position, ByteBuffer source) throws IOException;

  /** Data, and the size if it changed, are on the device (fdatasync). */
  void sync() throws IOException;

  /**
   * Makes the file at least {@code length} bytes long with space reserved on the device, so that
   * writes below that never meet a full disk; new bytes read as zeros. Not durable until {@link
   * #sync}.
   *
   * @throws DiskFullException if there is not enough space; the file may have grown in part
   */
  void allocate(long length) throws IOException;

  void truncate(long length) throws IOException;

  @Override
  void close() throws IOException;
}
