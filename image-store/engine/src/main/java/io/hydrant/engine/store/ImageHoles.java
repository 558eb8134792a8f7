package io.hydrant.engine.store;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.RegionTable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import java.util.stream.LongStream;

/**
 * What of one image is not here; immutable (PROTOCOL R10). Three things make a tract missing at a
 * checkpoint X:
 *
 * <ul>
 *   <li>a <em>missing checkpoint</em> on X's line that changed it, or may have: its bytes are not
 *       (all) here;
 *   <li>a <em>gap</em> that X's line goes through: ids that were committed in entries which never
 *       came here, since metadata was installed instead, or of which no more is remembered. Any of
 *       them may have changed any tract;
 *   <li>that X's line goes back to what is <em>unknown</em>: everything up to some id, of which
 *       what is here may be wrong as well.
 * </ul>
 *
 * And it is here all the same if it was <em>proven</em> at X or at an ancestor behind all that: who
 * compared or fetched the tract as of that ancestor has everything older, and what came since is
 * here.
 *
 * @param missing by checkpoint id, ascending
 * @param gaps by their first id, ascending and disjoint
 * @param unknown the newest id of which nothing is known; 0: there is none
 * @param proven by checkpoint id, ascending; never all tracts at once
 */
record ImageHoles(
    SortedMap<Long, Hole> missing,
    SortedMap<Long, Gap> gaps,
    long unknown,
    SortedMap<Long, TractSet> proven) {
  /** Missing checkpoints of one image: everything that is asked here looks at all of them. */
  static final int HOLES_MAX = 256;

  static final int GAPS_MAX = 256;

  static final ImageHoles NONE =
      new ImageHoles(new TreeMap<>(), new TreeMap<>(), 0, new TreeMap<>());

  ImageHoles {
    missing = Collections.unmodifiableSortedMap(missing);
    gaps = Collections.unmodifiableSortedMap(gaps);
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

  /**
   * A run of ids that are missing.
   *
   * @param last id, inclusive
   * @param index of the first log entry that may have committed one of them
   */
  record Gap(long last, long index) {}

  ImageHoles unknownUpTo(long newest) {
    SortedMap<Long, Hole> unreadable = new TreeMap<>(missing);
    unreadable.values().removeIf(hole -> !hole.unreadable());
    return new ImageHoles(unreadable, new TreeMap<>(), newest, new TreeMap<>());
  }

  /** With all that was proven so far as unknown as all the rest. */
  ImageHoles distrustedUpTo(long newest) {
    return new ImageHoles(missing, gaps, Math.max(unknown, newest), new TreeMap<>());
  }

  boolean isUnknown() {
    return unknown > 0;
  }

  boolean isEmpty() {
    return missing.isEmpty() && gaps.isEmpty() && !isUnknown();
  }

  /** Log index of the first entry whose pages are not all here; what is unknown may be any. */
  long firstIndex() {
    return isUnknown()
        ? 1
        : LongStream.concat(
                missing.values().stream().mapToLong(Hole::index),
                gaps.values().stream().mapToLong(Gap::index))
            .min()
            .orElse(1);
  }

  boolean mayLack(long checkpoint) {
    return isUnknown()
        || !missing.isEmpty() && missing.firstKey() <= checkpoint
        || !gaps.isEmpty() && gaps.firstKey() <= checkpoint;
  }

  boolean isHere(Line line, int region, int tract) {
    long since = newestWholly(line);
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
    List<TractHoles.Run> left = new ArrayList<>();
    for (Map.Entry<Long, Hole> entry : missing.tailMap(proof + 1).entrySet()) {
      if (line.contains(entry.getKey()) && entry.getValue().tracts().has(region, tract)) {
        left.add(new TractHoles.Run(entry.getKey(), entry.getKey()));
      }
    }
    for (Map.Entry<Long, Gap> entry : gaps.entrySet()) {
      long first = Math.max(entry.getKey(), proof + 1);
      long[] runs = line.within(first, entry.getValue().last());
      for (int i = 0; i < runs.length; i += 2) {
        left.add(new TractHoles.Run(runs[i], runs[i + 1]));
      }
    }
    return TractHoles.of(left);
  }

  boolean isSlimHere(long checkpoint) {
    Hole hole = missing.get(checkpoint);
    boolean lacks =
        checkpoint <= unknown
            || gaps.entrySet().stream().anyMatch(gap -> isIn(checkpoint, gap))
            || hole != null && hole.tracts().hasSlim();
    return !lacks || provenAt(checkpoint).hasSlim();
  }

  private static boolean isIn(long checkpoint, Map.Entry<Long, Gap> gap) {
    return gap.getKey() <= checkpoint && checkpoint <= gap.getValue().last();
  }

  private TractSet provenAt(long checkpoint) {
    return proven.getOrDefault(checkpoint, TractSet.NONE);
  }

  /** The newest id on the line that is unknown; 0 if none is. */
  private long newestUnknown(Line line) {
    return unknown == 0 ? 0 : line.newestWithin(1, unknown);
  }

  /** The newest id on the line that may have changed any tract; 0 if there is none. */
  private long newestWholly(Line line) {
    long newest = newestUnknown(line);
    for (Map.Entry<Long, Gap> gap : gaps.entrySet()) {
      newest = Math.max(newest, newestOf(gap, line));
    }
    return newest;
  }

  private static long newestOf(Map.Entry<Long, Gap> gap, Line line) {
    return line.newestWithin(gap.getKey(), gap.getValue().last());
  }

  /** What of the newest checkpoint of a line is not here, tract by tract. */
  TractSet notHere(Line line, RegionTable regions) {
    TractSet every = TractSet.every(regions);
    TractSet lacking = TractSet.NONE;
    long since = newestWholly(line);
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
    long wholly = newestWholly(line);
    long newest = isLacking(line, every, wholly, TractSet.ALL) ? wholly : 0;
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
    return new ImageHoles(more, gaps, unknown, proven);
  }

  ImageHoles without(long checkpoint) {
    SortedMap<Long, Hole> fewer = new TreeMap<>(missing);
    fewer.remove(checkpoint);
    return new ImageHoles(fewer, gaps, unknown, proven);
  }

  /** As {@link #withGap}, of several runs; not more gaps than can be told to others. */
  ImageHoles withGaps(long[] runs, long index) {
    // The oldest at once: each gap costs a look at all others.
    int joined = Math.max(0, runs.length - 2 * GAPS_MAX);
    ImageHoles more = runs.length == 0 ? this : withGap(runs[0], runs[joined + 1], index);
    for (int i = joined + 2; i < runs.length; i += 2) {
      more = more.withGap(runs[i], runs[i + 1], index);
    }
    return more.withFewerGaps();
  }

  /**
   * With ids that are missing from the first to the last one, but for those noted one by one.
   *
   * @param index of the first log entry that may have committed one of them
   */
  ImageHoles withGap(long first, long last, long index) {
    if (first > last) {
      return this;
    }
    long low = first;
    long high = last;
    long since = index;
    SortedMap<Long, Gap> more = new TreeMap<>();
    for (Map.Entry<Long, Gap> entry : gaps.entrySet()) {
      Gap gap = entry.getValue();
      if (gap.last() < first - 1 || entry.getKey() > last + 1) {
        more.put(entry.getKey(), gap);
      } else {
        low = Math.min(low, entry.getKey());
        high = Math.max(high, gap.last());
        since = Math.min(since, gap.index());
      }
    }
    for (long noted : missing.subMap(low, high + 1).keySet()) {
      if (low < noted) {
        more.put(low, new Gap(noted - 1, since));
      }
      low = noted + 1;
    }
    if (low <= high) {
      more.put(low, new Gap(high, since));
    }
    return new ImageHoles(missing, more, unknown, proven);
  }

  /**
   * With its oldest holes as gaps, until there are not too many: who lacks so much is repaired as
   * after an install. Bytes that could not be read are not forgotten so: nobody else may have them.
   *
   * @param mayFold of a missing checkpoint, whether nothing of it is on its way
   */
  ImageHoles folded(LongPredicate mayFold) {
    int tooMany = missing.size() - HOLES_MAX;
    if (tooMany <= 0) {
      return this; // as at almost every commit
    }
    ImageHoles folded = this;
    for (Map.Entry<Long, Hole> entry : missing.entrySet()) {
      if (tooMany > 0 && !entry.getValue().unreadable() && mayFold.test(entry.getKey())) {
        folded =
            folded
                .without(entry.getKey())
                .withGap(entry.getKey(), entry.getKey(), entry.getValue().index());
        tooMany--;
      }
    }
    return folded.withFewerGaps();
  }

  /** With the oldest gaps as one, and what lies between them, if there are too many. */
  private ImageHoles withFewerGaps() {
    int tooMany = gaps.size() - GAPS_MAX;
    if (tooMany <= 0) {
      return this;
    }
    long last = gaps.values().stream().skip(tooMany).findFirst().orElseThrow().last();
    return withGap(gaps.firstKey(), last, Long.MAX_VALUE); // since the first of those that it joins
  }

  ImageHoles proven(long checkpoint, TractSet tracts) {
    SortedMap<Long, TractSet> more = new TreeMap<>(proven);
    more.merge(checkpoint, tracts, TractSet::plus);
    return new ImageHoles(missing, gaps, unknown, more);
  }

  /**
   * @param tracts by checkpoint
   */
  ImageHoles proven(Map<Long, TractSet> tracts) {
    SortedMap<Long, TractSet> more = new TreeMap<>(proven);
    tracts.forEach((checkpoint, set) -> more.merge(checkpoint, set, TractSet::plus));
    return new ImageHoles(missing, gaps, unknown, more);
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
    SortedMap<Long, Gap> left = new TreeMap<>(gaps);
    left.entrySet()
        .removeIf(gap ->
            retained.entrySet().stream()
                .noneMatch(of ->
                    isLacking(
                        of.getKey(), of.getValue(), newestOf(gap, of.getKey()), TractSet.ALL)));
    SortedMap<Long, TractSet> proofs = new TreeMap<>(proven);
    long first =
        known
            ? Math.min(
                holes.isEmpty() ? Long.MAX_VALUE : holes.firstKey(),
                left.isEmpty() ? Long.MAX_VALUE : left.firstKey())
            : 0;
    proofs
        .keySet()
        .removeIf(
            id -> id < first || retained.keySet().stream().noneMatch(line -> line.contains(id)));
    return new ImageHoles(holes, left, known ? 0 : unknown, proofs);
  }

  private boolean isLacking(Line line, TractSet every, long since, TractSet changed) {
    return since > 0 && line.contains(since) && !lacking(line, every, since, changed).isEmpty();
  }
}
