package io.hydrant.engine.store;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.RegionTable;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongPredicate;

/**
 * What of one image is not here; immutable (PROTOCOL R10). Two things make a tract missing at a
 * checkpoint X:
 *
 * <ul>
 *   <li>a <em>missing checkpoint</em> on X's line that changed it, or may have: its bytes are not
 *       (all) here;
 *   <li>that X's line goes back to what is <em>unknown</em>: everything that was committed before
 *       metadata was installed over it.
 * </ul>
 *
 * And it is here all the same if it was <em>proven</em> at X or at an ancestor behind all that: who
 * compared or fetched the tract as of that ancestor has everything older, and what came since is
 * here.
 *
 * @param missing by checkpoint id, ascending
 * @param unknown the newest id committed before the metadata was installed; 0: all is known
 * @param proven by checkpoint id, ascending; never all tracts at once
 */
record ImageHoles(SortedMap<Long, Hole> missing, long unknown, SortedMap<Long, TractSet> proven) {
  /** Missing checkpoints of one image: everything that is asked here looks at all of them. */
  static final int HOLES_MAX = 256;

  static final ImageHoles NONE = new ImageHoles(new TreeMap<>(), 0, new TreeMap<>());

  ImageHoles {
    missing = Collections.unmodifiableSortedMap(missing);
    proven = Collections.unmodifiableSortedMap(proven);
  }

  /**
   * A checkpoint whose commit was applied while its bytes were not (all) here.
   *
   * @param digest as its commit states it
   * @param index log index of its commit
   * @param tracts what it changed: all, until its manifest is here
   * @param unreadable its bytes had come, and could not be read
   */
  record Hole(Digest digest, long index, TractSet tracts, boolean unreadable) {
    Hole withUnreadable() {
      return new Hole(digest, index, tracts, true);
    }
  }

  static ImageHoles unknownUpTo(long newest) {
    return new ImageHoles(new TreeMap<>(), newest, new TreeMap<>());
  }

  /** With all that was proven so far as unknown as all the rest. */
  ImageHoles distrustedUpTo(long newest) {
    return new ImageHoles(missing, Math.max(unknown, newest), new TreeMap<>());
  }

  boolean isUnknown() {
    return unknown > 0;
  }

  boolean isEmpty() {
    return missing.isEmpty() && !isUnknown();
  }

  /** Log index of the first entry whose pages are not all here; what is unknown may be any. */
  long firstIndex() {
    return isUnknown() ? 1 : missing.values().stream().mapToLong(Hole::index).min().orElse(1);
  }

  boolean isHere(Line line, int region, int tract) {
    long since = newestUnknown(line);
    for (Map.Entry<Long, Hole> entry : missing.entrySet()) {
      if (entry.getKey() > since
          && line.contains(entry.getKey())
          && entry.getValue().tracts().has(region, tract)) {
        since = entry.getKey();
      }
    }
    if (since == 0) {
      return true;
    }
    for (Map.Entry<Long, TractSet> entry : proven.tailMap(since).entrySet()) {
      if (line.contains(entry.getKey()) && entry.getValue().has(region, tract)) {
        return true;
      }
    }
    return false;
  }

  /** What is left out of a tract as of the newest checkpoint of a line: none if it is here. */
  TractHoles of(Line line, int region, int tract) {
    long proof = 0;
    for (Map.Entry<Long, TractSet> entry : proven.reversed().entrySet()) {
      if (line.contains(entry.getKey()) && entry.getValue().has(region, tract)) {
        proof = entry.getKey();
        break;
      }
    }
    if (newestUnknown(line) > proof) {
      return TractHoles.UNKNOWN;
    }
    SortedSet<Long> left = new TreeSet<>();
    for (Map.Entry<Long, Hole> entry : missing.tailMap(proof + 1).entrySet()) {
      if (line.contains(entry.getKey()) && entry.getValue().tracts().has(region, tract)) {
        left.add(entry.getKey());
      }
    }
    return new TractHoles(false, left);
  }

  boolean isSlimHere(long checkpoint) {
    Hole hole = missing.get(checkpoint);
    boolean lacks = checkpoint <= unknown || hole != null && hole.tracts().hasSlim();
    return !lacks || provenAt(checkpoint).hasSlim();
  }

  private TractSet provenAt(long checkpoint) {
    return proven.getOrDefault(checkpoint, TractSet.NONE);
  }

  /** The newest id on the line that is unknown; 0 if none is. */
  private long newestUnknown(Line line) {
    if (unknown == 0 || line.oldest() > unknown) {
      return 0;
    }
    long[] runs = line.toRuns();
    for (int i = 0; i < runs.length; i += 2) {
      if (runs[i] <= unknown) {
        return Math.min(runs[i + 1], unknown);
      }
    }
    return 0;
  }

  /** What of the newest checkpoint of a line is not here, tract by tract. */
  TractSet notHere(Line line, RegionTable regions) {
    TractSet every = TractSet.every(regions);
    TractSet lacking = TractSet.NONE;
    long since = newestUnknown(line);
    if (since > 0) {
      lacking = lacking(line, every, since, TractSet.ALL);
    }
    for (Map.Entry<Long, Hole> entry : missing.entrySet()) {
      if (line.contains(entry.getKey())) {
        lacking = lacking.plus(lacking(line, every, entry.getKey(), entry.getValue().tracts()));
      }
    }
    return lacking;
  }

