package io.hydrant.engine.index;

import io.hydrant.engine.index.PageIndex.Change;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.TractKey;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The maps of all tracts as of the last applied entry: those changed since the last flush, those
 * being flushed, a bounded cache of others, and the index behind them.
 *
 * <p>Threads: one at a time writes ({@link #put}, {@link #dropImage}, {@link #freeze}), one flushes
 * ({@link Frozen#changes}, {@link #flushed}), any number read. What a reader must see in one piece
 * is one immutable {@link Layers}, swapped whole. A reader that fetched a row from the index may
 * cache it only if the layers are still those it began with: else a map that was applied and
 * flushed in the meantime could be overwritten by the one before it.
 */
public final class PageMaps {
  /** Remembers that the index has no row, so that asking again costs no get. */
  private static final TractMap ABSENT = new TractMap(new long[0], 0, new long[0]);

  private final PageIndex index;
  private final MapCache clean;
  private final AtomicReference<Layers> layers =
      new AtomicReference<>(new Layers(new ConcurrentHashMap<>(), null, Set.of()));
  private final LongAdder indexGets = new LongAdder();

  /** Written by the one writer only. */
  private volatile long dirtyBytes;

  /** How often maps were set aside for a flush; as {@link #dirtyBytes}. */
  private volatile long freezes;

  /**
   * @param cacheBytes heap bytes of maps that are kept although the index has them
   */
  public PageMaps(PageIndex index, long cacheBytes) {
    this.index = index;
    this.clean = new MapCache(cacheBytes);
  }

  /** The tract's map, or null if none was ever written. At most one index get. Any thread. */
  public @Nullable TractMap get(TractKey key) throws IOException {
    Layers now = layers.get();
    if (now.isDropped(key.image())) {
      return null;
    }
    TractMap map = now.newer(key);
    if (map == null) {
      map = clean.get(key);
    }
    if (map == null) {
      map = load(key, now);
    }
    return map == ABSENT ? null : map;
  }

  /**
   * As {@link #get}, for whoever goes through all of them once: leaves the cache to those who read
   * pages. Any thread.
   */
  public @Nullable TractMap getUncached(TractKey key) throws IOException {
    Layers now = layers.get();
    if (now.isDropped(key.image())) {
      return null;
    }
    TractMap map = now.newer(key);
    if (map == null) {
      indexGets.increment();
      byte[] row = index.get(IndexKeys.tract(key));
      map = row == null ? null : TractMap.decode(IndexKeys.describe(key), row);
    }
    return map;
  }

  private TractMap load(TractKey key, Layers began) throws IOException {
    indexGets.increment();
    byte[] row = index.get(IndexKeys.tract(key));
    TractMap map = row == null ? ABSENT : TractMap.decode(IndexKeys.describe(key), row);
    clean.putIf(key, map, () -> layers.get() == began);
    return map;
  }

  /**
   * Replaces a tract's map; an empty one takes the row away. One writer only (PROTOCOL R14).
   *
   * @throws IllegalStateException if the image was dropped
   */
  public void put(TractKey key, TractMap map) {
    Layers now = layers.get();
    if (now.isDropped(key.image())) {
      throw new IllegalStateException(key.image() + " was dropped: its maps cannot come back");
    }
    TractMap before = now.dirty.put(key, map);
    addDirtyBytes(map.heapBytes() - (before == null ? 0 : before.heapBytes()));
  }

  /**
   * Forgets an image: its rows are invisible at once and deleted by the next flush. One writer
   * only.
   */
  public void dropImage(ImageId image) {
    Layers now = layers.updateAndGet(old -> old.withDropped(image));
    for (Map.Entry<TractKey, TractMap> entry : now.dirty.entrySet()) {
      if (entry.getKey().image().equals(image)) {
        now.dirty.remove(entry.getKey());
        addDirtyBytes(-entry.getValue().heapBytes());
      }
    }
  }

  /** Heap bytes of maps that are newer than the index, those that are being flushed among them. */
  public long dirtyBytes() {
    Frozen flushing = layers.get().flushing;
    return dirtyBytes + (flushing == null ? 0 : flushing.heapBytes);
  }

  /** Index gets since the start. */
  public long indexGets() {
    return indexGets.sum();
  }

  /** Heap bytes of maps that are cached although the index has them. */
  public long cachedBytes() {
    return clean.bytes();
  }

  /**
   * Moves everything changed since the last freeze aside, to be flushed while changes go on. One
   * writer only; takes no longer for more maps.
   *
   * @throws IllegalStateException if the one before was not flushed: it must be tried again itself
   */
  public Frozen freeze() {
    Layers old = layers.get();
    if (old.flushing != null) {
      throw new IllegalStateException("the maps frozen before are not flushed yet");
    }
    Frozen frozen = new Frozen(old.dirty, old.dropped, dirtyBytes);
    freezes = freezes + 1;
    layers.set(new Layers(new ConcurrentHashMap<>(), frozen, old.dropped));
    dirtyBytes = 0;
    return frozen;
  }

  /** To be called when the index has durably flushed what was frozen. Flush thread only. */
  public void flushed(Frozen frozen) {
    Layers now = layers.get();
    if (now.flushing != frozen) {
      throw new IllegalStateException("these maps are not the ones being flushed");
    }
    frozen.maps.forEach((key, map) -> {
      if (!layers.get().isDropped(key.image())) {
        clean.put(key, map.isEmpty() ? ABSENT : map);
      }
    });
    clean.removeImages(frozen.dropped);
    layers.updateAndGet(old -> old.withFlushed(frozen));
  }

  /**
   * Visits the maps of an image in the order of tracts, for tools and verification. Each is one
   * that was current at some moment of the scan. Any thread.
   */
  public void scanImage(ImageId image, MapVisitor visitor) throws IOException {
    Layers now = layers.get();
    if (!now.isDropped(image)) {
      scan(image, now.newer(image), visitor);
    }
  }

  /**
   * The maps as they are now. One writer only; takes as long as maps were changed since a flush.
   */
  public View view() {
    return new View(layers.get(), freezes);
  }

  /**
   * All maps as of one moment. They are not kept for it: it ends when the index has taken up newer
   * ones.
   */
  public final class View {
    private final Layers then;
    private final long freezesThen;

    private View(Layers now, long freezes) {
      this.then = new Layers(new ConcurrentHashMap<>(now.dirty), now.flushing, now.dropped);
      this.freezesThen = freezes;
    }

    /**
     * Visits the maps of an image in the order of tracts. Any thread.
     *
     * @return false if this view has ended, perhaps in between: what was visited may be newer
     */
    public boolean scanImage(ImageId image, MapVisitor visitor) throws IOException {
      if (!then.isDropped(image)) {
        scan(image, then.newer(image), visitor);
      }
      return freezes == freezesThen;
    }
  }

  private void scan(ImageId image, TreeMap<TractKey, TractMap> newer, MapVisitor visitor)
      throws IOException {
    boolean[] more = {true};
    index.scan(
        IndexKeys.tractsOf(image),
        (row, value) -> {
          TractKey key = IndexKeys.parseTract(row);
          while (more[0] && !newer.isEmpty() && newer.firstKey().compareTo(key) < 0) {
            more[0] = visit(visitor, newer.pollFirstEntry());
          }
          if (more[0]) {
            TractMap changed = newer.remove(key);
            TractMap map =
                changed == null ? TractMap.decode(IndexKeys.describe(key), value) : changed;
            more[0] = visit(visitor, Map.entry(key, map));
          }
          return more[0];
        });
    while (more[0] && !newer.isEmpty()) {
      more[0] = visit(visitor, newer.pollFirstEntry());
    }
  }

  private static boolean visit(MapVisitor visitor, Map.Entry<TractKey, TractMap> entry)
      throws IOException {
    return entry.getValue().isEmpty() || visitor.map(entry.getKey(), entry.getValue());
  }

  private void addDirtyBytes(long bytes) {
    dirtyBytes = dirtyBytes + bytes;
  }

  /** Receives one tract's map. */
  @FunctionalInterface
  public interface MapVisitor {
    /** Returns whether to go on. */
    boolean map(TractKey key, TractMap map) throws IOException;
  }

  /** What one flush writes: the maps and drops between two freezes. */
  public static final class Frozen {
    private final Map<TractKey, TractMap> maps;
    private final Set<ImageId> dropped;
    private final long heapBytes;

    private Frozen(Map<TractKey, TractMap> maps, Set<ImageId> dropped, long heapBytes) {
      this.maps = maps;
      this.dropped = dropped;
      this.heapBytes = heapBytes;
    }

    /** Number of maps. */
    public int size() {
      return maps.size();
    }

    /**
     * The changes in a fixed order: first all rows, tracts and slim states, of dropped images go,
     * then the maps in the order of their keys. Encodes; may be called again after a failed flush.
     */
    public List<Change> changes() {
      List<Change> changes = new ArrayList<>(maps.size() + 2 * dropped.size());
      dropped.stream()
          .sorted()
          .forEach(image -> {
            changes.add(new Change.DeletePrefix(IndexKeys.tractsOf(image)));
            changes.add(new Change.DeletePrefix(IndexKeys.slimsOf(image)));
          });
      TractKey[] keys = maps.keySet().toArray(TractKey[]::new);
      Arrays.sort(keys);
      for (TractKey key : keys) {
        TractMap map = maps.get(key);
        if (map != null) {
          byte[] row = IndexKeys.tract(key);
          changes.add(map.isEmpty() ? new Change.Delete(row) : new Change.Put(row, map.encode()));
        }
      }
      return changes;
    }
  }

  /**
   * What is newer than the index.
   *
   * @param dirty changed since the last freeze; grows while these layers stand
   * @param flushing being flushed, or null
   * @param dropped images whose rows no completed flush has deleted yet
   */
  private record Layers(
      ConcurrentHashMap<TractKey, TractMap> dirty,
      @Nullable Frozen flushing,
      Set<ImageId> dropped) {

    boolean isDropped(ImageId image) {
      return !dropped.isEmpty() && dropped.contains(image);
    }

    @Nullable TractMap newer(TractKey key) {
      TractMap map = dirty.get(key);
      return map != null || flushing == null ? map : flushing.maps.get(key);
    }

    TreeMap<TractKey, TractMap> newer(ImageId image) {
      TreeMap<TractKey, TractMap> found = new TreeMap<>();
      if (flushing != null) {
        found.putAll(flushing.maps);
      }
      found.putAll(dirty);
      found.keySet().removeIf(key -> !key.image().equals(image));
      return found;
    }

    Layers withDropped(ImageId image) {
      Set<ImageId> more = new HashSet<>(dropped);
      more.add(image);
      return new Layers(dirty, flushing, Set.copyOf(more));
    }

    Layers withFlushed(Frozen frozen) {
      Set<ImageId> rest = new HashSet<>(dropped);
      rest.removeAll(frozen.dropped);
      return new Layers(dirty, null, Set.copyOf(rest));
    }
  }
}
