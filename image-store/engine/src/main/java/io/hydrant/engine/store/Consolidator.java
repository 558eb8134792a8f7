package io.hydrant.engine.store;

import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.clean.CleaningPace;
import io.hydrant.engine.clean.CleaningPolicy;
import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.index.TractMap;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.TractKey;
import io.hydrant.engine.segment.SegmentLog;
import io.hydrant.engine.store.SurvivingRows.Layer;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Writes the pages of a tract anew in their order, so that later restores read them in one piece:
 * those that the image's newest checkpoint shows, wherever increments have put them. In steps, as
 * the cleaner, by the same thread, and of a lower class. Local to a replica.
 *
 * <p>A tract is worth it when reading it in pieces has cost as much as writing it anew will:
 * whoever rents until the rent has reached the price never pays more than twice what the best
 * foresight would have (ski rental; Karlin, Manasse, Rudolph and Sleator, <i>Competitive Snoopy
 * Caching</i>, Algorithmica 3, 1988). So nothing is consolidated that is not read, and what is
 * overwritten again and again is not rewritten more often than it is restored.
 */
public final class Consolidator {
  /** In one step: most of those that are looked at are not worth it yet. */
  private static final int LOOKS_MAX = 16;

  private final MoveTools tools;
  private final SegmentCleaner cleaner;
  private final ScatteredReads reads;
  private final StoreEvents events;

  Consolidator(MoveTools tools, SegmentCleaner cleaner, ScatteredReads reads, StoreEvents events) {
    this.tools = tools;
    this.cleaner = cleaner;
    this.reads = reads;
    this.events = events;
  }

  /**
   * Consolidates one tract if one is worth it, and there is room to spare.
   *
   * @return whether one was: there may be another
   * @throws IOException if reading or writing failed; final, as any fault of the log
   */
  public boolean step(CleaningPolicy policy, CleaningPace pace) throws IOException {
    for (int looks = 0; looks < LOOKS_MAX; looks++) {
      Optional<TractKey> tract = reads.worst();
      if (tract.isEmpty() || !isAtLeisure(policy)) {
        return false;
      }
      long bytes = run(tract.get(), reads.pieces(tract.get()));
      if (bytes > 0) {
        pace.copied(bytes, () -> 0);
        return true;
      }
    }
    return false;
  }

  private boolean isAtLeisure(CleaningPolicy policy) throws IOException {
    return cleaner.look().filter(policy::isAtLeisure).isPresent();
  }

  /**
   * Consolidates a tract whatever it is worth, unless its pages lie in order.
   *
   * @return bytes that were written anew
   */
  public long consolidate(TractKey tract) throws IOException {
    return run(tract, Long.MAX_VALUE / SurvivorReader.GAP_BYTES_MAX);
  }

  /**
   * @param rent device reads that were too many
   */
  private long run(TractKey tract, long rent) throws IOException {
    TractMoves moves = new TractMoves(tools);
    Optional<TractMoves.Needed> needed = moves.needed(tract);
    Layer shown = needed.map(found -> shown(found.image(), found.map())).orElse(Layer.NONE);
    if (needed.isEmpty() || pieces(shown) <= piecesMin(shown)) {
      reads.forget(tract);
      return 0;
    }
    long price = 2L * shown.bytes() / SurvivorReader.GAP_BYTES_MAX;
    if (rent < price) {
      reads.dueAt(tract, price);
      return 0;
    }
    reads.forget(tract);
    return write(tract, needed.get(), shown, moves);
  }

  /** What the newest checkpoint shows of a tract, and has content. */
  private static Layer shown(ImageState image, TractMap map) {
    if (image.head().isEmpty()) {
      return Layer.NONE;
    }
    Line line = image.line(image.head().get());
    int[] rows = new int[TractMap.PAGES_MAX];
    int count = 0;
    for (int page = 0; page < TractMap.PAGES_MAX; page++) {
      int row = map.find(page, line);
      if (row >= 0 && map.length(row) > 0) {
        rows[count++] = row;
      }
    }
    return new Layer(map, Arrays.copyOf(rows, count));
  }

  /** How many device reads it takes to read them in their order. */
  private static int pieces(Layer shown) {
    TractMap map = shown.map();
    long end = -1;
    int pieces = 0;
    for (int row : shown.rows()) {
      pieces += map.address(row) == end ? 0 : 1;
      end = map.address(row) + map.length(row);
    }
    return pieces;
  }

  /** One for each record that they would be written to, and one more at the end of a segment. */
  private int piecesMin(Layer shown) {
    return shown.bytes() / tools.moved().payloadBytesMax() + 2;
  }

  private long write(TractKey tract, TractMoves.Needed needed, Layer shown, TractMoves moves)
      throws IOException {
    long began = System.nanoTime();
    SegmentLog log = tools.parts().log();
    TreeSet<Integer> pinned = new TreeSet<>();
    try {
      for (int row : shown.rows()) {
        int segment = (int) (shown.map().address(row) >>> 32);
        if (!pinned.contains(segment)) {
          if (!log.pin(segment)) {
            return 0; // An entry came in between, and what it left was given back.
          }
          pinned.add(segment);
        }
      }
      moves.copy(tract, needed, List.of(shown), true);
      moves.sync();
      moves.publish();
    } catch (DiskFullException _) {
      return 0; // Whatever was appended is dead.
    } finally {
      moves.release();
      for (int segment : pinned) {
        log.unpin(segment);
      }
    }
    events.on(
        new StoreEvent.TractConsolidated(
            tract, moves.copiedBytes(), pieces(shown), System.nanoTime() - began));
    return moves.copiedBytes();
  }
}
