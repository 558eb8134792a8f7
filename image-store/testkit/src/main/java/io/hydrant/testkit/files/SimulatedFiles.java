package io.hydrant.testkit.files;

import io.hydrant.engine.files.StoreFile;
import io.hydrant.engine.files.StoreFiles;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.List;

/** A directory of a {@link SimulatedDisk}, as one process sees it. */
public final class SimulatedFiles implements StoreFiles {
  private final SimulatedDisk disk;
  private final Directory directory;
  private final String directoryName;
  private final int life;

  SimulatedFiles(SimulatedDisk disk, Directory directory, String directoryName, int life) {
    this.disk = disk;
    this.directory = directory;
    this.directoryName = directoryName;
    this.life = life;
  }

  @Override
  public List<String> list() {
    synchronized (disk) {
      disk.begin(life, "list " + directoryName);
      return List.copyOf(directory.names().keySet());
    }
  }

  @Override
  public StoreFile create(String name) throws IOException {
    synchronized (disk) {
      disk.begin(life, "create " + name);
      requirePlain(name);
      if (directory.names().containsKey(name)) {
        throw new FileAlreadyExistsException(pathOf(name));
      }
      Inode inode = new Inode();
      directory.create(name, inode);
      return new SimulatedFile(disk, inode, pathOf(name), life);
    }
  }

  @Override
  public StoreFile open(String name) throws IOException {
    synchronized (disk) {
      disk.begin(life, "open " + name);
      return new SimulatedFile(disk, require(name), pathOf(name), life);
    }
  }

  @Override
  public void rename(String from, String to) throws IOException {
    synchronized (disk) {
      disk.begin(life, "rename " + from + " to " + to);
      requirePlain(to);
      require(from);
      directory.rename(from, to);
    }
  }

  @Override
  public void delete(String name) throws IOException {
    synchronized (disk) {
      disk.begin(life, "delete " + name);
      require(name);
      directory.delete(name);
    }
  }

  @Override
  public void syncDirectory() throws IOException {
    synchronized (disk) {
      disk.begin(life, "sync of directory " + directoryName);
      if (!disk.beginSync()) {
        throw new IOException(directoryName + ": Input/output error (simulated directory sync)");
      }
      directory.sync();
    }
  }

  @Override
  public long usableBytes() {
    synchronized (disk) {
      disk.begin(life, "usable bytes");
      return disk.usableBytes();
    }
  }

  @Override
  public String pathOf(String name) {
    return "simulated:" + directoryName + "/" + name;
  }

  private Inode require(String name) throws NoSuchFileException {
    requirePlain(name);
    Inode inode = directory.names().get(name);
    if (inode == null) {
      throw new NoSuchFileException(pathOf(name));
    }
    return inode;
  }

  private static void requirePlain(String name) {
    if (name.isEmpty() || name.indexOf('/') >= 0 || name.equals(".") || name.equals("..")) {
      throw new IllegalArgumentException("not a plain file name: '" + name + "'");
    }
  }
}