  /** What changed at {@code since}, or may have, and was not proven on the line from there on. */
  private TractSet lacking(Line line, TractSet every, long since, TractSet changed) {
    TractSet known = TractSet.NONE;
    for (Map.Entry<Long, TractSet> entry : proven.tailMap(since).entrySet()) {
      if (line.contains(entry.getKey())) {
        known = known.plus(entry.getValue());
      }
    }
    TractSet left = changed.within(every).minus(known);
    boolean slim = since == line.newest() && changed.hasSlim() && !provenAt(since).hasSlim();
    return slim ? left.plusSlim() : left.minus(TractSet.NONE.plusSlim());
  }

  Optional<CheckpointId> unreadableOn(Line line) {
    long newest = 0;
    for (Map.Entry<Long, Hole> entry : missing.entrySet()) {
      if (entry.getValue().unreadable() && line.contains(entry.getKey())) {
        newest = entry.getKey();
      }
    }
    return newest == 0 ? Optional.empty() : Optional.of(new CheckpointId(newest));
  }

  /** The newest checkpoint on the line through which something of its newest one is not here. */
  Optional<CheckpointId> lackingOn(Line line, RegionTable regions) {
    TractSet every = TractSet.every(regions);
    long unknownOn = newestUnknown(line);
    long newest = isLacking(line, every, unknownOn, TractSet.ALL) ? unknownOn : 0;
    for (Map.Entry<Long, Hole> entry : missing.entrySet()) {
      if (entry.getKey() > newest
          && isLacking(line, every, entry.getKey(), entry.getValue().tracts())) {
        newest = entry.getKey();
      }
    }
    return newest == 0 ? Optional.empty() : Optional.of(new CheckpointId(newest));
  }

  ImageHoles with(long checkpoint, Hole hole) {
    SortedMap<Long, Hole> more = new TreeMap<>(missing);
    more.put(checkpoint, hole);
    return new ImageHoles(more, unknown, proven);
  }

  ImageHoles without(long checkpoint) {
    SortedMap<Long, Hole> fewer = new TreeMap<>(missing);
    fewer.remove(checkpoint);
    return new ImageHoles(fewer, unknown, proven);
  }

  /**
   * With its oldest holes as unknown as all that is older, until there are not too many: who lacks
   * so much is repaired as after an install. Bytes that could not be read are not forgotten so:
   * nobody else may have them.
   *
   * @param mayFold of a missing checkpoint, whether nothing of it is on its way
   */
  ImageHoles folded(LongPredicate mayFold) {
    int tooMany = missing.size() - HOLES_MAX;
    if (tooMany <= 0) {
      return this;
    }
    SortedMap<Long, Hole> fewer = new TreeMap<>(missing);
    long newest = unknown;
    for (Map.Entry<Long, Hole> entry : missing.entrySet()) {
      if (tooMany > 0 && !entry.getValue().unreadable() && mayFold.test(entry.getKey())) {
        fewer.remove(entry.getKey());
        newest = Math.max(newest, entry.getKey());
        tooMany--;
      }
    }
    return new ImageHoles(fewer, newest, proven);
  }

  ImageHoles proven(long checkpoint, TractSet tracts) {
    SortedMap<Long, TractSet> more = new TreeMap<>(proven);
    more.merge(checkpoint, tracts, TractSet::plus);
    return new ImageHoles(missing, unknown, more);
  }

  /**
   * @param tracts by checkpoint
   */
  ImageHoles proven(Map<Long, TractSet> tracts) {
    SortedMap<Long, TractSet> more = new TreeMap<>(proven);
    tracts.forEach((checkpoint, set) -> more.merge(checkpoint, set, TractSet::plus));
    return new ImageHoles(missing, unknown, more);
  }

  /**
   * Without what no retained checkpoint lacks.
   *
   * @param retained lines of all retained checkpoints, with their regions
   */
  ImageHoles tidied(Map<Line, RegionTable> retained) {
    Map<RegionTable, TractSet> every = new IdentityHashMap<>(); // as a rule all share one table
    Map<Line, TractSet> tracts = new LinkedHashMap<>();
    retained.forEach(
        (line, regions) -> tracts.put(line, every.computeIfAbsent(regions, TractSet::every)));
    return tidiedOf(tracts);
  }

  private ImageHoles tidiedOf(Map<Line, TractSet> retained) {
    SortedMap<Long, Hole> holes = new TreeMap<>(missing);
    holes
        .entrySet()
        .removeIf(entry ->
            retained.entrySet().stream()
                .noneMatch(of ->
                    isLacking(
                        of.getKey(), of.getValue(), entry.getKey(), entry.getValue().tracts())));
    boolean known =
        retained.entrySet().stream()
            .noneMatch(of ->
                isLacking(of.getKey(), of.getValue(), newestUnknown(of.getKey()), TractSet.ALL));
    SortedMap<Long, TractSet> proofs = new TreeMap<>(proven);
    long first = known ? holes.isEmpty() ? Long.MAX_VALUE : holes.firstKey() : 0;
    proofs
        .keySet()
        .removeIf(
            id -> id < first || retained.keySet().stream().noneMatch(line -> line.contains(id)));
    return new ImageHoles(holes, known ? 0 : unknown, proofs);
  }

  private boolean isLacking(Line line, TractSet every, long since, TractSet changed) {
    return since > 0 && line.contains(since) && !lacking(line, every, since, changed).isEmpty();
  }
}
