package io.hydrant.engine.store;

import io.hydrant.engine.model.Address;
import io.hydrant.engine.segment.Appended;
import java.util.Arrays;

/**
 * Where the numbered records (patches, slim chunks or manifest parts) of one checkpoint lie, 24
 * bytes each: a checkpoint of a terabyte has a million patches.
 */
final class AppendedList {
  private static final int COLUMNS = 3;

  private long[] columns = new long[4 * COLUMNS];
  private int size;

  int size() {
    return size;
  }

  void add(Appended at) {
    set(size, at);
  }

  /** Sets a record's place; numbers may come in any order (recovery). */
  void set(int number, Appended at) {
    int base = number * COLUMNS;
    if (base + COLUMNS > columns.length) {
      columns = Arrays.copyOf(columns, Math.max(base + COLUMNS, columns.length * 2));
    }
    columns[base] = at.record().packed();
    columns[base + 1] = at.payload().packed();
    columns[base + 2] = at.end();
    size = Math.max(size, number + 1);
  }

  /** Whether the number was set: no record ends at 0. */
  boolean has(int number) {
    return number < size && columns[number * COLUMNS + 2] != 0;
  }

  Appended get(int number) {
    int base = number * COLUMNS;
    return new Appended(
        Address.ofPacked(columns[base]), Address.ofPacked(columns[base + 1]), columns[base + 2]);
  }

  long end(int number) {
    return columns[number * COLUMNS + 2];
  }

  /** Of the payloads that are there, each up to the end of its record. */
  long extentBytes() {
    long bytes = 0;
    for (int number = 0; number < size; number++) {
      if (has(number)) {
        bytes += end(number) - columns[number * COLUMNS + 1];
      }
    }
    return bytes;
  }

  /** Whether records 0 to {@code count}-1 are all there. */
  boolean isComplete(int count) {
    if (size < count) {
      return false;
    }
    for (int number = 0; number < count; number++) {
      if (!has(number)) {
        return false;
      }
    }
    return true;
  }
}
