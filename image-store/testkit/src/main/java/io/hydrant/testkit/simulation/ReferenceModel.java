package io.hydrant.testkit.simulation;

import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * What the store must be: every committed checkpoint as a plain map from page to content. No
 * sharing, no log, no index: nothing that could be wrong in the same way.
 */
public final class ReferenceModel {
  private final NavigableMap<Long, ModelImage> images = new TreeMap<>();

  public NavigableMap<Long, ModelImage> images() {
    return images;
  }

  /** One image. */
  public static final class ModelImage {
    private final String name;
    private final NavigableMap<Long, ModelCheckpoint> committed = new TreeMap<>();
    private final NavigableMap<Long, Long> pins = new TreeMap<>();
    private final NavigableMap<String, Long> names = new TreeMap<>();
    private long epoch;
    private long head;

    public ModelImage(String name) {
      this.name = name;
    }

    public String name() {
      return name;
    }

    public NavigableMap<Long, ModelCheckpoint> committed() {
      return committed;
    }

    public long epoch() {
      return epoch;
    }

    public void acquired(long newEpoch) {
      epoch = newEpoch;
    }

    /** 0: none. */
    public long head() {
      return head;
    }

    public void commit(long id, ModelCheckpoint checkpoint) {
      committed.put(id, checkpoint);
      head = id;
    }

    /** The checkpoint of each session. */
    public NavigableMap<Long, Long> pins() {
      return pins;
    }

    /** The checkpoint of each name. */
    public NavigableMap<String, Long> names() {
      return names;
    }

    /**
     * Whether a retirement must leave a checkpoint out: head, pinned, named, or one of the newest.
     */
    public boolean isHeld(long id, int keepLast) {
      return id == head
          || pins.containsValue(id)
          || names.containsValue(id)
          || committed.tailMap(id, false).size() < keepLast;
    }

    public void takeOver(long id) {
      head = id;
    }
  }

  /**
   * One checkpoint, complete.
   *
   * @param pages content of every page of every region, told as in {@link PageContents}
   * @param slimSeed content of the slim state
   */
  public record ModelCheckpoint(Map<PageRef, Long> pages, long slimSeed, int slimBytes) {
    public ModelCheckpoint {
      pages = Map.copyOf(pages);
    }

    /** This checkpoint with some pages changed. */
    public ModelCheckpoint with(Map<PageRef, Long> changes, long newSlimSeed, int newSlimBytes) {
      Map<PageRef, Long> all = new HashMap<>(pages);
      all.putAll(changes);
      return new ModelCheckpoint(all, newSlimSeed, newSlimBytes);
    }
  }

  /** One page of an image. */
  public record PageRef(int region, long page) {}
}
