package io.hydrant.bench.flip;

import io.hydrant.bench.flip.Place.Kind;
import io.hydrant.bench.flip.Place.PageRow;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.TractRows;
import io.hydrant.engine.segment.LogRecord;
import io.hydrant.engine.segment.SegmentInspection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongUnaryOperator;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * All places of a replica's sealed segments where a bit may turn over, read from its files as
 * {@code hydrant inspect} reads them (docs/formats/segment.md).
 *
 * <p>Of payloads only pages that a retained checkpoint shows, and of which the files have one copy,
 * segments that are still filled among them: with two it could not be said from here which one is
 * served.
 */
final class Places {
  private static final int HEADER_BLOCK_BYTES = 4_096;
  private static final int FOOTER_BYTES = 112;
  private static final int HEADER_LENGTH_OFFSET = 16;

  /** Their numbers begin at 2^30. */
  private static final String OF_SURVIVORS = "segment-1";

  private final Map<Kind, List<Place>> byKind = new EnumMap<>(Kind.class);
  private final Map<PageRow, Integer> copies = new HashMap<>();
  private final Predicate<PageRow> live;
  private long deadPages;

  private Places(Predicate<PageRow> live) {
    this.live = live;
    for (Kind kind : Kind.values()) {
      byKind.put(kind, new ArrayList<>());
    }
  }

  /**
   * @param data directory of a server whose segments nobody changes meanwhile
   * @param live whether a retained checkpoint shows a page
   */
  static Places of(Path data, Predicate<PageRow> live) throws IOException {
    Places places = new Places(live);
    List<Path> files;
    try (Stream<Path> all = Files.list(data.resolve("segments"))) {
      files =
          all.filter(file -> file.getFileName().toString().startsWith("segment-"))
              .sorted()
              .toList();
    }
    for (Path file : files) {
      places.add(file);
    }
    places.leaveOutDead();
    return places;
  }

  /** A file from which everything was moved away is only waiting to be given back. */
  private void leaveOutDead() {
    of(Kind.PAYLOAD, place -> copiesOf(place) == 1);
    Set<Path> inUse = new HashSet<>();
    of(Kind.PAYLOAD).forEach(place -> inUse.add(place.file()));
    for (Kind kind : Kind.values()) {
      of(kind, place -> inUse.contains(place.file()));
    }
  }

  private void of(Kind kind, Predicate<Place> kept) {
    byKind.put(kind, of(kind).stream().filter(kept).toList());
  }

  private int copiesOf(Place place) {
    return place.page().map(row -> copies.getOrDefault(row, 0)).orElse(0);
  }

  private void add(Path file) throws IOException {
    SegmentInspection inspection = SegmentInspection.open(file);
    if (inspection.end() == SegmentInspection.End.FOOTER) {
      put(new Place(file, Kind.HEADER_BLOCK, 0, HEADER_BLOCK_BYTES, 0, Optional.empty()));
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      inspection.scan(item -> {
        switch (item) {
          case SegmentInspection.Sound sound -> {
            boolean sealed = inspection.end() == SegmentInspection.End.FOOTER;
            add(new Record(file, sealed, sound, headerBytes(channel, sound)));
          }
          case SegmentInspection.Footing footing ->
              put(part(file, Kind.FOOTER, footing.offset(), FOOTER_BYTES, footing.offset()));
          case SegmentInspection.Damaged damaged ->
              throw new IOException(
                  "damaged before anything was done: %s, %s".formatted(file, damaged));
        }
      });
    }
  }

  private static int headerBytes(FileChannel channel, SegmentInspection.Sound sound)
      throws IOException {
    ByteBuffer length = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    channel.read(length, sound.offset() + HEADER_LENGTH_OFFSET);
    return length.getInt(0);
  }

  /**
   * @param sealed whether its segment is
   */
  private record Record(Path file, boolean sealed, SegmentInspection.Sound sound, int headerBytes) {
    int offset() {
      return sound.offset();
    }
  }

  private void add(Record record) {
    if (record.sealed()) {
      int at = record.offset();
      put(part(record.file(), Kind.RECORD_HEADER, at, record.headerBytes(), at));
    }
    switch (record.sound().record()) {
      case LogRecord.Patch patch -> {
        long first = firstPage(patch.tract(), patch.pageBytes());
        long writer = patch.key().checkpoint().value();
        pages(record, patch.key(), patch.table(), first, _ -> writer);
      }
      case LogRecord.Moved moved -> {
        long first = firstPage(moved.tract(), moved.pageBytes());
        TractRows rows = moved.rows();
        pages(record, moved.key(), rows.table(), first, row -> rows.version((int) row));
      }
      case LogRecord.Slim _, LogRecord.MovedSlim _, LogRecord.Manifest _ -> {}
    }
  }

  private static long firstPage(int tract, int pageBytes) {
    return (long) tract * (RegionSpec.TRACT_BYTES / pageBytes);
  }

  private void pages(
      Record record, CheckpointKey key, PageTable table, long firstPage, LongUnaryOperator writer) {
    int payload = record.offset() + record.headerBytes();
    for (int row = 0; row < table.size(); row++) {
      if (table.length(row) == 0) {
        continue;
      }
      PageRow page =
          new PageRow(
              key.image().value(), firstPage + table.pageInTract(row), writer.applyAsLong(row));
      if (!live.test(page)) {
        deadPages++;
        continue;
      }
      copies.merge(page, 1, Integer::sum);
      if (record.sealed()) {
        int from = payload + table.offset(row);
        put(
            new Place(
                record.file(),
                Kind.PAYLOAD,
                from,
                from + table.length(row),
                record.offset(),
                Optional.of(page)));
      }
    }
  }

  private static Place part(Path file, Kind kind, int from, int bytes, int record) {
    return new Place(file, kind, from, from + bytes, record, Optional.empty());
  }

  private void put(Place place) {
    byKind.getOrDefault(place.kind(), List.of()).add(place);
  }

  /** Of a kind, in the order of files and offsets. */
  List<Place> of(Kind kind) {
    return List.copyOf(byKind.getOrDefault(kind, List.of()));
  }

  /** Sealed ones that are in use. */
  int segments() {
    return of(Kind.HEADER_BLOCK).size();
  }

  /** Of these, the ones that the cleaner has filled. */
  int survivors() {
    return (int)
        of(Kind.HEADER_BLOCK).stream()
            .filter(place -> place.file().getFileName().toString().startsWith(OF_SURVIVORS))
            .count();
  }

  /** Pages in all files that nothing shows any more. */
  long deadPages() {
    return deadPages;
  }
}
