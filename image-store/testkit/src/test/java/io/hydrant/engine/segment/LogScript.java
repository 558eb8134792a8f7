package io.hydrant.engine.segment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.files.StoreFiles;
import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.StoreIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Drives a log with random operations through any number of lives and knows what must be in it:
 * every record that was durable, in order and bit exact, once; of the others a prefix; nothing
 * else. A record's checkpoint number grows with every attempt to append, is never used again, and
 * is the seed of its content.
 */
final class LogScript {
  static final StoreIdentity IDENTITY =
      new StoreIdentity(new UUID(1, 1), new UUID(2, 2), new UUID(3, 3));

  /** Rolls every few dozen records; some records are larger than a buffer. */
  static final SegmentLogConfig SMALL = new SegmentLogConfig(64 << 10, 8 << 10, 0, 2);

  private final SegmentLogConfig config;
  private final Random random;
  private final List<Entry> entries = new ArrayList<>();
  private final Set<Integer> released = new HashSet<>();
  private @Nullable SegmentLog log;
  private int durableCount;
  private int flushedCount;
  private long scanStart;
  private long survivorsEnd;
  private final List<Entry> survivors = new ArrayList<>();
  private int survivorsSynced;
  private int survivorsFlushed;
  private long nextNumber = 1;

  /** A record that was appended. */
  private static final class Entry {
    private final LogRecord record;
    private final byte[] payload;
    private Appended place;
    private boolean gone;

    private Entry(LogRecord record, byte[] payload, Appended place) {
      this.record = record;
      this.payload = payload;
      this.place = place;
    }

    private long number() {
      return record.key().checkpoint().value();
    }

    @Override
    public String toString() {
      return "record %d at %s".formatted(number(), place);
    }
  }

  LogScript(SegmentLogConfig config, Random random) {
    this.config = config;
    this.random = random;
  }

  SegmentLog log() {
    if (log == null) {
      throw new IllegalStateException("not open");
    }
    return log;
  }

  int size() {
    return entries.size();
  }

  /**
   * Opens the log and compares what it visits with what it must. What it visited counts as durable.
   */
  void open(StoreFiles files) throws IOException {
    int[] next = {flushedCount};
    log = null;
    SegmentLog opened =
        SegmentLog.open(
            files,
            IDENTITY,
            config,
            random,
            scanStart,
            survivorsEnd,
            (record, place) -> next[0] = visit(next[0], record, place));
    log = opened;
    while (next[0] < durableCount) {
      skip(entries.get(next[0]++));
    }
    // Records that were never durable and did not survive have never been.
    entries.subList(next[0], entries.size()).clear();
    durableCount = entries.size();
    // Of survivors only that is of use which a flush has pointed to.
    survivors.subList(survivorsFlushed, survivors.size()).clear();
    survivorsSynced = survivorsFlushed;
    checkAll();
  }

  private int visit(int from, LogRecord record, Appended place) {
    long number = record.key().checkpoint().value();
    int at = from;
    while (at < entries.size() && entries.get(at).number() != number) {
      skip(entries.get(at++));
    }
    assertTrue(at < entries.size(), () -> "visited twice, out of order or invented: " + number);
    Entry entry = entries.get(at);
    assertSame(entry.record, record);
    entry.place = place;
    entry.gone = false;
    durableCount = Math.max(durableCount, at + 1);
    return at + 1;
  }

  /** Not visited: fine only if its segment was given back. */
  private void skip(Entry entry) {
    assertTrue(released.contains(entry.place.record().segment()), () -> "lost: " + entry);
    entry.gone = true;
  }

  /** Reads back everything that must be there. */
  void checkAll() throws IOException {
    checkAll(entries.subList(0, durableCount));
    checkAll(survivors.subList(0, survivorsSynced));
    for (SegmentLog.SegmentInfo segment : log().segments()) {
      if (segment.sealed()) {
        log().visit(segment.segment(), (_, _) -> {}); // to its end, without a bad record
      }
    }
  }

  private void checkAll(List<Entry> expected) throws IOException {
    for (Entry entry : expected) {
      if (!entry.gone && log().pin(entry.place.record().segment())) {
        assertSame(entry.record, log().readRecord(entry.place.record()));
        assertEquals(ByteBuffer.wrap(entry.payload), log().readPayload(entry.place));
        ByteBuffer read = ByteBuffer.allocate(entry.payload.length);
        log().read(entry.place.payload(), read);
        assertEquals(ByteBuffer.wrap(entry.payload), read.flip());
        log().unpin(entry.place.record().segment());
      } else {
        assertTrue(released.contains(entry.place.record().segment()), () -> "lost: " + entry);
      }
    }
  }

