package io.hydrant.testkit.files;

import io.hydrant.engine.files.StoreFile;
import io.hydrant.engine.files.StoreFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** Files whose syncs, or whose directory syncs, do nothing: a planted bug that tests must find. */
public record CarelessFiles(StoreFiles files, Neglect neglect) implements StoreFiles {
  /** What never becomes durable. */
  public enum Neglect {
    DATA,
    DIRECTORIES
  }

  @Override
  public List<String> list() throws IOException {
    return files.list();
  }

  @Override
  public StoreFile create(String name) throws IOException {
    return wrapped(files.create(name));
  }

  @Override
  public StoreFile open(String name) throws IOException {
    return wrapped(files.open(name));
  }

  private StoreFile wrapped(StoreFile file) {
    return neglect == Neglect.DATA ? new CarelessFile(file) : file;
  }

  @Override
  public void rename(String from, String to) throws IOException {
    files.rename(from, to);
  }

  @Override
  public void delete(String name) throws IOException {
    files.delete(name);
  }

  @Override
  public void syncDirectory() throws IOException {
    if (neglect != Neglect.DIRECTORIES) {
      files.syncDirectory();
    }
  }

  @Override
  public long usableBytes() throws IOException {
    return files.usableBytes();
  }

  @Override
  public String pathOf(String name) {
    return files.pathOf(name);
  }

  private record CarelessFile(StoreFile file) implements StoreFile {
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
    public void sync() {}

    @Override
    public void allocate(long length) throws IOException {
      file.allocate(length);
    }

    @Override
    public void truncate(long length) throws IOException {
      file.truncate(length);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
