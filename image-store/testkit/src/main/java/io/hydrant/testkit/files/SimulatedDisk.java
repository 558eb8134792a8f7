package io.hydrant.testkit.files;

import io.hydrant.engine.files.DiskFullException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * A disk in memory, with several directories, that fails on demand. Deterministic: all chance comes
 * from the generators that are handed in. Safe for use by many threads.
 *
 * <p>Fault model:
 *
 * <ul>
 *   <li>Power cut ({@link #crash}): each sector of 512 bytes that was written and not synced is
 *       kept (in its latest or an earlier version), lost, or torn at any byte, independently of all
 *       others. A new length that was not synced is kept or lost. Of the names created, changed or
 *       deleted in a directory since it was synced, a prefix is kept: journaling file systems keep
 *       the order. A synced file whose name was not synced may be gone.
 *   <li>Killed process ({@link #processKill}): everything that was written stays visible, and stays
 *       unsynced.
 *   <li>Failed sync ({@link #failSync}): says nothing about any byte; what was unsynced then stays
 *       so even though the next sync "succeeds", until it is written again.
 *   <li>{@link #crashAfter}, {@link #failWrite}, {@link #fillUpAtWrite}, {@link #makeUnreadable},
 *       {@link #flipBit}, {@link #setCapacityBytes}.
 * </ul>
 */
public final class SimulatedDisk {
  private static final long NEVER = -1;

  private final Map<String, Directory> directories = new TreeMap<>();
  private long capacityBytes = Long.MAX_VALUE;
  private long callsLeft = NEVER;
  private boolean crashFired;
  private long syncsLeft = NEVER;
  private long writesLeft = NEVER;
  private boolean writeFindsNoSpace;
  private int life;
  private DiskCounters counters = DiskCounters.ZERO;

  /**
   * A directory as the process that runs now sees it; made if need be. Dead after the next crash.
   */
  public synchronized SimulatedFiles files(String directory) {
    return new SimulatedFiles(
        this, directories.computeIfAbsent(directory, _ -> new Directory()), directory, life);
  }

  /** Power cut and restart: loses what was not synced; handles and files from before are dead. */
  public synchronized void crash(RandomGenerator random) {
    for (Directory directory : directories.values()) {
      directory.inodes().forEach(inode -> inode.crash(random));
      directory.crash(random);
    }
    restart();
  }

  /**
   * SIGKILL and restart: loses nothing, makes nothing durable; handles and files from before are
   * dead.
   */
  public synchronized void processKill() {
    restart();
  }

  private void restart() {
    life++;
    callsLeft = NEVER;
    syncsLeft = NEVER;
    writesLeft = NEVER;
  }

  /**
   * The process dies at the call behind the next {@code calls}: that one and all later ones do
   * nothing but throw.
   */
  public synchronized void crashAfter(int calls) {
    callsLeft = calls;
    crashFired = false;
  }

  /** Whether the crash that was armed last has come. */
  public synchronized boolean hasCrashed() {
    return crashFired;
  }

  /** Takes {@link #crashAfter} back. */
  public synchronized void disarm() {
    callsLeft = NEVER;
  }

  /**
   * The sync behind the next {@code syncs}, of a file or a directory, fails; those after it
   * "succeed".
   */
  public synchronized void failSync(int syncs) {
    syncsLeft = syncs;
  }

  /** The write behind the next {@code writes} fails and writes nothing. */
  public synchronized void failWrite(int writes) {
    writesLeft = writes;
    writeFindsNoSpace = false;
  }

  /**
   * As {@link #failWrite}, because there is no space, even where it was reserved: thin provisioning
   * and file systems that copy on write do that.
   */
  public synchronized void fillUpAtWrite(int writes) {
    writesLeft = writes;
    writeFindsNoSpace = true;
  }

  /** Leaves room for so many bytes more. */
  public synchronized void setFreeBytes(long bytes) {
    capacityBytes = Long.MAX_VALUE;
    capacityBytes = Long.MAX_VALUE - usableBytes() + bytes;
  }

  /** Room for all files together. */
  public synchronized void setCapacityBytes(long bytes) {
    capacityBytes = bytes;
  }

  /** Flips a bit of a file, on the device as well as in the cache. */
  public synchronized void flipBit(String directory, String name, long position, int bit)
      throws IOException {
    inode(directory, name).flipBit(position, bit);
  }

  /** Reads of the sector fail from now on, until it is written. */
  public synchronized void makeUnreadable(String directory, String name, long position)
      throws IOException {
    inode(directory, name).makeUnreadable(position);
  }

  /** The file's bytes as seen now; counts as no call. */
  public synchronized byte[] bytes(String directory, String name) throws IOException {
    Inode inode = inode(directory, name);
    byte[] bytes = new byte[Math.toIntExact(inode.length())];
    inode.read(0, bytes, name);
    return bytes;
  }

  /** Whether nothing would be lost by a power cut. */
  public synchronized boolean isDurable() {
    for (Directory directory : directories.values()) {
      if (!directory.isClean()) {
        return false;
      }
      for (Inode inode : directory.inodes()) {
        if (!inode.isClean()) {
          return false;
        }
      }
    }
    return true;
  }

  public synchronized DiskCounters counters() {
    return counters;
  }

  private Inode inode(String directory, String name) throws IOException {
    Directory names = directories.get(directory);
    Inode inode = names == null ? null : names.names().get(name);
    if (inode == null) {
      throw new NoSuchFileException(directory + "/" + name);
    }
    return inode;
  }

  /** Begins a call of a process of the given life. The caller holds this disk's monitor. */
  void begin(int callerLife, String call) {
    if (callerLife != life) {
      throw new SimulatedCrash(call + " by a process that has died");
    }
    counters = counters.call();
    if (callsLeft == 0) {
      crashFired = true;
      throw new SimulatedCrash("crash at " + call);
    }
    if (callsLeft > 0) {
      callsLeft--;
    }
  }

  void countRead(long bytes) {
    counters = counters.read(bytes);
  }

  void beginWrite(String path, long bytes) throws IOException {
    if (writesLeft == 0) {
      writesLeft = NEVER;
      throw writeFindsNoSpace
          ? new DiskFullException(path + ": no space left on the simulated disk")
          : new IOException(path + ": Input/output error (simulated write)");
    }
    writesLeft -= writesLeft > 0 ? 1 : 0;
    counters = counters.write(bytes);
  }

  /** False if this sync is the one to fail. */
  boolean beginSync() {
    counters = counters.sync();
    if (syncsLeft == 0) {
      syncsLeft = NEVER;
      return false;
    }
    syncsLeft -= syncsLeft > 0 ? 1 : 0;
    return true;
  }

  void requireRoom(String path, long moreBytes) throws DiskFullException {
    if (moreBytes > 0 && moreBytes > usableBytes()) {
      throw new DiskFullException(path + ": no space left on the simulated disk");
    }
  }

  long usableBytes() {
    Set<Inode> counted = Collections.newSetFromMap(new IdentityHashMap<>());
    long used = 0;
    for (Directory directory : directories.values()) {
      Collection<Inode> inodes = directory.names().values();
      for (Inode inode : inodes) {
        used += counted.add(inode) ? inode.length() : 0;
      }
    }
    return Math.max(0, capacityBytes - used);
  }
}
