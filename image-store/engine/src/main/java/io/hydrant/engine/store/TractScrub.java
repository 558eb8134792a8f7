package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.index.PageMaps;
import io.hydrant.engine.index.TractMap;
import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.TractKey;
import io.hydrant.engine.segment.SegmentLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Verifies every row of one tract at a time, in the order of the device, many pages with one read.
 * A map is what it was when it was taken: a row whose segment has gone since is looked up again.
 * One thread.
 */
final class TractScrub {
  /** Of one read: long enough for any device, short enough to get out of a reader's way. */
  private static final int READ_BYTES_MAX = 1 << 20;

  /** Reading over what is not wanted is cheaper than beginning anew. */
  private static final int GAP_BYTES_MAX = 32 << 10;

  private final Catalog catalog;
  private final PageMaps maps;
  private final SegmentLog log;
  private final PageVerifier verifier;
  private final DamageNotes damage;
  private final ScrubReport report;
  private final VerifiedBytes verified;

  /** Of this tract, as the map is that is gone through. */
  private final VerifiedBytes ofTract = new VerifiedBytes();

  private ByteBuffer buffer = ByteBuffer.allocate(0);

  private TractKey key = new TractKey(new ImageId(1), 0, 0);
  private TractMap map = TractMap.empty();
  private int[] rows = {};
  private int next;
  private int lookups;
  private boolean moved;
  private long pagesVerified;

  TractScrub(
      StoreParts parts,
      PageVerifier verifier,
      DamageNotes damage,
      ScrubReport report,
      VerifiedBytes verified) {
    this.catalog = parts.catalog();
    this.maps = parts.maps();
    this.log = parts.log();
    this.verifier = verifier;
    this.damage = damage;
    this.report = report;
    this.verified = verified;
  }

  void begin(TractKey tract) throws IOException {
    key = tract;
    lookups = 0;
    lookUp();
  }

  private void lookUp() throws IOException {
    TractMap found = maps.getUncached(key);
    TractMap now = found == null ? TractMap.empty() : found;
    map = now;
    rows =
        IntStream.range(0, now.size())
            .filter(row -> now.length(row) > 0)
            .boxed()
            .sorted(Comparator.comparing(now::address, Long::compareUnsigned))
            .mapToInt(Integer::intValue)
            .toArray();
    next = 0;
    moved = false;
    ofTract.clear();
  }

  /** Leaves the tract, wherever it is. */
  void leave() {
    rows = new int[0];
    next = 0;
  }

  boolean isDone() {
    return next >= rows.length;
  }

  long pagesVerified() {
    return pagesVerified;
  }

  /**
   * Reads and verifies the next run of rows.
   *
   * @return bytes read
   */
  long step() throws IOException {
    int from = next;
    int end = runEnd(from);
    long read = verify(from, end);
    next = end;
    if (isDone() && moved && ++lookups < TractExtract.LOOKUPS_MAX) {
      lookUp();
    }
    if (isDone()) {
      verified.addAll(ofTract);
      ofTract.clear();
    }
    return read;
  }

  private int runEnd(int from) {
    long start = map.address(rows[from]);
    int end = from + 1;
    while (end < rows.length) {
      long before = endOf(end - 1);
      long at = map.address(rows[end]);
      if (at >>> 32 != start >>> 32
          || at - before > GAP_BYTES_MAX
          || endOf(end) - start > READ_BYTES_MAX) {
        break;
      }
      end++;
    }
    return end;
  }

  private long endOf(int place) {
    return map.address(rows[place]) + map.length(rows[place]);
  }

  private long verify(int from, int end) throws IOException {
    Address start = Address.ofPacked(map.address(rows[from]));
    int bytes = (int) (endOf(end - 1) - start.packed());
    if (!log.pin(start.segment())) {
      moved = true;
      return 0;
    }
    try {
      verify(from, end, read(start, bytes));
    } catch (CorruptionException unreadable) {
      if (end - from == 1) {
        bad(rows[from], String.valueOf(unreadable.getMessage()));
      } else {
        for (int place = from; place < end; place++) {
          verify(place, place + 1);
        }
      }
    } finally {
      log.unpin(start.segment());
    }
    return bytes;
  }

  private ByteBuffer read(Address start, int bytes) throws IOException {
    if (buffer.capacity() < bytes) {
      buffer = ByteBuffer.allocateDirect(Math.max(bytes, READ_BYTES_MAX));
    }
    log.read(start, buffer.clear().limit(bytes));
    return buffer;
  }

  private void verify(int from, int end, ByteBuffer bytes) throws IOException {
    long start = map.address(rows[from]);
    Optional<ImageState> image = catalog.image(key.image());
    List<Line> lines = image.map(ImageState::retainedLines).orElse(List.of());
    for (int place = from; place < end; place++) {
      int row = rows[place];
      Optional<RegionSpec> spec = image.flatMap(state -> specOf(state, lines, row));
      if (spec.isEmpty()) {
        continue; // nothing shows it any more
      }
      String wrong =
          verifier.check(
              key.region(),
              spec.get().pageOf(key.tract(), map.pageInTract(row)),
              spec.get().pageBytes(),
              PageEncoding.ofCode(map.encodingCode(row)),
              map.checksum(row),
              bytes,
              (int) (map.address(row) - start),
              map.length(row));
      pagesVerified++;
      ofTract.add((int) (map.address(row) >>> 32), map.length(row));
      if (!wrong.isEmpty()) {
        bad(row, wrong);
      }
    }
  }

  /** Of the newest retained checkpoint that shows a row: what no reader can ask for is dead. */
  private Optional<RegionSpec> specOf(ImageState image, List<Line> lines, int row) {
    return ShownRows.spec(image, lines, key, map, row);
  }

  private void bad(int row, String what) throws IOException {
    Optional<RegionSpec> spec =
        catalog.image(key.image()).flatMap(image -> specOf(image, image.retainedLines(), row));
    if (spec.isEmpty()) {
      return; // retired meanwhile
    }
    int page = map.pageInTract(row);
    Address address = Address.ofPacked(map.address(row));
    boolean noted = !damage.pages(key, new int[] {page}, new long[] {address.packed()}).isEmpty();
    if (noted || report.isLost(key, page, map.checkpoint(row))) {
      report.bytes(
          new ScrubFinding.Page(
              key,
              spec.get().name(),
              spec.get().pageOf(key.tract(), page),
              new CheckpointId(map.checkpoint(row)),
              page,
              address.packed(),
              log.pathOf(address),
              address.offset(),
              what),
          address.packed());
    }
  }
}
