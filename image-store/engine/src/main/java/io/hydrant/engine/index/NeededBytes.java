package io.hydrant.engine.index;

import io.hydrant.engine.model.Line;
import java.util.Optional;

/**
 * Page bytes of an image by who needs them, added up map by map. One thread.
 *
 * <p>A row that hides another from a line need not be needed itself: then one before it is, which
 * hides both. So every row is held against all rows of its page, whether they are needed or not.
 */
public final class NeededBytes {
  private final Optional<Line> newest;
  private final Retained retained;
  private long live;
  private long history;
  private long dead;

  /**
   * @param newest line of the newest retained checkpoint, if there is one
   * @param retained lines of all retained checkpoints
   */
  public NeededBytes(Optional<Line> newest, Retained retained) {
    this.newest = newest;
    this.retained = retained;
  }

  /** Adds the rows of a map. */
  public void add(TractMap map) {
    long zero = newest.map(map::newestZero).orElse(0L);
    long[] words = map.words();
    int page = -1;
    int first = 0;
    boolean shown = false;
    for (int row = 0; row < map.size(); row++) {
      if (map.pageInTract(row) != page) {
        page = map.pageInTract(row);
        first = row * TractMap.ROW_WORDS;
        shown = false;
      }
      long checkpoint = map.checkpoint(row);
      boolean isNewest = !shown && newest.isPresent() && newest.get().contains(checkpoint);
      shown |= isNewest;
      if (isNewest && checkpoint >= zero) {
        live += map.length(row);
      } else if (retained.needs(checkpoint, words, first, row * TractMap.ROW_WORDS, map.zeros())) {
        history += map.length(row);
      } else {
        dead += map.length(row);
      }
    }
  }

  /** What the newest retained checkpoint shows. */
  public long live() {
    return live;
  }

  /** What only older retained checkpoints show. */
  public long history() {
    return history;
  }

  /** What nothing retained shows any more, and is still to be taken out of the maps. */
  public long dead() {
    return dead;
  }
}
