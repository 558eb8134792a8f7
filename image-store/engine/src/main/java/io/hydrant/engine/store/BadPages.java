package io.hydrant.engine.store;

import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.index.PackedInput;
import io.hydrant.engine.index.PackedOutput;
import io.hydrant.engine.index.TractMap;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.model.TractKey;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Predicate;

/**
 * Pages and slim states whose bytes are here and bad, as reads found out: they are answered DAMAGED
 * until they are repaired or nothing shows them any more, and the hold mark stays below them.
 * Written with every snapshot.
 *
 * <p>Changed within changes of the {@link StoreWriter}, read by any thread.
 */
final class BadPages {
  static final int VERSION = 1;

  /** All pages of four segments of raw pages: what is beyond is found again by the next read. */
  static final int PAGES_MAX = 1 << 16;

  private static final String SOURCE = "index, damaged row";

  private final ConcurrentSkipListMap<TractKey, Set<Bad>> pages = new ConcurrentSkipListMap<>();
  private final ConcurrentSkipListMap<CheckpointKey, Long> slims = new ConcurrentSkipListMap<>();

  private volatile int size;

  /**
   * A row of a page map.
   *
   * @param version checkpoint that wrote the page
   * @param address packed: only a row that still points there is bad
   * @param index of the log entry that committed it, or an earlier one
   */
  record Bad(int page, long version, long address, long index) implements Comparable<Bad> {
    @Override
    public int compareTo(Bad other) {
      int byPage = Integer.compare(page, other.page);
      int byVersion = byPage != 0 ? byPage : Long.compare(version, other.version);
      return byVersion != 0 ? byVersion : Long.compareUnsigned(address, other.address);
    }
  }

  /** Returns whether it was not known before. */
  boolean add(TractKey tract, Bad bad) {
    Set<Bad> before = pages.getOrDefault(tract, Set.of());
    if (before.contains(bad) || size >= PAGES_MAX) {
      return false;
    }
    put(tract, with(before, bad));
    return true;
  }

  private static Set<Bad> with(Set<Bad> before, Bad bad) {
    Set<Bad> more = new TreeSet<>(before);
    more.add(bad);
    return more;
  }

  private void put(TractKey tract, Set<Bad> bads) {
    int before = of(tract).size();
    if (bads.isEmpty()) {
      pages.remove(tract);
    } else {
      pages.put(tract, bads);
    }
    size = size + bads.size() - before;
  }

  /**
   * @param index of the log entry that committed it
   * @return whether it was not known before
   */
  boolean addSlim(CheckpointKey key, long index) {
    return slims.putIfAbsent(key, index) == null;
  }

  /** Bad rows of a tract. Any thread; not changed any more. */
  Set<Bad> of(TractKey tract) {
    return pages.isEmpty() ? Set.of() : pages.getOrDefault(tract, Set.of());
  }

  boolean isBad(TractKey tract, long address) {
    return of(tract).stream().anyMatch(bad -> bad.address() == address);
  }

  boolean isSlimBad(CheckpointKey key) {
    return slims.containsKey(key);
  }

  /** Forgets rows that no replica has any more; returns whether there were any. */
  boolean forget(TractKey tract, Predicate<Bad> lost) {
    Set<Bad> kept = new TreeSet<>(of(tract));
    boolean any = kept.removeIf(lost);
    if (any) {
      put(tract, kept);
    }
    return any;
  }

  /** Forgets the rows that a map has no more; returns whether there were any. */
  boolean keepThoseOf(TractKey tract, TractMap map) {
    Set<Bad> before = of(tract);
    if (before.isEmpty()) {
      return false;
    }
    Set<Bad> kept = new TreeSet<>();
    for (int row = 0; row < map.size(); row++) {
      Bad bad = find(before, map.pageInTract(row), map.checkpoint(row), map.address(row));
      if (bad != null) {
        kept.add(bad);
      }
    }
    if (kept.size() < before.size()) {
      put(tract, kept);
    }
    return kept.size() < before.size();
  }

  private static @org.jspecify.annotations.Nullable Bad find(
      Set<Bad> bads, int page, long version, long address) {
    for (Bad bad : bads) {
      if (bad.page() == page && bad.version() == version && bad.address() == address) {
        return bad;
      }
    }
    return null;
  }

