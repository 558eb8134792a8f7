package io.hydrant.engine.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.NoSuchElementException;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class SortedArrayMapTest {
  @Test
  void equalsATreeMap() {
    for (long seed = 1; seed <= 200; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      TreeMap<Integer, String> expected = new TreeMap<>();
      SortedArrayMap<Integer, String> map = SortedArrayMap.empty();
      for (int i = 0; i < 60; i++) {
        int key = random.nextInt(40);
        SortedArrayMap<Integer, String> before = map;
        List<Integer> keysBefore = List.copyOf(map.keySet());
        if (random.nextInt(3) > 0) {
          map = map.plus(key, "v" + i);
          expected.put(key, "v" + i);
        } else {
          TreeSet<Integer> gone = new TreeSet<>(List.of(key, key + 1));
          map = map.without(gone);
          expected.keySet().removeAll(gone);
        }
        assertEquals(keysBefore, List.copyOf(before.keySet()), "immutable");
      }
      same(expected, map);
      int low = random.nextInt(20);
      int high = low + random.nextInt(25);
      same(expected.subMap(low, high), map.subMap(low, high));
      same(expected.headMap(high), map.headMap(high));
      same(expected.tailMap(low), map.tailMap(low));
      same(expected.tailMap(low).headMap(high), map.tailMap(low).headMap(high));
      SortedArrayMap<Integer, String> view =
          (SortedArrayMap<Integer, String>) map.subMap(low, high);
      TreeMap<Integer, String> copy = new TreeMap<>(expected.subMap(low, high));
      copy.put(high, "new");
      same(copy, view.plus(high, "new"));
    }
  }

  private static void same(SortedMap<Integer, String> expected, SortedMap<Integer, String> map) {
    assertEquals(expected, map);
    assertEquals(List.copyOf(expected.entrySet()), List.copyOf(map.entrySet()));
    assertEquals(expected.size(), map.size());
    for (int key = -1; key < 70; key++) {
      assertEquals(expected.get(key), map.get(key));
      assertEquals(expected.containsKey(key), map.containsKey(key));
    }
    if (expected.isEmpty()) {
      assertThrows(NoSuchElementException.class, map::firstKey);
      assertThrows(NoSuchElementException.class, map::lastKey);
    } else {
      assertEquals(expected.firstKey(), map.firstKey());
      assertEquals(expected.lastKey(), map.lastKey());
      assertEquals(List.copyOf(expected.reversed().keySet()), List.copyOf(map.reversed().keySet()));
    }
  }

  @Test
  void cannotBeChanged() {
    SortedArrayMap<Integer, String> map = SortedArrayMap.<Integer, String>empty().plus(1, "one");
    assertThrows(UnsupportedOperationException.class, () -> map.put(2, "two"));
    assertThrows(UnsupportedOperationException.class, () -> map.remove(1));
    assertThrows(UnsupportedOperationException.class, map::pollFirstEntry);
    assertThrows(UnsupportedOperationException.class, map::clear);
    assertSame(map, map.without(new TreeSet<>(List.of(5))));
  }
}
