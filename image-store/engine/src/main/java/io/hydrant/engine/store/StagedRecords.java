package io.hydrant.engine.store;

import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.segment.Appended;
import io.hydrant.engine.segment.LogRecord;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The facts on disk about one checkpoint that is not final: which of its records were appended
 * where. Grows under its own lock; says nothing about durability.
 */
final class StagedRecords {
  private final CheckpointKey key;
  private final Epoch epoch;
  private final AppendedList patches = new AppendedList();
  private final AppendedList slims = new AppendedList();
  private final AppendedList manifests = new AppendedList();

  private boolean frozen;

  StagedRecords(CheckpointKey key, Epoch epoch) {
    this.key = key;
    this.epoch = epoch;
  }

  CheckpointKey key() {
    return key;
  }

  Epoch epoch() {
    return epoch;
  }

  /** Nothing is added any more: whoever goes on writing is too late. */
  synchronized void freeze() {
    frozen = true;
  }

  /**
   * How many patches from the first on lie before the log's durable end, of which {@code from} are
   * known to.
   */
  synchronized int durablePatches(int from, long durable) {
    int count = from;
    while (count < patches.size()
        && patches.has(count)
        && Long.compareUnsigned(patches.end(count), durable) <= 0) {
      count++;
    }
    return count;
  }

  synchronized void add(LogRecord record, Appended at) {
    if (frozen) {
      return;
    }
    switch (record) {
      case LogRecord.Patch patch -> patches.set(patch.number(), at);
      case LogRecord.Slim slim -> slims.set(slim.number(), at);
      case LogRecord.Manifest manifest -> manifests.set(manifest.number(), at);
      case LogRecord.Moved _, LogRecord.MovedSlim _ ->
          throw new IllegalArgumentException(record.kind() + " is of no staged checkpoint");
    }
  }

  /** Where a patch, or else a slim chunk, lies. */
  synchronized Appended get(boolean patch, int number) {
    return (patch ? patches : slims).get(number);
  }

  /**
   * What its patches and slim chunks take in their segments, with padding: at least their bytes.
   */
  synchronized long extentBytes() {
    return patches.extentBytes() + slims.extentBytes();
  }

  synchronized boolean isEmpty() {
    return patches.size() + slims.size() + manifests.size() == 0;
  }

  AppendedList patches() {
    return patches;
  }

  AppendedList slims() {
    return slims;
  }

  AppendedList manifests() {
    return manifests;
  }

  /** Where they lie. */
  synchronized SortedSet<Integer> segments() {
    SortedSet<Integer> segments = new TreeSet<>();
    for (AppendedList list : lists()) {
      for (int number = 0; number < list.size(); number++) {
        if (list.has(number)) {
          segments.add(list.get(number).record().segment());
        }
      }
    }
    return segments;
  }

  /** Patches, slim chunks, manifest parts: the order of the staged row. */
  List<AppendedList> lists() {
    return List.of(patches, slims, manifests);
  }
}
