package io.hydrant.node;

import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.replica.Lacking;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.engine.replica.RepairProgress;
import io.hydrant.engine.store.ImageStore;
import io.hydrant.engine.store.MissingView;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this replica has and lacks. Asked for many times a second, so what is dear is looked at less
 * often. Safe for use by many threads.
 */
final class Stocktaking {
  private static final Logger LOG = LoggerFactory.getLogger(Stocktaking.class);

  private static final long LOOK_NANOS_MIN = TimeUnit.MILLISECONDS.toNanos(200);

  /** Looking takes time where much is lacking: at most a twentieth of all time. */
  private static final int REST = 20;

  private final ImageStore store;
  private final FillLevel level;
  private final Supplier<RepairProgress> repair;
  private final LongSupplier nanoTime = System::nanoTime;
  private final InstantSource clock = InstantSource.system();

  /** One looks; the others take what was found last. */
  private final AtomicBoolean looking = new AtomicBoolean();

  private volatile Found found = new Found(Lacking.NOTHING, new InventoryView.Space(0, false));
  private volatile long dueNanos;

  private record Found(Lacking lacking, InventoryView.Space space) {}

  /**
   * @param repair how far this replica is with fetching what it lacks
   */
  Stocktaking(ImageStore store, FillLevel level, Supplier<RepairProgress> repair) {
    this.store = store;
    this.level = level;
    this.repair = repair;
    this.dueNanos = nanoTime.getAsLong();
  }

  InventoryView inventory(PeerLife self) {
    long applied = store.applied().index();
    // Before what is lacking, so that the mark is not said to be higher than it was then.
    long holdMark = store.holdMark();
    long began = nanoTime.getAsLong();
    if (began - dueNanos >= 0 && looking.compareAndSet(false, true)) {
      try {
        List<MissingView.Lack> lacks = new ArrayList<>(store.missing().lacks());
        lacks.addAll(store.missing().damages());
        found = new Found(Lacking.of(lacks, store.catalog()), space());
        long took = nanoTime.getAsLong() - began;
        dueNanos = began + Math.max(LOOK_NANOS_MIN, took * REST);
      } finally {
        looking.set(false);
      }
    }
    Found last = found;
    return new InventoryView(
        self, applied, holdMark, last.lacking(), clock.millis(), last.space(), repair.get());
  }

  private InventoryView.Space space() {
    try {
      FillLevel.Now now = level.now();
      return new InventoryView.Space(
          now.roomBytes(), now.low() || now.refusal().isPresent(), now.refusal().isPresent());
    } catch (IOException e) {
      LOG.warn("the free space is not known: {}", e.toString());
      return new InventoryView.Space(0, true);
    }
  }
}
