package io.hydrant.testkit.files;

import io.hydrant.engine.files.StoreFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;

/** An open file of a {@link SimulatedDisk}. */
final class SimulatedFile implements StoreFile {
  private final SimulatedDisk disk;
  private final Inode inode;
  private final String path;
  private final int life;
  private boolean closed;

  SimulatedFile(SimulatedDisk disk, Inode inode, String path, int life) {
    this.disk = disk;
    this.inode = inode;
    this.path = path;
    this.life = life;
  }

  @Override
  public String path() {
    return path;
  }

  @Override
  public long size() throws IOException {
    synchronized (disk) {
      begin("size");
      return inode.length();
    }
  }

  @Override
  public int read(long position, ByteBuffer target) throws IOException {
    synchronized (disk) {
      begin("read");
      int count = (int) Math.max(0, Math.min(target.remaining(), inode.length() - position));
      byte[] bytes = new byte[count];
      inode.read(position, bytes, path);
      target.put(bytes);
      disk.countRead(count);
      return count;
    }
  }

  @Override
  public void write(long position, ByteBuffer source) throws IOException {
    synchronized (disk) {
      begin("write");
      disk.requireRoom(path, position + source.remaining() - inode.length());
      disk.beginWrite(path, source.remaining());
      byte[] bytes = new byte[source.remaining()];
      source.get(bytes);
      inode.write(position, bytes);
    }
  }

  @Override
  public void writePages(long position, ByteBuffer source) throws IOException {
    StoreFile.requirePages(position, source);
    write(position, source);
  }

  @Override
  public void sync() throws IOException {
    synchronized (disk) {
      begin("sync");
      if (!disk.beginSync()) {
        inode.failSync();
        throw new IOException(path + ": Input/output error (simulated sync)");
      }
      inode.sync();
    }
  }

  @Override
  public void allocate(long length) throws IOException {
    synchronized (disk) {
      begin("allocate");
      disk.requireRoom(path, length - inode.length());
      inode.extend(length);
    }
  }

  @Override
  public void truncate(long length) throws IOException {
    synchronized (disk) {
      begin("truncate");
      inode.truncate(length);
    }
  }

  @Override
  public void close() {
    closed = true;
  }

  private void begin(String call) throws IOException {
    if (closed) {
      throw new ClosedChannelException();
    }
    disk.begin(life, call + " " + path);
  }
}
