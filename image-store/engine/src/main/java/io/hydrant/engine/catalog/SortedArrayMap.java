package io.hydrant.engine.catalog;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * An immutable sorted map: one array of rows, searched by halving. A change copies the array, which
 * for 10,000 rows takes a few microseconds, and shares the rows.
 */
final class SortedArrayMap<K extends Comparable<? super K>, V> extends AbstractMap<K, V>
    implements SortedMap<K, V> {
  private final Map.Entry<K, V>[] rows;
  private final int from;
  private final int to;

  private SortedArrayMap(Map.Entry<K, V>[] rows, int from, int to) {
    this.rows = rows;
    this.from = from;
    this.to = to;
  }

  static <K extends Comparable<? super K>, V> SortedArrayMap<K, V> empty() {
    return new SortedArrayMap<K, V>(newRows(0), 0, 0);
  }

  /** From keys that ascend already. */
  static <K extends Comparable<? super K>, V> SortedArrayMap<K, V> ofAscending(
      Iterable<V> values, java.util.function.Function<V, K> key, int count) {
    Map.Entry<K, V>[] rows = newRows(count);
    int at = 0;
    for (V value : values) {
      rows[at++] = Map.entry(key.apply(value), value);
    }
    return new SortedArrayMap<>(rows, 0, count);
  }

  /** With this row added, or replaced. */
  SortedArrayMap<K, V> plus(K key, V value) {
    int found = search(key);
    int at = found >= 0 ? found : -found - 1;
    int behind = found >= 0 ? at + 1 : at;
    Map.Entry<K, V>[] grown = newRows(at - from + 1 + to - behind);
    System.arraycopy(rows, from, grown, 0, at - from);
    grown[at - from] = Map.entry(key, value);
    System.arraycopy(rows, behind, grown, at - from + 1, to - behind);
    return new SortedArrayMap<>(grown, 0, grown.length);
  }

  /** Without the rows of these keys. */
  SortedArrayMap<K, V> without(Collection<K> keys) {
    int[] gone = indexesOf(keys);
    if (gone.length == 0) {
      return this;
    }
    Map.Entry<K, V>[] left = without(Arrays.copyOfRange(rows, from, to), gone);
    return new SortedArrayMap<>(left, 0, left.length);
  }

  /** Places of those keys that are here, ascending. */
  int[] indexesOf(Collection<K> keys) {
    return keys.stream()
        .mapToInt(this::indexOf)
        .filter(index -> index >= 0)
        .sorted()
        .distinct()
        .toArray();
  }

  /** What is left of an array without some places, which ascend. */
  static <T> T[] without(T[] all, int[] gone) {
    T[] left = Arrays.copyOf(all, all.length - gone.length);
    int from = 0;
    for (int i = 0; i <= gone.length; i++) {
      int to = i == gone.length ? all.length : gone[i];
      System.arraycopy(all, from, left, from - i, to - from);
      from = to + 1;
    }
    return left;
  }

  /** Place of a key in the order, or a negative number. */
  int indexOf(K key) {
    int found = search(key);
    return found >= 0 ? found - from : -1;
  }

  V valueAt(int index) {
    return rows[from + index].getValue();
  }

  @Override
  public int size() {
    return to - from;
  }

  @Override
  @SuppressWarnings(
      "unchecked") // the contract of Map.get: a key of another type is a ClassCastException
  public @Nullable V get(@Nullable Object key) {
    int found = key == null ? -1 : search((K) key);
    return found >= 0 ? rows[found].getValue() : null;
  }

  @Override
  public boolean containsKey(@Nullable Object key) {
    return get(key) != null;
  }

  @Override
  public @Nullable Comparator<? super K> comparator() {
    return null;
  }

  @Override
  public SortedMap<K, V> subMap(K low, K high) {
    if (low.compareTo(high) > 0) {
      throw new IllegalArgumentException("from " + low + " to " + high);
    }
    int first = lowerBound(low);
    return new SortedArrayMap<>(rows, first, Math.max(first, lowerBound(high)));
  }

  @Override
  public SortedMap<K, V> headMap(K high) {
    return new SortedArrayMap<>(rows, from, lowerBound(high));
  }

  @Override
  public SortedMap<K, V> tailMap(K low) {
    return new SortedArrayMap<>(rows, lowerBound(low), to);
  }

  @Override
  public K firstKey() {
    return row(from).getKey();
  }

  @Override
  public K lastKey() {
    return row(to - 1).getKey();
  }

  @Override
  public Set<Map.Entry<K, V>> entrySet() {
    return new AbstractSet<>() {
      @Override
      public Iterator<Map.Entry<K, V>> iterator() {
        return new RowIterator();
      }

      @Override
      public int size() {
        return SortedArrayMap.this.size();
      }
    };
  }

  private Map.Entry<K, V> row(int at) {
    if (from == to) {
      throw new NoSuchElementException("the map is empty");
    }
    return rows[at];
  }

  private int lowerBound(K key) {
    int found = search(key);
    return found >= 0 ? found : -found - 1;
  }

  /** Place in the array, or -(place to insert) - 1. */
  private int search(K key) {
    int low = from;
    int high = to - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int order = rows[middle].getKey().compareTo(key);
      if (order == 0) {
        return middle;
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -low - 1;
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // Java has no arrays of a generic type
  private static <K, V> Map.Entry<K, V>[] newRows(int count) {
    return new Map.Entry[count];
  }

  private final class RowIterator implements Iterator<Map.Entry<K, V>> {
    private int next = from;

    @Override
    public boolean hasNext() {
      return next < to;
    }

    @Override
    public Map.Entry<K, V> next() {
      if (next >= to) {
        throw new NoSuchElementException();
      }
      return rows[next++];
    }
  }
}
