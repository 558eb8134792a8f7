package io.hydrant.engine.catalog;

import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.files.StoreFile;
import io.hydrant.engine.files.StoreFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A directory in memory that knows what a power cut leaves: contents as of their last sync, names
 * as of the last sync of the directory.
 */
final class MemoryFiles implements StoreFiles {
  private static final class Content {
    byte[] bytes = new byte[0];
    byte[] durable = new byte[0];
  }

  private final TreeMap<String, Content> names = new TreeMap<>();
  private final TreeMap<String, Content> durableNames = new TreeMap<>();
  private int callsLeft = Integer.MAX_VALUE;
  private long usableBytes = Long.MAX_VALUE;

  /** The next but so many changing calls fail, as if the process had died. */
  void dieAfter(int calls) {
    callsLeft = calls;
  }

  void usable(long bytes) {
    usableBytes = bytes;
  }

  /** What is left after a power cut. */
  MemoryFiles afterPowerCut() {
    MemoryFiles left = new MemoryFiles();
    durableNames.forEach((name, content) -> {
      Content copy = new Content();
      copy.bytes = content.durable;
      copy.durable = content.durable;
      left.names.put(name, copy);
      left.durableNames.put(name, copy);
    });
    return left;
  }

  byte[] bytes(String name) {
    return Optional.ofNullable(names.get(name)).orElseThrow().bytes;
  }

  void put(String name, byte[] bytes) {
    Content content = new Content();
    content.bytes = bytes;
    content.durable = bytes;
    names.put(name, content);
    durableNames.put(name, content);
  }

  private void call() throws IOException {
    if (callsLeft-- <= 0) {
      throw new IOException("died");
    }
  }

  @Override
  public List<String> list() {
    return List.copyOf(names.keySet());
  }

  @Override
  public StoreFile create(String name) throws IOException {
    call();
    if (names.containsKey(name)) {
      throw new FileAlreadyExistsException(name);
    }
    Content content = new Content();
    names.put(name, content);
    return new OpenFile(name, content);
  }

  @Override
  public StoreFile open(String name) throws IOException {
    Content content = names.get(name);
    if (content == null) {
      throw new NoSuchFileException(name);
    }
    return new OpenFile(name, content);
  }

  @Override
  public void rename(String from, String to) throws IOException {
    call();
    Content content = names.remove(from);
    if (content == null) {
      throw new NoSuchFileException(from);
    }
    names.put(to, content);
  }

  @Override
  public void delete(String name) throws IOException {
    call();
    if (names.remove(name) == null) {
      throw new NoSuchFileException(name);
    }
  }

  @Override
  public void syncDirectory() throws IOException {
    call();
    durableNames.clear();
    durableNames.putAll(names);
  }

  @Override
  public long usableBytes() {
    return usableBytes;
  }

  @Override
  public String pathOf(String name) {
    return "/store/" + name;
  }

  private final class OpenFile implements StoreFile {
    private final String name;
    private final Content content;

    OpenFile(String name, Content content) {
      this.name = name;
      this.content = content;
    }

    @Override
    public String path() {
      return pathOf(name);
    }

    @Override
    public long size() {
      return content.bytes.length;
    }

    @Override
    public int read(long position, ByteBuffer target) {
      int count = (int) Math.clamp(content.bytes.length - position, 0, target.remaining());
      if (count > 0) {
        target.put(content.bytes, (int) position, count);
      }
      return count;
    }

    @Override
    public void write(long position, ByteBuffer source) throws IOException {
      call();
      int count = source.remaining();
      if (count > usableBytes) {
        throw new DiskFullException("no space for " + name);
      }
      int end = (int) position + count;
      byte[] grown = Arrays.copyOf(content.bytes, Math.max(content.bytes.length, end));
      source.get(grown, (int) position, count);
      content.bytes = grown;
    }

    @Override
    public void writePages(long position, ByteBuffer source) throws IOException {
      StoreFile.requirePages(position, source);
      write(position, source);
    }

    @Override
    public void sync() throws IOException {
      call();
      content.durable = content.bytes;
    }

    @Override
    public void allocate(long length) throws IOException {
      call();
      content.bytes = Arrays.copyOf(content.bytes, (int) Math.max(length, content.bytes.length));
    }

    @Override
    public void truncate(long length) throws IOException {
      call();
      content.bytes = Arrays.copyOf(content.bytes, (int) length);
    }

    @Override
    public void close() {}
  }
}
