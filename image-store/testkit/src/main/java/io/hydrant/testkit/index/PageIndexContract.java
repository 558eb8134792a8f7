package io.hydrant.testkit.index;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.index.PageIndex;
import io.hydrant.engine.index.PageIndex.Change;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What every {@link PageIndex} must do; run on the fake and on the real one alike. */
public abstract class PageIndexContract {
  private static final int RANDOM_FLUSHES = 50;

  private @Nullable PageIndex open;

  /** A new, empty index. */
  protected abstract PageIndex create() throws IOException;

  /** What the next process sees of an index that was closed. */
  protected abstract PageIndex reopen(PageIndex closed) throws IOException;

  @AfterEach
  void closeIndex() throws IOException {
    if (open != null) {
      open.close();
    }
  }

  private PageIndex index() throws IOException {
    if (open == null) {
      open = create();
    }
    return open;
  }

  private void reopen() throws IOException {
    PageIndex closed = index();
    closed.close();
    open = reopen(closed);
  }

  @Test
  void absentKeyIsNull() throws IOException {
    assertNull(index().get(key("74")));
    index().flush(List.of(put("74", "01")));
    assertNull(index().get(key("7400")));
    assertNull(index().get(key("73")));
  }

  @Test
  void flushedRowsSurviveReopening() throws IOException {
    index().flush(List.of(put("7401", "0a"), put("7402", "0b"), put("7a", "")));
    index().flush(List.of(put("7401", "0c"), new Change.Delete(key("7402"))));
    reopen();
    assertEquals(List.of("7401=0c", "7a="), rows(""));
    assertArrayEquals(new byte[0], index().get(key("7a")));
    assertNull(index().get(key("7402")));
  }

  @Test
  void keysSortAsUnsignedBytesAndPrefixesEndExactly() throws IOException {
    index()
        .flush(
            List.of(
                put("74ff", "01"),
                put("747f", "02"),
                put("7480", "03"),
                put("74", "04"),
                put("75", "05"),
                put("73ffff", "06"),
                put("74ffff", "07")));
    assertEquals(List.of("74=04", "747f=02", "7480=03", "74ff=01", "74ffff=07"), rows("74"));
    assertEquals(List.of("74ff=01", "74ffff=07"), rows("74ff"));
    assertEquals(List.of(), rows("76"));
  }

  @Test
  void scanEndsWhenTheVisitorSaysSo() throws IOException {
    index().flush(List.of(put("7401", "01"), put("7402", "02"), put("7403", "03")));
    List<String> seen = new ArrayList<>();
    index()
        .scan(
            key("74"),
            (row, _) -> {
              seen.add(HexFormat.of().formatHex(row));
              return seen.size() < 2;
            });
    assertEquals(List.of("7401", "7402"), seen);
  }

  @Test
  void scanMayGetWhileItGoesOn() throws IOException {
    index().flush(List.of(put("7401", "01"), put("7402", "02")));
    List<Integer> seen = new ArrayList<>();
    index()
        .scan(
            key("74"),
            (row, _) -> {
              byte[] value = index().get(row);
              seen.add(value == null ? -1 : (int) value[0]);
              return true;
            });
    assertEquals(List.of(1, 2), seen);
  }

  @Test
  void changesOfOneFlushApplyInOrder() throws IOException {
    index().flush(List.of(put("7401", "01"), put("7402", "02"), put("7501", "03")));
    index()
        .flush(
            List.of(
                put("7403", "aa"),
                new Change.DeletePrefix(key("74")),
                put("7402", "bb"),
                put("7404", "cc"),
                new Change.Delete(key("7404")),
                new Change.Delete(key("7499"))));
    assertEquals(List.of("7402=bb", "7501=03"), rows(""));
    reopen();
    assertEquals(List.of("7402=bb", "7501=03"), rows(""));
  }

  @Test
  void prefixOfHighestBytesCanBeDeleted() throws IOException {
    index()
        .flush(List.of(put("ffff01", "01"), put("ffff", "02"), put("fffe", "03"), put("ff", "04")));
    index().flush(List.of(new Change.DeletePrefix(key("ffff"))));
    assertEquals(List.of("ff=04", "fffe=03"), rows(""));
    index().flush(List.of(new Change.DeletePrefix(key("ff"))));
    assertEquals(List.of(), rows(""));
  }