  boolean removeSlim(CheckpointKey key) {
    return slims.remove(key) != null;
  }

  void remove(TractKey tract) {
    put(tract, Set.of());
  }

  void dropImage(ImageId image) {
    tractsOf(image).forEach(this::remove);
    slims.keySet().removeIf(key -> key.image().equals(image));
  }

  /** Tracts with bad rows, ascending. Any thread. */
  List<TractKey> tractsOf(ImageId image) {
    return pages.keySet().stream().filter(key -> key.image().equals(image)).toList();
  }

  /** Checkpoints whose slim state is bad, ascending. Any thread. */
  List<CheckpointKey> slimsOf(ImageId image) {
    return slims.keySet().stream().filter(key -> key.image().equals(image)).toList();
  }

  /** Images with anything bad, ascending. Any thread. */
  List<ImageId> images() {
    Set<ImageId> images = new TreeSet<>();
    pages.keySet().forEach(key -> images.add(key.image()));
    slims.keySet().forEach(key -> images.add(key.image()));
    return List.copyOf(images);
  }

  /** Bad pages and slim states. Any thread. */
  long size() {
    return (long) size + slims.size();
  }

  boolean isEmpty() {
    return pages.isEmpty() && slims.isEmpty();
  }

  /** Log index of the first entry of which something is bad. Any thread. */
  long firstIndex() {
    long first = Long.MAX_VALUE;
    for (Set<Bad> bads : pages.values()) {
      for (Bad bad : bads) {
        first = Math.min(first, bad.index());
      }
    }
    for (long index : slims.values()) {
      first = Math.min(first, index);
    }
    return first;
  }

  /** The index row; layout: docs/formats/index.md. */
  byte[] encode() {
    PackedOutput out = new PackedOutput(VERSION, 64);
    List<Map.Entry<TractKey, Set<Bad>>> tracts = new ArrayList<>(pages.entrySet());
    out.varint(tracts.size());
    for (Map.Entry<TractKey, Set<Bad>> entry : tracts) {
      out.varint(entry.getKey().image().value());
      out.varint(entry.getKey().region());
      out.varint(entry.getKey().tract());
      out.varint(entry.getValue().size());
      for (Bad bad : entry.getValue()) {
        out.varint(bad.page());
        out.varint(bad.version());
        out.varint(bad.address());
        out.varint(bad.index());
      }
    }
    List<Map.Entry<CheckpointKey, Long>> states = new ArrayList<>(slims.entrySet());
    out.varint(states.size());
    for (Map.Entry<CheckpointKey, Long> entry : states) {
      out.varint(entry.getKey().image().value());
      out.varint(entry.getKey().checkpoint().value());
      out.varint(entry.getValue());
    }
    return out.finish();
  }

  /**
   * @throws CorruptionException if the bytes are no such row
   */
  void decode(byte[] bytes) throws IOException {
    PackedInput in = new PackedInput(SOURCE, bytes, VERSION);
    for (int left = in.count(8); left > 0; left--) {
      TractKey tract =
          new TractKey(
              new ImageId(in.varint(1, Long.MAX_VALUE, "image")),
              (int) in.varint(0, RegionTable.REGIONS_MAX - 1, "region"),
              (int) in.varint(0, RegionTable.TRACTS_MAX - 1, "tract"));
      Set<Bad> bads = new TreeSet<>();
      for (int rows = in.count(4); rows > 0; rows--) {
        bads.add(
            new Bad(
                (int) in.varint(0, TractMap.PAGES_MAX - 1, "page"),
                in.varint(1, CheckpointId.MAX, "checkpoint"),
                in.varint(0, Long.MAX_VALUE, "address"),
                in.varint(0, Long.MAX_VALUE, "log index")));
      }
      put(tract, bads);
    }
    for (int left = in.count(3); left > 0; left--) {
      CheckpointKey key =
          new CheckpointKey(
              new ImageId(in.varint(1, Long.MAX_VALUE, "image")),
              new CheckpointId(in.varint(1, CheckpointId.MAX, "checkpoint")));
      slims.put(key, in.varint(0, Long.MAX_VALUE, "log index"));
    }
    in.end();
    // One state has one row: what else decodes to it was not written by this.
    in.require(java.util.Arrays.equals(bytes, encode()), "the row as it is written", "another one");
  }
}
