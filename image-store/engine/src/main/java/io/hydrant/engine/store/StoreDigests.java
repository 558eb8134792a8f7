package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.FrozenCatalog;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.index.MapDigest;
import io.hydrant.engine.index.PageMaps;
import io.hydrant.engine.index.Retained;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.replica.DigestReport;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Hashes what this replica has, as of a DigestAt (PROTOCOL R24). The state is captured while the
 * entry is applied, which copies no map, and hashed in the background, on the thread that writes
 * snapshots: so no flush comes in between but an install's, and then there is no report for this
 * entry. An image that is not wholly here is left out: what is said of it later is no news.
 */
final class StoreDigests {
  private final Catalog catalog;
  private final PageMaps maps;
  private final MissingTracts missing;
  private final Executor executor;
  private final StoreEvents events;
  private final AtomicBoolean underWay = new AtomicBoolean();

  private volatile @Nullable DigestReport last;
  private volatile boolean stopped;

  StoreDigests(StoreParts parts, ImageStorePorts ports) {
    this.catalog = parts.catalog();
    this.maps = parts.maps();
    this.missing = parts.missing();
    this.executor = ports.snapshots();
    this.events = ports.events();
  }

  /** The state as of one entry. */
  private record Captured(
      long index, FrozenCatalog catalog, List<ImageState> whole, PageMaps.View maps) {}

  /** What was found last; any thread. */
  Optional<DigestReport> last() {
    return Optional.ofNullable(last);
  }

  /** Begins, unless the one before is not done yet: it would be late. Within a change. */
  void take(long index) {
    if (underWay.compareAndSet(false, true)) {
      Captured captured = new Captured(index, catalog.freeze(), wholeImages(), maps.view());
      executor.execute(() -> run(captured));
    }
  }

  private List<ImageState> wholeImages() {
    Collection<ImageId> lacking = missing.images().keySet();
    List<ImageState> whole = new ArrayList<>(catalog.images());
    whole.removeIf(image -> lacking.contains(image.id()));
    return whole;
  }

  /** The index is about to be closed: what is under way ends with its next row. */
  void stop() {
    stopped = true;
  }

  private void run(Captured captured) {
    long began = System.nanoTime();
    try {
      Optional<DigestReport> report = report(captured);
      if (report.isPresent()) {
        last = report.get();
        events.on(new StoreEvent.DigestTaken(report.get(), System.nanoTime() - began));
      }
    } catch (CorruptionException e) {
      events.on(new StoreEvent.Damaged(e.path(), "" + e.getMessage()));
    } catch (IOException e) {
      events.on(new StoreEvent.Damaged("page index", "" + e.getMessage()));
    } catch (IllegalStateException e) {
      if (!stopped) {
        throw e;
      }
    } finally {
      underWay.set(false);
    }
  }

  /** Empty if the store was closed, or took over newer metadata, meanwhile. */
  private Optional<DigestReport> report(Captured captured) throws IOException {
    Map<ImageId, Digest> digests = new TreeMap<>();
    for (ImageState image : captured.whole()) {
      MapDigest digest =
          new MapDigest(image.id(), Retained.of(image.retainedLines()), image.damaged());
      boolean valid =
          captured
              .maps()
              .scanImage(
                  image.id(),
                  (key, map) -> {
                    digest.add(key, map);
                    return !stopped;
                  });
      if (!valid || stopped) {
        return Optional.empty();
      }
      digests.put(image.id(), digest.finish());
    }
    return Optional.of(
        DigestReport.of(captured.index(), sha256(captured.catalog().encode()), digests));
  }

  private static Digest sha256(byte[] bytes) {
    try {
      return Digest.of(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
