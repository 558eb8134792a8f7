package io.hydrant.node;

import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.files.StoreFile;
import io.hydrant.engine.files.StoreFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Files on a device that is full whenever its operator says so: while a file {@value #DISK_FULL}
 * lies in the fault directory, there is no space left and no new file can be made. What is there
 * stays usable. For the tests of the product; a server has it only where {@code fault.directory} is
 * set.
 */
record FaultyFiles(StoreFiles files, Path faults) implements StoreFiles {
  static final String DISK_FULL = "disk-full";

  private boolean isFull() {
    return Files.exists(faults.resolve(DISK_FULL));
  }

  @Override
  public List<String> list() throws IOException {
    return files.list();
  }

  @Override
  public StoreFile create(String name) throws IOException {
    if (isFull()) {
      throw new DiskFullException(pathOf(name) + ": no space left, by order of " + faults);
    }
    return files.create(name);
  }

  @Override
  public StoreFile open(String name) throws IOException {
    return files.open(name);
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
    files.syncDirectory();
  }

  @Override
  public long usableBytes() throws IOException {
    return isFull() ? 0 : files.usableBytes();
  }

  @Override
  public String pathOf(String name) {
    return files.pathOf(name);
  }
}
