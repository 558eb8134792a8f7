package io.hydrant.engine.files;

import java.io.IOException;
import java.util.List;

/**
 * One directory of the store. The engine touches the disk through this port alone, so that crashes,
 * torn writes, full disks and bad sectors can be simulated.
 *
 * <p>The engine's duty: names are plain file names; what must survive a power cut is synced (file,
 * then directory) before anybody is told. The port's duty: {@link #rename} replaces atomically; a
 * file created, renamed or deleted is certain to stay so only after {@link #syncDirectory}; every
 * failure is an exception, {@link DiskFullException} for lack of space and nothing else.
 */
public interface StoreFiles {
  /** Names of the files here, sorted. */
  List<String> list() throws IOException;

  /**
   * @throws java.nio.file.FileAlreadyExistsException if it exists
   */
  StoreFile create(String name) throws IOException;

  /**
   * Opens for reading and writing.
   *
   * @throws java.nio.file.NoSuchFileException if it does not exist
   */
  StoreFile open(String name) throws IOException;

  /** Renames within this directory, replacing {@code to} if it exists. Open handles stay good. */
  void rename(String from, String to) throws IOException;

  void delete(String name) throws IOException;

  /** Makes creations, renames and deletions durable. */
  void syncDirectory() throws IOException;

  /** Bytes that can still be written to the file system. */
  long usableBytes() throws IOException;

  /** The full path of a name, for messages to people. */
  String pathOf(String name);
}
