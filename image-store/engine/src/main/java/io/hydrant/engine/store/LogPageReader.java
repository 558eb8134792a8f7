package io.hydrant.engine.store;

import static java.util.Objects.requireNonNull;

import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.codec.PageCodec;
import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.index.PageMaps;
import io.hydrant.engine.index.TractMap;
import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.DamagedPages;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.TractKey;
import io.hydrant.engine.model.TractRows;
import io.hydrant.engine.segment.SegmentLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** {@link PageReader} on the page maps and the segment log. */
final class LogPageReader implements PageReader {
  /**
   * A segment that went while a request was looked up was cleaned: the new map points elsewhere.
   */
  private static final int LOOKUPS_MAX = 8;

  private final PageMaps maps;
  private final MissingTracts missing;
  private final SegmentLog log;
  private final ReadGuard guard;
  private final DamageNotes damage;
  private final ScatteredReads scattered;
  private final ThreadLocal<PageVerifier> verifier;
  private final LongAdder pagesRead = new LongAdder();
  private final LongAdder deviceReads = new LongAdder();
  private final LongAdder tractLookups = new LongAdder();

  /**
   * @param scattered is told what is read in pieces
   * @param guard also says whether a session has not ended: what an ended one reads may be gone
   */
  LogPageReader(
      PageMaps maps,
      MissingTracts missing,
      SegmentLog log,
      PageCodec codec,
      ReadGuard guard,
      DamageNotes damage,
      ScatteredReads scattered) {
    this.maps = maps;
    this.missing = missing;
    this.log = log;
    this.guard = guard;
    this.damage = damage;
    this.scattered = scattered;
    this.verifier = ThreadLocal.withInitial(() -> new PageVerifier(codec));
  }

  @Override
  public PageBatch read(ReadPoint point, int region, long[] pages, ByteBuffer target)
      throws Refusal, IOException {
    RegionSpec spec = requireRegion(point, region);
    requireCount(pages.length, spec);
    Located located = new Located(pages.length);
    Lookup lookup = new Lookup(point, region, spec);
    for (int attempt = 0; attempt < LOOKUPS_MAX; attempt++) {
      located.clear();
      for (long page : pages) {
        lookup.locate(page, located);
      }
      if (readLocated(point, region, spec, located, target)) {
        return located.toBatch();
      }
      lookup.forget();
    }
    throw gone(point, region);
  }

  @Override
  public RangePart readRange(
      ReadPoint point,
      int region,
      long firstPage,
      long endPage,
      boolean skipZero,
      ByteBuffer target)
      throws Refusal, IOException {
    RegionSpec spec = requireRegion(point, region);
    requirePage(point, region, spec, firstPage);
    long end = Math.min(endPage, spec.pages());
    Located located = new Located(PAGES_MAX);
    Lookup lookup = new Lookup(point, region, spec);
    for (int attempt = 0; attempt < LOOKUPS_MAX; attempt++) {
      located.clear();
      long next = locateRange(lookup, located, firstPage, end, skipZero, target.remaining());
      if (readLocated(point, region, spec, located, target)) {
        notePieces(point, region, spec, located);
        return new RangePart(located.toBatch(), next);
      }
      lookup.forget();
    }
    throw gone(point, region);
  }

  /** Pages of a tract that lie in order are one piece. */
  private void notePieces(ReadPoint point, int region, RegionSpec spec, Located located) {
    int row = 0;
    while (row < located.size) {
      int tract = spec.tractOf(located.pages[row]);
      int pieces = 0;
      while (row < located.size && spec.tractOf(located.pages[row]) == tract) {
        pieces += located.hasContent(row) ? 1 : 0;
        row = located.runEnd(row);
      }
      if (pieces > 1) {
        scattered.add(new TractKey(point.session().image(), region, tract), pieces - 1);
      }
    }
  }

  private static long locateRange(
      Lookup lookup, Located located, long firstPage, long end, boolean skipZero, int room)
      throws Refusal, IOException {
    long page = firstPage;
    while (page < end && located.size < PAGES_MAX) {
      lookup.locate(page, located);
      if (located.bytes > room) {
        located.removeLast();
        return page;
      }
      if (skipZero && !located.lastHasContent()) {
        located.removeLast();
      }
      page++;
    }
    return page;
  }

