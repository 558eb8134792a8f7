package io.hydrant.client;

import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * A protector's books of what it still owes the store: pages become dirty, go into a checkpoint,
 * and are owed again if that checkpoint is not committed (PROTOCOL R5: the union of the dirty
 * sets).
 *
 * <pre>{@code
 * dirty.mark(region, page);                    // as the VM writes
 * DirtyPages.Flight flight = dirty.take();     // at the pause: these go into the next checkpoint
 * flight.forEach((region, pages) -> ...);      // write them
 * writer.commit().whenComplete(
 *     (committed, failure) -> { if (failure == null) flight.committed(); else flight.aborted(); });
 * }</pre>
 *
 * Safe for use by several threads.
 */
public final class DirtyPages {
  private final ArrayDeque<Flight> flights = new ArrayDeque<>();
  private TreeMap<Integer, BitSet> owed = new TreeMap<>();

  /** Notes that a page changed. */
  public void mark(int region, long page) {
    mark(region, page, 1);
  }

  /**
   * Notes that a run of pages changed.
   *
   * @throws ArithmeticException if a page number is 2^31 or above
   */
  public synchronized void mark(int region, long firstPage, long pageCount) {
    owed.computeIfAbsent(region, _ -> new BitSet())
        .set(Math.toIntExact(firstPage), Math.toIntExact(firstPage + pageCount));
  }

  /** All that is owed goes into one checkpoint. */
  public synchronized Flight take() {
    Flight flight = new Flight(owed);
    owed = new TreeMap<>();
    flights.add(flight);
    return flight;
  }

  /** Pages owed and not in flight. */
  public synchronized long owedCount() {
    return count(owed);
  }

  private synchronized void committed(Flight flight) {
    flights.remove(flight);
  }

  /** Later checkpoints build on this one, so they are owed again with it. */
  private synchronized void aborted(Flight flight) {
    if (!flights.contains(flight)) {
      return;
    }
    while (true) {
      Flight last = flights.removeLast();
      last.pages.forEach(
          (region, pages) -> owed.computeIfAbsent(region, _ -> new BitSet()).or(pages));
      if (last == flight) {
        return;
      }
    }
  }

  private static long count(TreeMap<Integer, BitSet> pages) {
    return pages.values().stream().mapToLong(BitSet::cardinality).sum();
  }

  /** The pages of one checkpoint in flight. */
  public final class Flight {
    private final TreeMap<Integer, BitSet> pages;

    private Flight(TreeMap<Integer, BitSet> pages) {
      this.pages = pages;
    }

    public long pageCount() {
      return count(pages);
    }

    /** Each region that has pages, ascending, with its page numbers, ascending. */
    public void forEach(BiConsumer<Integer, long[]> action) {
      pages.forEach((region, set) -> action.accept(region, set.stream().asLongStream().toArray()));
    }

    /** The store has them. */
    public void committed() {
      DirtyPages.this.committed(this);
    }

    /**
     * They are owed again, and with them those of later checkpoints. Doing it twice is harmless.
     */
    public void aborted() {
      DirtyPages.this.aborted(this);
    }
  }
}
