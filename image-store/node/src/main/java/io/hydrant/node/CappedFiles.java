package io.hydrant.node;

import io.hydrant.engine.files.StoreFile;
import io.hydrant.engine.files.StoreFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Files that may take no more than so many bytes of their device: as far as whoever asks for room
 * is concerned, there is no more. Safe for use by many threads.
 */
final class CappedFiles implements StoreFiles {
  private final StoreFiles files;
  private final long capacityBytes;

  /** Bytes by name. */
  private final Map<String, Long> sizes = new ConcurrentHashMap<>();

  private CappedFiles(StoreFiles files, long capacityBytes) {
    this.files = files;
    this.capacityBytes = capacityBytes;
  }

  /** With what is there already. */
  static CappedFiles of(StoreFiles files, long capacityBytes) throws IOException {
    CappedFiles capped = new CappedFiles(files, capacityBytes);
    for (String name : files.list()) {
      try (StoreFile file = files.open(name)) {
        capped.sizes.put(name, file.size());
      }
    }
    return capped;
  }

  @Override
  public List<String> list() throws IOException {
    return files.list();
  }

  @Override
  public StoreFile create(String name) throws IOException {
    StoreFile file = files.create(name);
    sizes.put(name, 0L);
    return new Growing(file, name);
  }

  @Override
  public StoreFile open(String name) throws IOException {
    return files.open(name);
  }

  @Override
  public void rename(String from, String to) throws IOException {
    files.rename(from, to);
    // Counted twice for a moment rather than not at all.
    sizes.put(to, sizes.getOrDefault(from, 0L));
    sizes.remove(from);
  }

  @Override
  public void delete(String name) throws IOException {
    files.delete(name);
    sizes.remove(name);
  }

  @Override
  public void syncDirectory() throws IOException {
    files.syncDirectory();
  }

  @Override
  public long usableBytes() throws IOException {
    long used = sizes.values().stream().mapToLong(Long::longValue).sum();
    return Math.max(0, Math.min(files.usableBytes(), capacityBytes - used));
  }

  @Override
  public String pathOf(String name) {
    return files.pathOf(name);
  }

  /** A new file: the store allocates its length at once, and it never grows afterwards. */
  private final class Growing implements StoreFile {
    private final StoreFile file;
    private final String name;

    Growing(StoreFile file, String name) {
      this.file = file;
      this.name = name;
    }

    @Override
    public String path() {
      return file.path();
    }

    @Override
    public long size() throws IOException {
      return file.size();
    }

    @Override
    public int read(long position, ByteBuffer target) throws IOException {
      return file.read(position, target);
    }

    @Override
    public void write(long position, ByteBuffer source) throws IOException {
      file.write(position, source);
    }

    @Override
    public void writePages(long position, ByteBuffer source) throws IOException {
      file.writePages(position, source);
    }

    @Override
    public void sync() throws IOException {
      file.sync();
    }

    @Override
    public void allocate(long length) throws IOException {
      file.allocate(length);
      sizes.put(name, length);
    }

    @Override
    public void truncate(long length) throws IOException {
      file.truncate(length);
      sizes.put(name, length);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