  @Override
  public PageBatch describe(ReadPoint point, int region, long firstPage, int count)
      throws Refusal, IOException {
    RegionSpec spec = requireRegion(point, region);
    if (count < 1 || count > spec.pagesPerTract()) {
      throw new Refusal(
          Rejection.LIMIT_EXCEEDED,
          "%d pages asked at once; 1 to %d are possible".formatted(count, spec.pagesPerTract()));
    }
    Located located = new Located(count);
    Lookup lookup = new Lookup(point, region, spec);
    for (int i = 0; i < count; i++) {
      lookup.locate(firstPage + i, located);
    }
    return located.toBatch();
  }

  @Override
  public Known known(ReadPoint point, int region, int tract) throws Refusal, IOException {
    RegionSpec spec = requireRegion(point, region);
    requirePage(point, region, spec, spec.pageOf(tract, 0));
    requireHere(point, region, spec, tract);
    TractMap map = maps.get(new TractKey(point.session().image(), region, tract));
    // Behind the map: what is marked damaged is left out of maps only then.
    DamagedPages damaged = guard.damaged(point.session().image());
    tractLookups.increment();
    int pages = spec.pagesOfTract(tract);
    TractRows rows = (map == null ? TractMap.empty() : map).rowsAt(point.line(), pages).rows();
    BitSet lost = new BitSet();
    for (int page = 0; page < pages && !damaged.isEmpty(); page++) {
      int row = rows.rowOf(page);
      long found = row < 0 ? rows.zeroVersion() : rows.version(row);
      long newest = damaged.newestOn(point.line(), region, tract, page);
      lost.set(page, newest > 0 && found <= newest);
    }
    return new Known(rows, lost);
  }

  /** Returns false if a segment went meanwhile: look the pages up again. */
  private boolean readLocated(
      ReadPoint point, int region, RegionSpec spec, Located located, ByteBuffer target)
      throws Refusal, IOException {
    if (located.bytes > target.remaining()) {
      throw new Refusal(
          Rejection.LIMIT_EXCEEDED,
          "%d bytes asked at once; at most %d fit".formatted(located.bytes, target.remaining()));
    }
    int base = target.position();
    int row = 0;
    while (row < located.size) {
      int end = located.runEnd(row);
      if (located.hasContent(row)) {
        if (!readRun(point, region, spec, located, row, end, target)) {
          target.position(base);
          return false;
        }
      }
      row = end;
    }
    verify(point, region, spec, located, target, base);
    pagesRead.add(located.size);
    return true;
  }

  private boolean readRun(
      ReadPoint point,
      int region,
      RegionSpec spec,
      Located located,
      int from,
      int end,
      ByteBuffer target)
      throws Refusal, IOException {
    Address address = Address.ofPacked(located.addresses[from]);
    int length = 0;
    for (int row = from; row < end; row++) {
      length += located.lengths[row];
    }
    if (!log.pin(address.segment())) {
      return false;
    }
    int limit = target.limit();
    try {
      target.limit(target.position() + length);
      deviceReads.increment();
      log.read(address, target);
    } catch (CorruptionException e) {
      note(point, region, spec, located, from, end);
      throw damaged(point, "pages from %d on".formatted(located.pages[from]), e.getMessage());
    } finally {
      target.limit(limit);
      log.unpin(address.segment());
    }
    return true;
  }

  private void verify(
      ReadPoint point, int region, RegionSpec spec, Located located, ByteBuffer target, int base)
      throws Refusal, IOException {
    ByteBuffer bytes = target.duplicate();
    PageVerifier pageVerifier = verifier.get();
    int offset = base;
    for (int row = 0; row < located.size; row++) {
      if (!located.hasContent(row)) {
        continue;
      }
      String wrong =
          pageVerifier.check(
              region,
              located.pages[row],
              spec.pageBytes(),
              PageEncoding.ofCode(located.encodings[row]),
              located.checksums[row],
              bytes,
              offset,
              located.lengths[row]);
      if (!wrong.isEmpty()) {
        Address address = Address.ofPacked(located.addresses[row]);
        note(point, region, spec, located, row, row + 1);
        throw damaged(
            point,
            "page %d of region '%s'".formatted(located.pages[row], spec.name()),
            "%s at offset %d: %s".formatted(log.pathOf(address), address.offset(), wrong));
      }
      offset += located.lengths[row];
    }
  }

