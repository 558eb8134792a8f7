package io.hydrant.engine.files;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A directory of the real file system. The directory exists already: who makes it, and syncs its
 * parent, is the caller.
 *
 * <p>Open files are known here by name, because a file that was interrupted must be opened again,
 * perhaps under the name it was given meanwhile ({@link JdkStoreFile}).
 */
public final class JdkStoreFiles implements StoreFiles {
  private static final Logger LOG = LoggerFactory.getLogger(JdkStoreFiles.class);

  private final Path directory;
  private final Set<JdkStoreFile> open = new HashSet<>();

  /** Whether whole pages are written past the page cache; ends where that turns out not to work. */
  private volatile boolean direct;

  /** Finding it reads the table of mounts; asking it is one system call. */
  private volatile @Nullable FileStore store;

  public JdkStoreFiles(Path directory) {
    this(directory, true);
  }

  /**
   * @param direct whether {@link StoreFile#writePages} goes past the page cache, if the file system
   *     lets it
   */
  public JdkStoreFiles(Path directory, boolean direct) {
    this.directory = directory.toAbsolutePath().normalize();
    this.direct = direct;
  }

  boolean isDirect() {
    return direct;
  }

  /** The device wants another alignment than pages. */
  void endDirect(Path file) {
    direct = false;
    LOG.warn(
        "{}: the device takes no direct writes of 4 KiB; writing through the page cache", file);
  }

  @Override
  public List<String> list() throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries
          .filter(Files::isRegularFile)
          .map(path -> path.getFileName().toString())
          .sorted()
          .toList();
    }
  }

  @Override
  public StoreFile create(String name) throws IOException {
    Path path = resolve(name);
    try {
      Files.createFile(path);
    } catch (FileAlreadyExistsException exists) {
      throw exists;
    } catch (IOException failed) {
      throw named(path, failed);
    }
    return open(name);
  }

  @Override
  public synchronized StoreFile open(String name) throws IOException {
    Path path = resolve(name);
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    JdkStoreFile file = new JdkStoreFile(this, path);
    open.add(file);
    return file;
  }

  @Override
  public synchronized void rename(String from, String to) throws IOException {
    Path source = resolve(from);
    Path target = resolve(to);
    Files.move(source, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    for (JdkStoreFile file : open) {
      file.renamed(source, target);
    }
  }

  @Override
  public synchronized void delete(String name) throws IOException {
    Path path = resolve(name);
    Files.delete(path);
    for (JdkStoreFile file : open) {
      file.deleted(path);
    }
  }

  @Override
  public void syncDirectory() throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  @Override
  public long usableBytes() throws IOException {
    FileStore known = store;
    if (known == null) {
      known = Files.getFileStore(directory);
      store = known;
    }
    return known.getUsableSpace();
  }

  @Override
  public String pathOf(String name) {
    return resolve(name).toString();
  }

  synchronized void closed(JdkStoreFile file) {
    open.remove(file);
  }

  private Path resolve(String name) {
    if (name.isEmpty() || name.indexOf('/') >= 0 || name.equals(".") || name.equals("..")) {
      throw new IllegalArgumentException("not a plain file name: '" + name + "'");
    }
    return directory.resolve(name);
  }

  /** Gives a failure of the JDK its kind. */
  static IOException named(Path path, IOException failed) {
    String message = String.valueOf(failed.getMessage());
    if (failed instanceof DiskFullException || failed instanceof CorruptionException) {
      return failed;
    }
    if (message.contains("No space left on device") || message.contains("Disk quota exceeded")) {
      return new DiskFullException(path + ": no space left on the device");
    }
    return failed;
  }
}
