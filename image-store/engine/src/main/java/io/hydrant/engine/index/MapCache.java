package io.hydrant.engine.index;

import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.TractKey;
import java.util.ArrayDeque;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A cache of maps bounded by heap bytes. Second chance (CLOCK): a get takes no lock and sets a
 * mark; eviction goes round the entries in order of arrival and spares a marked one once. A scan of
 * many tracts therefore pushes out what nobody asked for twice before what is in use.
 */
final class MapCache {
  /** Key, entry, table node and place in the ring, by reckoning. */
  private static final long ENTRY_BYTES = 144;

  private final long bytesMax;
  private final ConcurrentHashMap<TractKey, Entry> entries = new ConcurrentHashMap<>();
  private final Object lock = new Object();

  /** Every entry once; guarded by {@link #lock}, as are all writes. */
  private final ArrayDeque<Entry> ring = new ArrayDeque<>();

  private volatile long bytes;

  MapCache(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  @Nullable TractMap get(TractKey key) {
    Entry entry = entries.get(key);
    if (entry == null) {
      return null;
    }
    if (!entry.marked) {
      entry.marked = true;
    }
    return entry.map;
  }

  void put(TractKey key, TractMap map) {
    putIf(key, map, () -> true);
  }

  /** Puts the map if the condition holds while no other put is under way. */
  void putIf(TractKey key, TractMap map, BooleanSupplier condition) {
    synchronized (lock) {
      if (!condition.getAsBoolean()) {
        return;
      }
      Entry entry = entries.get(key);
      if (entry == null) {
        entry = new Entry(key, map);
        entries.put(key, entry);
        ring.addLast(entry);
        bytes += map.heapBytes() + ENTRY_BYTES;
      } else {
        bytes += map.heapBytes() - entry.map.heapBytes();
        entry.map = map;
      }
      evict();
    }
  }

  void removeImages(Set<ImageId> images) {
    if (images.isEmpty()) {
      return;
    }
    synchronized (lock) {
      ring.removeIf(entry -> {
        boolean goes = images.contains(entry.key.image());
        if (goes) {
          remove(entry);
        }
        return goes;
      });
    }
  }

  long bytes() {
    return bytes;
  }

  private void evict() {
    int chances = ring.size(); // readers set marks meanwhile: one round spares, then none is spared
    while (bytes > bytesMax) {
      Entry entry = ring.removeFirst();
      if (entry.marked && chances-- > 0) {
        entry.marked = false;
        ring.addLast(entry);
      } else {
        remove(entry);
      }
    }
  }

  private void remove(Entry entry) {
    entries.remove(entry.key);
    bytes -= entry.map.heapBytes() + ENTRY_BYTES;
  }

  private static final class Entry {
    private final TractKey key;
    private volatile TractMap map;

    /** Written without a lock: a mark that gets lost costs one index get. */
    private volatile boolean marked;

    Entry(TractKey key, TractMap map) {
      this.key = key;
      this.map = map;
    }
  }
}