  private Refusal damaged(ReadPoint point, String what, @Nullable String why) {
    String where = "%s %s, %s".formatted(point.session().image(), point.checkpoint().id(), what);
    damage.report(where, "" + why);
    return new Refusal(
        Rejection.DAMAGED,
        "%s is damaged: %s; it is not served; restore another checkpoint or send a full one"
            .formatted(where, why));
  }

  /**
   * Rows {@code from} to {@code end} are bad: neighbours on the device may be of several tracts.
   */
  private void note(
      ReadPoint point, int region, RegionSpec spec, Located located, int from, int end)
      throws IOException {
    int row = from;
    while (row < end) {
      int tract = spec.tractOf(located.pages[row]);
      int next = row;
      while (next < end && spec.tractOf(located.pages[next]) == tract) {
        next++;
      }
      int[] pages = new int[next - row];
      for (int i = 0; i < pages.length; i++) {
        pages[i] = spec.pageInTract(located.pages[row + i]);
      }
      damage.pages(
          new TractKey(point.session().image(), region, tract),
          pages,
          java.util.Arrays.copyOfRange(located.addresses, row, next));
      row = next;
    }
  }

  private Refusal gone(ReadPoint point, int region) {
    if (!guard.isLive(point)) {
      return ImageStore.sessionEnded();
    }
    return new Refusal(
        Rejection.NOT_HERE,
        "%s %s, region %d: the pages move faster than they can be read; try again"
            .formatted(point.session().image(), point.checkpoint().id(), region));
  }

  /** What this replica has of a tract may be older than the checkpoint (PROTOCOL R10). */
  private void requireHere(ReadPoint point, int region, RegionSpec spec, int tract) throws Refusal {
    if (missing.isHere(point.session().image(), point.line(), region, tract)) {
      return;
    }
    if (!guard.isLive(point)) {
      throw ImageStore.sessionEnded();
    }
    throw new Refusal(
        Rejection.NOT_HERE,
        "%s %s, region '%s', tract %d: its pages are not (all) on this replica; ask another"
            .formatted(point.session().image(), point.checkpoint().id(), spec.name(), tract));
  }

  private static RegionSpec requireRegion(ReadPoint point, int region) throws Refusal {
    if (!point.checkpoint().regions().has(region)) {
      throw new Refusal(
          Rejection.INVALID,
          "%s has no region %d (it has %d regions)"
              .formatted(point.session().image(), region, point.checkpoint().regions().size()));
    }
    return point.checkpoint().regions().get(region);
  }

  private static void requirePage(ReadPoint point, int region, RegionSpec spec, long page)
      throws Refusal {
    if (page < 0 || page >= spec.pages()) {
      throw new Refusal(
          Rejection.INVALID,
          "%s, region %d '%s': page %d is beyond its %d pages"
              .formatted(point.session().image(), region, spec.name(), page, spec.pages()));
    }
  }

  private static void requireCount(int count, RegionSpec spec) throws Refusal {
    if (count < 1
        || count > PAGES_MAX
        || count > 1 && (long) count * spec.pageBytes() > BYTES_MAX) {
      throw new Refusal(
          Rejection.LIMIT_EXCEEDED,
          "%d pages of %d bytes asked at once; 1 to %d pages and at most %d bytes are possible"
              .formatted(count, spec.pageBytes(), PAGES_MAX, BYTES_MAX));
    }
  }

  long pagesRead() {
    return pagesRead.sum();
  }

  long deviceReads() {
    return deviceReads.sum();
  }

  long tractLookups() {
    return tractLookups.sum();
  }

  /** Finds pages of one region; keeps the map of the tract that it saw last. */
  private final class Lookup {
    private final ReadPoint point;
    private final int region;
    private final RegionSpec spec;
    private int tract = -1;
    private @Nullable TractMap map;
    private DamagedPages lost = DamagedPages.NONE;

    Lookup(ReadPoint point, int region, RegionSpec spec) {
      this.point = point;
      this.region = region;
      this.spec = spec;
    }

    void forget() {
      tract = -1;
    }

