package io.hydrant.cli.restore;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * A file that appears under its name complete and durable, or not at all: written sparse under a
 * temporary name in the same directory, synced, renamed, directory synced. States: writing, then
 * committed or discarded.
 */
public final class TargetFile implements AutoCloseable {
  private static final int READ_BYTES = 1 << 20;

  private final Path target;
  private final Path temporary;
  private final FileChannel channel;
  private final Thread discardAtExit;
  private boolean ended;

  private TargetFile(Path target, Path temporary, FileChannel channel) {
    this.target = target;
    this.temporary = temporary;
    this.channel = channel;
    // Ctrl-C in the middle of a restore must not leave gigabytes behind under an odd name.
    this.discardAtExit =
        Thread.ofPlatform().name("discard-target").unstarted(this::deleteTemporary);
  }

  /** Begins a file of {@code lengthBytes} zeros that take no space. */
  public static TargetFile create(Path target, long lengthBytes) throws IOException {
    Path directory = directoryOf(target);
    Path temporary =
        directory.resolve(
            "." + target.getFileName() + ".hydrant-" + ProcessHandle.current().pid() + ".tmp");
    FileChannel channel = createNew(temporary, directory);
    TargetFile file = new TargetFile(target, temporary, channel);
    Runtime.getRuntime().addShutdownHook(file.discardAtExit);
    try (RandomAccessFile length = new RandomAccessFile(temporary.toFile(), "rw")) {
      length.setLength(lengthBytes);
    } catch (IOException e) {
      file.close();
      throw e;
    }
    return file;
  }

  private static FileChannel createNew(Path temporary, Path directory) throws IOException {
    try {
      Files.deleteIfExists(temporary);
      return FileChannel.open(
          temporary,
          StandardOpenOption.CREATE_NEW,
          StandardOpenOption.SPARSE,
          StandardOpenOption.READ,
          StandardOpenOption.WRITE);
    } catch (AccessDeniedException e) {
      throw new AccessDeniedException(directory.toString());
    } catch (FileSystemException e) {
      // The temporary name would tell people nothing.
      String reason = e.getReason() == null ? e.getClass().getSimpleName() : e.getReason();
      throw new FileSystemException(
          directory.toString(), null, "no file can be made there: " + reason);
    }
  }

  static Path directoryOf(Path target) {
    Path parent = target.toAbsolutePath().getParent();
    return parent == null ? target.toAbsolutePath() : parent;
  }

  /**
   * Writes all that remains in {@code bytes}; threads may write different places at the same time.
   */
  public void write(long offset, ByteBuffer bytes) throws IOException {
    long at = offset;
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }

  /** Makes durable what was written so far; {@link #commit} does it too. */
  public void syncContent() throws IOException {
    channel.force(true);
  }

  /** SHA-256 of the whole file, read back from where it was written. */
  public String sha256() throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      ByteBuffer buffer = ByteBuffer.allocate(READ_BYTES);
      long at = 0;
      int count;
      while ((count = channel.read(buffer.clear(), at)) > 0) {
        digest.update(buffer.flip());
        at += count;
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  /**
   * Makes the file durable under its final name.
   *
   * @param overwrite replace a file that is there; otherwise one that appeared meanwhile is left
   *     alone
   */
  public void commit(boolean overwrite) throws IOException {
    channel.force(true);
    channel.close();
    if (overwrite) {
      Files.move(
          temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } else {
      renameUnlessThere();
    }
    ended = true;
    forgetHook();
    syncDirectory(directoryOf(target));
  }

  /**
   * Commits files that belong together. None gets its name before the content of all is durable and
   * all names are seen to be free, so that only a failing rename itself can come in between.
   *
   * @param overwrite as for {@link #commit}
   */
  public static void commitAll(List<TargetFile> files, boolean overwrite) throws IOException {
    for (TargetFile file : files) {
      file.syncContent();
    }
    for (TargetFile file : files) {
      if (!overwrite && Files.exists(file.target)) {
        throw new FileAlreadyExistsException(file.target.toString());
      }
    }
    for (TargetFile file : files) {
      file.commit(overwrite);
    }
  }

  /** A rename would replace silently; a hard link refuses when the name is taken. */
  private void renameUnlessThere() throws IOException {
    try {
      Files.createLink(target, temporary);
      Files.delete(temporary);
    } catch (FileAlreadyExistsException e) {
      throw e;
    } catch (IOException | UnsupportedOperationException e) {
      // A file system without hard links: the check and the rename are two steps there.
      if (Files.exists(target)) {
        throw new FileAlreadyExistsException(target.toString());
      }
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /** Makes names in a directory durable. */
  static void syncDirectory(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Discards what was written unless it was committed. */
  @Override
  public void close() throws IOException {
    if (ended) {
      return;
    }
    ended = true;
    channel.close();
    Files.deleteIfExists(temporary);
    forgetHook();
  }

  private void deleteTemporary() {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void forgetHook() {
    try {
      Runtime.getRuntime().removeShutdownHook(discardAtExit);
    } catch (IllegalStateException e) {
      // The process is ending: the hook does its work now.
    }
  }
}