  void run(int operations) throws IOException {
    for (int operation = 0; operation < operations; operation++) {
      int chance = random.nextInt(100);
      if (chance < 60) {
        append();
      } else if (chance < 68) {
        move();
      } else if (chance < 84) {
        sync();
      } else if (chance < 90) {
        flush();
      } else if (chance < 97) {
        releaseOne();
      } else {
        sync();
        checkAll();
      }
    }
  }

  /** One record of random kind and size. */
  void append() throws IOException {
    append(randomRecord(nextNumber++));
  }

  private static Entry entry(LogRecord record) {
    byte[] payload = new byte[record.payloadBytes()];
    new Random(record.key().checkpoint().value() * 31 + payload.length).nextBytes(payload);
    return new Entry(record, payload, new Appended(new Address(0, 0), new Address(0, 0), 0));
  }

  /** One record as the cleaner writes it, now and then synced. */
  private void move() throws IOException {
    Entry entry = entry(randomRecord(nextNumber++));
    entry.place =
        log().append(entry.record, ByteBuffer.wrap(entry.payload), AppendUse.CLEANING, _ -> {});
    assertTrue(SegmentFormat.isOfSurvivors(entry.place.record().segment()));
    survivors.add(entry);
    if (random.nextInt(3) == 0) {
      log().syncSurvivors();
      durableCount = entries.size();
      survivorsSynced = survivors.size();
    }
  }

  void append(LogRecord record) throws IOException {
    Entry entry = entry(record);
    // Noted first: a crash in the middle may or may not have appended it.
    entries.add(entry);
    try {
      entry.place = log().append(record, ByteBuffer.wrap(entry.payload));
    } catch (DiskFullException full) {
      entries.removeLast();
      throw full;
    }
    assertEquals(entry.place.end(), log().appended());
  }

  void sync() throws IOException {
    long durable = log().sync();
    assertEquals(log().appended(), durable);
    assertEquals(durable, log().durable());
    durableCount = entries.size();
  }

  /**
   * As the index does: everything so far is durable and known elsewhere; later starts scan from
   * here.
   */
  void flush() throws IOException {
    sync();
    scanStart = log().durable();
    flushedCount = entries.size();
    survivorsEnd = log().survivorsDurable();
    survivorsFlushed = survivorsSynced;
  }

  /** Gives a random sealed segment back. */
  void releaseOne() throws IOException {
    List<Integer> sealed =
        log().segments().stream()
            .filter(SegmentLog.SegmentInfo::sealed)
            .map(SegmentLog.SegmentInfo::segment)
            .toList();
    if (!sealed.isEmpty()) {
      int segment = sealed.get(random.nextInt(sealed.size()));
      released.add(segment);
      log().release(segment);
    }
  }

  private LogRecord randomRecord(long number) {
    CheckpointKey key = CheckpointKey.of(3, number);
    Epoch epoch = new Epoch(random.nextInt(100));
    int size = random.nextInt(12) == 0 ? random.nextInt(25_000) : random.nextInt(6_000);
    return switch (random.nextInt(6)) {
      case 0 -> new LogRecord.Slim(key, epoch, 4, random.nextLong(), random.nextInt(), size);
      case 1 -> new LogRecord.Manifest(key, epoch, 1, size);
      default ->
          new LogRecord.Patch(
              key, epoch, random.nextInt(9), 1, random.nextInt(99), 4096, randomTable(size));
    };
  }

  private PageTable randomTable(int bytesAbout) {
    int count = bytesAbout / 1_000;
    short[] pages = new short[count];
    byte[] encodings = new byte[count];
    int[] lengths = new int[count];
    int[] checksums = new int[count];
    int page = -1;
    for (int row = 0; row < count; row++) {
      page += 1 + random.nextInt(20);
      pages[row] = (short) page;
      PageEncoding encoding = PageEncoding.values()[random.nextInt(4)];
      encodings[row] = (byte) encoding.code();
      lengths[row] = encoding.hasContent() ? 1 + random.nextInt(1_500) : 0;
      checksums[row] = random.nextInt();
    }
    return new PageTable(pages, encodings, lengths, checksums);
  }

  static void assertSame(LogRecord expected, LogRecord actual) {
    assertEquals(describe(expected), describe(actual));
  }

  /** All fields, since page tables have no equality. */
  static String describe(LogRecord record) {
    if (!(record instanceof LogRecord.Patch patch)) {
      return record.toString();
    }
    PageTable table = patch.table();
    List<String> rows = new ArrayList<>();
    for (int row = 0; row < table.size(); row++) {
      rows.add(
          Arrays.toString(
              new int[] {
                table.pageInTract(row),
                table.encodingCode(row),
                table.length(row),
                table.checksum(row)
              }));
    }
    return "%s %s %d %d %d %d %s"
        .formatted(
            patch.key(),
            patch.epoch(),
            patch.number(),
            patch.region(),
            patch.tract(),
            patch.pageBytes(),
            rows);
  }
}
