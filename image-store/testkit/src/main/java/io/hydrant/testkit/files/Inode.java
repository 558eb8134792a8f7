package io.hydrant.testkit.files;

import io.hydrant.engine.files.CorruptionException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/**
 * The bytes of one file, whatever its name: what is on the device, and beside it what was written
 * since and not synced, sector by sector.
 */
final class Inode {
  static final int SECTOR_BYTES = 512;

  /** The device may have taken any version of a sector; this many are remembered. */
  private static final int VERSIONS_MAX = 4;

  private final Map<Integer, byte[]> durable = new HashMap<>();
  private final TreeMap<Integer, Unsynced> unsynced = new TreeMap<>();
  private final Set<Integer> unreadable = new HashSet<>();
  private long length;
  private long durableLength;

  /** Versions of a sector since the last sync, oldest first. */
  private static final class Unsynced {
    private final List<byte[]> versions = new ArrayList<>();

    /** After a failed sync the kernel takes the page for clean: no later sync writes it. */
    private boolean dirty = true;

    private void add(byte[] version) {
      if (versions.size() == VERSIONS_MAX) {
        versions.remove(1);
      }
      versions.add(version);
      dirty = true;
    }

    private byte[] latest() {
      return versions.getLast();
    }
  }

  long length() {
    return length;
  }

  /** What is read: the latest of everything. */
  void read(long position, byte[] target, String path) throws CorruptionException {
    for (int done = 0; done < target.length; ) {
      long at = position + done;
      int sector = (int) (at / SECTOR_BYTES);
      if (unreadable.contains(sector)) {
        throw new CorruptionException(
            path, (long) sector * SECTOR_BYTES, "a readable sector", "an error of the device");
      }
      int from = (int) (at % SECTOR_BYTES);
      int count = Math.min(target.length - done, SECTOR_BYTES - from);
      System.arraycopy(latest(sector), from, target, done, count);
      done += count;
    }
  }

  void write(long position, byte[] source) {
    for (int done = 0; done < source.length; ) {
      long at = position + done;
      int sector = (int) (at / SECTOR_BYTES);
      int from = (int) (at % SECTOR_BYTES);
      int count = Math.min(source.length - done, SECTOR_BYTES - from);
      byte[] version = latest(sector).clone();
      System.arraycopy(source, done, version, from, count);
      unsynced.computeIfAbsent(sector, _ -> new Unsynced()).add(version);
      unreadable.remove(sector);
      done += count;
    }
    length = Math.max(length, position + source.length);
  }

  void extend(long newLength) {
    length = Math.max(length, newLength);
  }

  void truncate(long newLength) {
    if (newLength >= length) {
      return;
    }
    // As written zeros: a power cut may bring the old bytes back, as long as the file is long
    // enough.
    long end = length;
    write(newLength, new byte[(int) (end - newLength)]);
    length = newLength;
  }

  void sync() {
    unsynced
        .entrySet()
        .removeIf(entry -> {
          if (entry.getValue().dirty) {
            durable.put(entry.getKey(), entry.getValue().latest());
            return true;
          }
          return false;
        });
    durableLength = length;
  }

  /**
   * An error was reported once; from now on the unsynced bytes are in memory only, as far as one
   * can know.
   */
  void failSync() {
    unsynced.values().forEach(sector -> sector.dirty = false);
  }

  boolean isClean() {
    return unsynced.isEmpty() && length == durableLength;
  }

  /** Power cut: of what was not synced, anything may be there. */
  void crash(RandomGenerator random) {
    Fate fate = Fate.values()[random.nextInt(Fate.values().length)];
    int keepOfTen = random.nextInt(11);
    unsynced.forEach((sector, versions) -> {
      boolean kept =
          switch (fate) {
            case LOST -> false;
            case KEPT -> true;
            case MIXED -> random.nextInt(10) < keepOfTen;
          };
      if (kept) {
        durable.put(sector, survivor(sector, versions, fate, random));
      }
    });
    unsynced.clear();
    length = random.nextBoolean() ? length : durableLength;
    durableLength = length;
    durable.keySet().removeIf(sector -> (long) sector * SECTOR_BYTES >= length);
    clearBehindEnd();
  }

  /** So that both extremes happen to large writes too. */
  private enum Fate {
    LOST,
    KEPT,
    MIXED
  }

  private byte[] survivor(int sector, Unsynced unsyncedSector, Fate fate, RandomGenerator random) {
    List<byte[]> versions = unsyncedSector.versions;
    if (fate == Fate.KEPT || random.nextInt(3) > 0) {
      return unsyncedSector.latest();
    }
    int chosen = random.nextInt(versions.size());
    byte[] newer = versions.get(chosen);
    byte[] older = chosen == 0 ? onDevice(sector) : versions.get(chosen - 1);
    int torn = random.nextInt(SECTOR_BYTES + 1);
    boolean beginningIsNew = random.nextBoolean();
    byte[] result = (beginningIsNew ? older : newer).clone();
    System.arraycopy(beginningIsNew ? newer : older, 0, result, 0, torn);
    return result;
  }

  private void clearBehindEnd() {
    int from = (int) (length % SECTOR_BYTES);
    byte[] last = durable.get((int) (length / SECTOR_BYTES));
    if (last != null) {
      byte[] cut = last.clone();
      Arrays.fill(cut, from, SECTOR_BYTES, (byte) 0);
      durable.put((int) (length / SECTOR_BYTES), cut);
    }
  }

  void flipBit(long position, int bit) {
    int sector = (int) (position / SECTOR_BYTES);
    int at = (int) (position % SECTOR_BYTES);
    Unsynced overlay = unsynced.get(sector);
    byte[] damaged = latest(sector).clone();
    damaged[at] ^= (byte) (1 << bit);
    if (overlay != null) {
      overlay.versions.set(overlay.versions.size() - 1, damaged);
    } else {
      durable.put(sector, damaged);
    }
  }

  void makeUnreadable(long position) {
    unreadable.add((int) (position / SECTOR_BYTES));
  }

  private byte[] latest(int sector) {
    Unsynced overlay = unsynced.get(sector);
    return overlay != null ? overlay.latest() : onDevice(sector);
  }

  private byte[] onDevice(int sector) {
    return durable.getOrDefault(sector, ZEROS);
  }

  private static final byte[] ZEROS = new byte[SECTOR_BYTES];
}
