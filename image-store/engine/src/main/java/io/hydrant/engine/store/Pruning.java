package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.index.ImageUsage;
import io.hydrant.engine.index.PageMaps;
import io.hydrant.engine.index.Retained;
import io.hydrant.engine.index.SegmentUsage;
import io.hydrant.engine.index.TractMap;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.model.TractKey;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Takes versions of retired checkpoints out of the page maps. A map is pruned as something is
 * merged into it; what is written seldom, and all of it where ingest is refused, would keep them
 * for ever. A few tracts a step, so that apply is never held up: behind every entry when the disk
 * is nearly full, else when the cleaner looks. Within a change of the {@link StoreWriter}, but for
 * {@link #addLater}; what a restart forgets, the next retirement does.
 */
final class Pruning {
  /** Under 50 ms with maps of 48 KB that are read from the index. */
  static final int TRACTS_PER_ENTRY = 256;

  private final Catalog catalog;
  private final PageMaps maps;
  private final SegmentUsage usage;
  private final Deque<ImageId> images = new ArrayDeque<>();

  /** To be gone through once more, from any thread. */
  private final Set<ImageId> later = ConcurrentHashMap.newKeySet();

  private int region;
  private int tract;
  private volatile boolean active;

  Pruning(Catalog catalog, PageMaps maps, SegmentUsage usage) {
    this.catalog = catalog;
    this.maps = maps;
    this.usage = usage;
  }

  /** Whether there are tracts to do. Any thread. */
  boolean isActive() {
    return active;
  }

  /** Checkpoints of the image were retired: its tracts are gone through from the first one on. */
  void add(ImageId image) {
    if (image.equals(images.peekFirst())) {
      region = 0;
      tract = 0;
    } else if (!images.contains(image)) {
      images.addLast(image);
    }
    active = true;
  }

  /**
   * Checkpoints of the image were retired: its tracts are gone through once those are done that are
   * under way, so that an image whose checkpoints are retired all the time gets to its end. Any
   * thread.
   */
  void addLater(ImageId image) {
    later.add(image);
    active = true;
  }

  /**
   * Goes on behind an entry; returns whether an image is done, so that a snapshot can give its
   * segments back.
   */
  boolean step() throws IOException {
    return step(TRACTS_PER_ENTRY);
  }

  /** Goes on with so many tracts; returns whether an image is done. */
  boolean step(int tractsMax) throws IOException {
    if (images.isEmpty()) {
      takeOver();
    }
    ImageId image = images.peekFirst();
    if (image == null) {
      return false;
    }
    Optional<ImageState> state = catalog.image(image);
    if (state.isPresent() && prune(state.get(), tractsMax)) {
      return false;
    }
    images.removeFirst();
    region = 0;
    tract = 0;
    active = !images.isEmpty() || !later.isEmpty();
    return true;
  }

  private void takeOver() {
    for (ImageId image : new TreeSet<>(later)) {
      later.remove(image);
      images.addLast(image);
    }
  }

  /** Returns whether tracts are left. */
  private boolean prune(ImageState image, int tractsMax) throws IOException {
    Retained retained = Retained.of(image.retainedLines());
    ImageUsage imageUsage = usage.image(image.id());
    int[] tracts = tracts(image);
    for (int done = 0; done < tractsMax; done++) {
      while (region < tracts.length && tract >= tracts[region]) {
        region++;
        tract = 0;
      }
      if (region >= tracts.length) {
        return false;
      }
      TractKey key = new TractKey(image.id(), region, tract++);
      TractMap map = maps.get(key);
      TractMap pruned = map == null ? null : map.prune(retained, imageUsage);
      if (pruned != null && pruned != map) {
        maps.put(key, pruned);
      }
    }
    return true;
  }

  /** Tracts of each region, the most that any committed checkpoint has. */
  static int[] tracts(ImageState image) {
    int[] most = {};
    for (CheckpointInfo checkpoint : image.committed().values()) {
      RegionTable regions = checkpoint.regions();
      if (regions.size() > most.length) {
        most = Arrays.copyOf(most, regions.size());
      }
      for (int number = 0; number < regions.size(); number++) {
        most[number] = Math.max(most[number], regions.get(number).tracts());
      }
    }
    return most;
  }
}
