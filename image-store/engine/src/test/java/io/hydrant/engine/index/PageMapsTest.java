package io.hydrant.engine.index;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.index.PageIndex.Change;
import io.hydrant.engine.index.PageMaps.Frozen;
import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.TractKey;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class PageMapsTest {
  private static final ImageId IMAGE = new ImageId(1);
  private static final long CACHE_BYTES = 1 << 20;

  private final PlainIndex index = new PlainIndex();
  private final PageMaps maps = new PageMaps(index, CACHE_BYTES);

  @Test
  void changedMapsAreSeenAtOnceAndCostNoIndexGet() throws IOException {
    maps.put(key(1), mapOf(5));
    assertEquals(mapOf(5), maps.get(key(1)));
    Frozen frozen = maps.freeze();
    assertEquals(mapOf(5), maps.get(key(1)), "while being flushed");
    maps.put(key(1), mapOf(6));
    assertEquals(mapOf(6), maps.get(key(1)), "changed meanwhile");
    index.flush(frozen.changes());
    maps.flushed(frozen);
    assertEquals(mapOf(6), maps.get(key(1)));
    flush();
    assertEquals(mapOf(6), maps.get(key(1)));
    assertEquals(0, maps.indexGets());
    assertEquals(mapOf(6), new PageMaps(index, CACHE_BYTES).get(key(1)));
  }

  @Test
  void missesAreRememberedUntilTheMapIsWritten() throws IOException {
    assertNull(maps.get(key(1)));
    assertNull(maps.get(key(1)));
    assertEquals(1, maps.indexGets());
    assertEquals(1, index.gets.get());
    maps.put(key(1), mapOf(5));
    flush();
    assertEquals(mapOf(5), maps.get(key(1)));
  }

  @Test
  void emptyMapTakesTheRowAway() throws IOException {
    maps.put(key(1), mapOf(5));
    flush();
    assertEquals(1, index.size());
    maps.put(key(1), TractMap.empty());
    flush();
    assertEquals(0, index.size());
    assertNull(maps.get(key(1)));
  }

  @Test
  void dirtyBytesCountWhatTheIndexLacks() {
    maps.put(key(1), mapOf(5));
    maps.put(key(1), mapOf(6));
    maps.put(key(2), mapOf(7));
    long two = maps.dirtyBytes();
    assertEquals(mapOf(6).heapBytes() + mapOf(7).heapBytes(), two);
    Frozen frozen = maps.freeze();
    assertEquals(two, maps.dirtyBytes());
    maps.put(key(3), mapOf(8));
    assertEquals(two + mapOf(8).heapBytes(), maps.dirtyBytes());
    index.flush(frozen.changes());
    maps.flushed(frozen);
    assertEquals(mapOf(8).heapBytes(), maps.dirtyBytes());
    maps.dropImage(IMAGE);
    assertEquals(0, maps.dirtyBytes());
  }

  @Test
  void changesComeInTheOrderOfKeysAndCanBeMadeAgain() {
    for (int tract : new int[] {9, 3, 200, 1}) {
      maps.put(key(tract), mapOf(5));
    }
    Frozen frozen = maps.freeze();
    List<TractKey> order = new ArrayList<>();
    for (int again = 0; again < 2; again++) {
      order.clear();
      for (Change change : frozen.changes()) {
        if (change instanceof Change.Put(byte[] row, byte[] _)) {
          order.add(parse(row));
        }
      }
      assertEquals(List.of(key(1), key(3), key(9), key(200)), order);
    }
    assertThrows(IllegalStateException.class, maps::freeze);
  }

  @Test
  void cacheKeepsItsBoundAndWhatIsInUse() throws IOException {
    int tracts = 8_000;
    for (int tract = 0; tract < tracts; tract++) {
      maps.put(key(tract), mapOf(5));
    }
    maps.put(key(tracts), mapOf(7));
    flush();
    assertTrue(maps.cachedBytes() <= CACHE_BYTES, maps.cachedBytes() + " bytes");
    assertTrue(maps.cachedBytes() > CACHE_BYTES / 2, maps.cachedBytes() + " bytes");
    maps.get(key(tracts));
    long before = maps.indexGets();
    for (int tract = 0; tract < tracts; tract++) {
      assertEquals(mapOf(5), maps.get(key(tract)));
      assertEquals(mapOf(7), maps.get(key(tracts)));
    }
    assertTrue(maps.indexGets() - before <= tracts, "the one in use was not spared");
    assertTrue(maps.cachedBytes() <= CACHE_BYTES, maps.cachedBytes() + " bytes");
  }

  @Test
  void cacheWithoutRoomStillAnswers() throws IOException {
    PageMaps none = new PageMaps(index, 0);
    none.put(key(1), mapOf(5));
    Frozen frozen = none.freeze();
    index.flush(frozen.changes());
    none.flushed(frozen);
    assertEquals(mapOf(5), none.get(key(1)));
    assertEquals(0, none.cachedBytes());
  }

  @Test
  void droppedImageIsGoneAtOnceAndForEver() throws IOException {
    TractKey other = new TractKey(new ImageId(2), 0, 1);
    maps.put(other, mapOf(9));
    maps.put(key(1), mapOf(5));
    flush();
    index.flush(List.of(new Change.Put(IndexKeys.slim(slim(3)), new byte[] {1})));
    maps.put(key(2), mapOf(6));
    Frozen underWay = maps.freeze();
    maps.put(key(3), mapOf(7));
    maps.dropImage(IMAGE);
    for (int tract = 1; tract <= 3; tract++) {
      assertNull(maps.get(key(tract)));
    }
    assertEquals(List.of(), scanned(IMAGE));
    assertThrows(IllegalStateException.class, () -> maps.put(key(1), mapOf(5)));
    index.flush(underWay.changes());
    maps.flushed(underWay);
    assertNull(maps.get(key(2)));
    assertEquals(4, index.size());
    flush();
    assertEquals(1, index.size(), "tract and slim rows are deleted");
    for (int tract = 1; tract <= 3; tract++) {
      assertNull(maps.get(key(tract)));
    }
    assertEquals(mapOf(9), maps.get(other));
  }

  @Test
  void scanMergesWhatIsNewerThanTheIndex() throws IOException {
    for (int tract = 0; tract < 10; tract += 2) {
      maps.put(key(tract), mapOf(tract));
    }
    flush();
    maps.put(key(3), mapOf(103));
    Frozen frozen = maps.freeze();
    maps.put(key(0), TractMap.empty());
    maps.put(key(4), mapOf(104));
    maps.put(key(11), mapOf(111));
    maps.put(new TractKey(new ImageId(2), 0, 5), mapOf(1));
    assertEquals(List.of("2:2", "3:103", "4:104", "6:6", "8:8", "11:111"), scanned(IMAGE));
    List<String> firstTwo = new ArrayList<>();
    maps.scanImage(
        IMAGE,
        (key, _) -> {
          firstTwo.add("" + key.tract());
          return firstTwo.size() < 2;
        });
    assertEquals(List.of("2", "3"), firstTwo);
    index.flush(frozen.changes());
    maps.flushed(frozen);
  }

  /**
   * A reader that saw the old row must not put it over the newer one that was flushed meanwhile.
   */
  @Test
  void slowReaderDoesNotCacheWhatWasOvertaken() throws Exception {
    maps.put(key(1), mapOf(5));
    flush();
    PageMaps fresh = new PageMaps(index, CACHE_BYTES);
    CountDownLatch seen = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    AtomicBoolean first = new AtomicBoolean(true);
    index.afterGet(() -> {
      if (first.compareAndSet(true, false)) {
        seen.countDown();
        await(goOn);
      }
    });
    try (ExecutorService reader = Executors.newSingleThreadExecutor()) {
      Future<@Nullable TractMap> slow = reader.submit(() -> fresh.get(key(1)));
      await(seen);
      fresh.put(key(1), mapOf(6));
      Frozen frozen = fresh.freeze();
      index.flush(frozen.changes());
      fresh.flushed(frozen);
      goOn.countDown();
      assertEquals(mapOf(5), slow.get());
    }
    assertEquals(mapOf(6), fresh.get(key(1)));
  }

  /**
   * Readers never see a map go back, whatever is applied, frozen, flushed and evicted meanwhile.
   */
  @Test
  void readersNeverSeeAMapGoBack() throws Exception {
    int tracts = 64;
    PageMaps small = new PageMaps(index, 6_000);
    AtomicLongArray published = new AtomicLongArray(tracts);
    AtomicBoolean stop = new AtomicBoolean();
    index.afterGet(Thread::yield);
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<?>> readers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        int seed = i;
        readers.add(
            threads.submit(() -> {
              readUntil(stop, small, published, seed);
              return null;
            }));
      }
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
      Future<?> flush = threads.submit(() -> {});
      for (int version = 1; System.nanoTime() < end; version++) {
        int tract = version * 31 % tracts;
        small.put(key(tract), mapOf(version));
        published.set(tract, version);
        if (version % 50 == 0) {
          flush.get();
          Frozen frozen = small.freeze();
          flush =
              threads.submit(() -> {
                index.flush(frozen.changes());
                small.flushed(frozen);
              });
        }
      }
      stop.set(true);
      flush.get();
      for (Future<?> reader : readers) {
        reader.get();
      }
    }
    for (int tract = 0; tract < tracts; tract++) {
      assertEquals(published.get(tract), checksumOf(small.get(key(tract))));
    }
    assertTrue(small.indexGets() > 0);
  }

  private static void readUntil(
      AtomicBoolean stop, PageMaps maps, AtomicLongArray published, int seed) throws IOException {
    for (int i = seed; !stop.get(); i++) {
      int tract = i * 7 % published.length();
      long atLeast = published.get(tract);
      long seen = checksumOf(maps.get(key(tract)));
      assertTrue(seen >= atLeast, "saw %d after %d".formatted(seen, atLeast));
    }
  }

  @Test
  void damagedRowNamesItsTract() {
    index.flush(List.of(new Change.Put(IndexKeys.tract(key(4)), new byte[20])));
    IOException e = assertThrows(IOException.class, () -> maps.get(key(4)));
    assertTrue(e.toString().contains("map of image#1 region 0 tract 4"), e.toString());
  }

  @Test
  void onlyWhatWasFrozenCanBeFlushed() {
    Frozen frozen = maps.freeze();
    maps.flushed(frozen);
    assertThrows(IllegalStateException.class, () -> maps.flushed(frozen));
    assertSame(0, maps.freeze().size());
  }

  private void flush() {
    Frozen frozen = maps.freeze();
    index.flush(frozen.changes());
    maps.flushed(frozen);
  }

  private List<String> scanned(ImageId image) throws IOException {
    List<String> found = new ArrayList<>();
    maps.scanImage(
        image,
        (key, map) -> {
          found.add(key.tract() + ":" + map.checksum(0));
          return true;
        });
    return found;
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static TractKey key(int tract) {
    return new TractKey(IMAGE, 0, tract);
  }

  private static TractKey parse(byte[] row) {
    try {
      return IndexKeys.parseTract(row);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static CheckpointKey slim(long checkpoint) {
    return CheckpointKey.of(IMAGE.value(), checkpoint);
  }

  private static long checksumOf(@Nullable TractMap map) {
    return map == null ? 0 : map.checksum(0);
  }

  /** A map that is told apart by the checksum of its one row. */
  private static TractMap mapOf(int checksum) {
    PageTable table =
        new PageTable(new short[1], new byte[1], new int[] {4096}, new int[] {checksum});
    return TractMap.empty()
        .merge(
            1,
            table,
            new Address(1, 0),
            Retained.of(List.of(Line.of(1, 1))),
            new SegmentUsage().image(IMAGE));
  }
}