  @Test
  void emptyFlushDoesNothing() throws IOException {
    index().flush(List.of());
    index().flush(List.of(put("7a", "01")));
    index().flush(List.of());
    assertEquals(List.of("7a=01"), rows(""));
  }

  @Test
  void returnedArraysBelongToTheCaller() throws IOException {
    index().flush(List.of(put("7a", "0102")));
    byte[] value = index().get(key("7a"));
    if (value != null) {
      Arrays.fill(value, (byte) 9);
    }
    assertEquals(List.of("7a=0102"), rows(""));
  }

  @Test
  void randomFlushesEqualAPlainMap() throws IOException {
    long seed = Long.getLong("hydrant.seed", 42);
    Random random = new Random(seed);
    TreeMap<byte[], byte[]> model = new TreeMap<>(Arrays::compareUnsigned);
    for (int flush = 0; flush < RANDOM_FLUSHES; flush++) {
      List<Change> changes = new ArrayList<>();
      for (int i = random.nextInt(20); i >= 0; i--) {
        changes.add(randomChange(random, model));
      }
      index().flush(changes);
      if (random.nextInt(20) == 0) {
        reopen();
      }
      List<String> expected = new ArrayList<>();
      model.forEach((key, value) -> expected.add(text(key, value)));
      assertEquals(expected, rows(""), "after flush " + flush + ", -Dhydrant.seed=" + seed);
    }
  }

  private static Change randomChange(Random random, TreeMap<byte[], byte[]> model) {
    byte[] key = new byte[1 + random.nextInt(3)];
    for (int i = 0; i < key.length; i++) {
      key[i] = (byte) (random.nextInt(4) * 85);
    }
    switch (random.nextInt(8)) {
      case 0 -> {
        model.keySet().removeIf(row -> startsWith(row, key));
        return new Change.DeletePrefix(key);
      }
      case 1, 2 -> {
        model.remove(key);
        return new Change.Delete(key);
      }
      default -> {
        byte[] value = new byte[random.nextInt(40)];
        random.nextBytes(value);
        model.put(key, value);
        return new Change.Put(key, value);
      }
    }
  }

  /** A scan never sees half of a flush. */
  @Test
  void scanSeesOneStateWhileFlushesGoOn() throws Exception {
    PageIndex shared = index();
    shared.flush(both(0));
    AtomicBoolean stop = new AtomicBoolean();
    CountDownLatch scanning = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newSingleThreadExecutor()) {
      Future<Integer> reader =
          threads.submit(() -> {
            int scans = 0;
            while (!stop.get()) {
              List<String> seen = new ArrayList<>();
              shared.scan(key("74"), (_, value) -> seen.add(HexFormat.of().formatHex(value)));
              assertEquals(2, seen.size());
              assertEquals(seen.get(0), seen.get(1));
              scans++;
              scanning.countDown();
            }
            return scans;
          });
      // A reader that fails never counts down; its failure comes out of the future.
      while (!scanning.await(1, TimeUnit.MILLISECONDS) && !reader.isDone()) {
        Thread.onSpinWait();
      }
      for (int i = 1; i <= 20; i++) {
        shared.flush(both(i));
      }
      stop.set(true);
      assertTrue(reader.get() > 0);
    }
  }

  private static List<Change> both(int value) {
    byte[] bytes = {(byte) value};
    return List.of(new Change.Put(key("7401"), bytes), new Change.Put(key("7402"), bytes));
  }

  private List<String> rows(String prefix) throws IOException {
    List<String> rows = new ArrayList<>();
    if (prefix.isEmpty()) {
      for (int first = 0; first < 256; first++) {
        index().scan(new byte[] {(byte) first}, (key, value) -> rows.add(text(key, value)));
      }
    } else {
      index().scan(key(prefix), (key, value) -> rows.add(text(key, value)));
    }
    return rows;
  }

  private static Change put(String key, String value) {
    return new Change.Put(key(key), key(value));
  }

  private static byte[] key(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  private static String text(byte[] key, byte[] value) {
    return HexFormat.of().formatHex(key) + "=" + HexFormat.of().formatHex(value);
  }

  private static boolean startsWith(byte[] key, byte[] prefix) {
    return key.length >= prefix.length
        && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
  }
}