    void locate(long page, Located located) throws Refusal, IOException {
      requirePage(point, region, spec, page);
      if (tract != spec.tractOf(page)) {
        int wanted = spec.tractOf(page);
        // Before the map: what is filled is merged first and said to be here afterwards.
        requireHere(point, region, spec, wanted);
        map = maps.get(new TractKey(point.session().image(), region, wanted));
        // Behind the map: what is marked damaged is left out of maps only then.
        lost = guard.damaged(point.session().image());
        tract = wanted;
        tractLookups.increment();
      }
      TractMap current = map;
      int row =
          current == null ? TractMap.NONE : current.find(spec.pageInTract(page), point.line());
      requireNotLost(page, current, row);
      if (row == TractMap.NONE || current == null) {
        if (!guard.isLive(point)) {
          throw ImageStore.sessionEnded();
        }
        throw damaged(point, "page %d of region '%s'".formatted(page, spec.name()), "no record");
      }
      if (row == TractMap.ZERO_TRACT) {
        located.add(page, PageEncoding.ZERO.code(), 0, 0, 0);
      } else {
        located.add(
            page,
            current.encodingCode(row),
            current.address(row),
            current.length(row),
            current.checksum(row));
      }
    }

    /** An older version in the place of one that no replica has would be a wrong page. */
    private void requireNotLost(long page, @Nullable TractMap current, int row) throws Refusal {
      long newest = lost.newestOn(point.line(), region, tract, spec.pageInTract(page));
      if (newest == 0) {
        return;
      }
      long found =
          switch (row) {
            case TractMap.NONE -> 0;
            case TractMap.ZERO_TRACT -> newestZero(requireNonNull(current), point.line());
            default -> requireNonNull(current).checkpoint(row);
          };
      if (found <= newest) {
        throw new Refusal(
            Rejection.DAMAGED,
            "%s %s, page %d of region '%s' is damaged: no replica has good bytes of it as checkpoint %d wrote it; restore another checkpoint or send a full one"
                .formatted(
                    point.session().image(), point.checkpoint().id(), page, spec.name(), newest));
      }
    }
  }

  /** The newest declaration on a line that the whole tract is zero. */
  private static long newestZero(TractMap map, Line line) {
    for (int i = 0; i < map.zeroSize(); i++) {
      if (line.contains(map.zeroCheckpoint(i))) {
        return map.zeroCheckpoint(i);
      }
    }
    return 0;
  }

  /**
   * Where pages lie: columns, so that a request allocates a handful of arrays and no object a page.
   */
  private static final class Located {
    final long[] pages;
    final byte[] encodings;
    final long[] addresses;
    final int[] lengths;
    final int[] checksums;
    int size;
    int bytes;

    Located(int capacity) {
      pages = new long[capacity];
      encodings = new byte[capacity];
      addresses = new long[capacity];
      lengths = new int[capacity];
      checksums = new int[capacity];
    }

    void clear() {
      size = 0;
      bytes = 0;
    }

    void add(long page, int encoding, long address, int length, int checksum) {
      pages[size] = page;
      encodings[size] = (byte) encoding;
      addresses[size] = address;
      lengths[size] = length;
      checksums[size] = checksum;
      size++;
      bytes += length;
    }

    void removeLast() {
      size--;
      bytes -= lengths[size];
    }

    boolean hasContent(int row) {
      return lengths[row] > 0;
    }

    boolean lastHasContent() {
      return hasContent(size - 1);
    }

    /**
     * End of the rows whose bytes follow each other on the device, beginning with {@code row};
     * pages without content lie between them at no cost.
     */
    int runEnd(int row) {
      int end = row + 1;
      long next = addresses[row] + lengths[row];
      while (end < size && hasContent(row) && (!hasContent(end) || addresses[end] == next)) {
        next += lengths[end];
        end++;
      }
      return end;
    }

    PageBatch toBatch() {
      if (size == pages.length) {
        return new PageBatch(pages, encodings, lengths, checksums);
      }
      return new PageBatch(
          java.util.Arrays.copyOf(pages, size),
          java.util.Arrays.copyOf(encodings, size),
          java.util.Arrays.copyOf(lengths, size),
          java.util.Arrays.copyOf(checksums, size));
    }
  }
}
