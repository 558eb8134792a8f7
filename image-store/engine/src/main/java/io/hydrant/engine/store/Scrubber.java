package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.codec.PageCodec;
import io.hydrant.engine.index.SegmentUsage;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.segment.SegmentLog;
import io.hydrant.engine.segment.SegmentLog.SegmentInfo;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * Verifies everything live on this replica's disk in small steps, so that damage is found while
 * other replicas have good copies, and not when a page is needed. Knows no time and no thread: who
 * steps, and how fast, is decided elsewhere.
 *
 * <pre>
 * idle
 * images    every row of every page map and every slim state, by the bytes that it points to; bad
 *           ones are noted as damaged: not served, and repaired from a peer if there is one
 * segments  what every sealed segment says of itself: header, seal, records, footer; one with
 *           anything bad is to be evacuated
 * idle
 * </pre>
 *
 * <p>What is written while a pass runs may be left to the next one. What is retired, moved or
 * dropped meanwhile is no finding. {@link #begin}, {@link #resume} and {@link #step} belong to one
 * thread; the rest is safe from any.
 */
public final class Scrubber {
  /** Tracts without content cost an index get each: a step ends after some, whatever it read. */
  private static final int CALLS_MAX = 256;

  private final Catalog catalog;
  private final SegmentLog log;
  private final SegmentUsage usage;
  private final StoreWriter writer;
  private final TractScrub tractScrub;
  private final ImageScrub imageScrub;
  private final SegmentScrub segmentScrub;
  private final ScrubReport report;
  private final VerifiedBytes verified = new VerifiedBytes();

  private final Deque<ImageId> images = new ArrayDeque<>();
  private final Deque<SegmentInfo> segments = new ArrayDeque<>();
  private long image = ScrubCursor.SEGMENTS;
  private int segment;
  private long segmentBytes;
  private boolean running;
  private long pagesBefore;
  private long bytesDone;
  private long bytesTotal;
  private long bytesRead;
  private volatile ScrubProgress progress = ScrubProgress.NONE;

  Scrubber(
      StoreParts parts,
      StoreWriter writer,
      LogSlimReader slims,
      PageCodec codec,
      DamageNotes damage,
      ScrubReport report) {
    this.catalog = parts.catalog();
    this.log = parts.log();
    this.usage = parts.usage();
    this.writer = writer;
    this.report = report;
    PageVerifier verifier = new PageVerifier(codec);
    this.tractScrub = new TractScrub(parts, verifier, damage, report, verified);
    this.imageScrub = new ImageScrub(parts, slims, tractScrub, damage, report, verified);
    this.segmentScrub = new SegmentScrub(parts, verifier, report, verified);
  }

  /** Begins a pass; what the one before found is forgotten. */
  public void begin() throws IOException {
    resume(ScrubCursor.BEGIN);
  }

  /** Begins a pass where another life of this replica was. */
  public void resume(ScrubCursor at) throws IOException {
    report.clear();
    images.clear();
    segments.clear();
    segmentScrub.leave();
    verified.clear();
    catalog.images().stream()
        .map(state -> state.id())
        .filter(id -> id.value() >= at.image())
        .sorted()
        .forEach(images::add);
    image = ScrubCursor.SEGMENTS;
    segment = at.segment();
    pagesBefore = tractScrub.pagesVerified();
    bytesRead = 0;
    bytesDone = at.bytesDone();
    bytesTotal =
        writer.tryChange(usage::live).orElse(0L)
            + sealed().stream().mapToLong(SegmentInfo::usedBytes).sum();
    running = true;
    if (images.isEmpty() || at.image() == ScrubCursor.SEGMENTS) {
      beginSegments();
    } else {
      ImageId first = images.peekFirst();
      boolean same = first.value() == at.image();
      nextImage(same ? at.region() : 0, same ? at.tract() : 0);
    }
    publish();
  }

  private List<SegmentInfo> sealed() {
    return log.segments().stream().filter(SegmentInfo::sealed).toList();
  }

  private void nextImage(int region, int tract) {
    ImageId next = images.removeFirst();
    image = next.value();
    imageScrub.begin(next, region, tract);
  }

  private void beginSegments() {
    image = ScrubCursor.SEGMENTS;
    sealed().stream()
        .filter(info -> Integer.compareUnsigned(info.segment(), segment) > 0)
        .forEach(segments::add);
  }

  /**
   * What came of a step.
   *
   * @param bytes read: a little more than was asked for, since runs of pages and slim states are
   *     read whole
   * @param ended whether the pass has ended with it
   */
  public record Step(long bytes, boolean ended) {}

  /**
   * Goes on with the pass until about so many bytes were read. Holds no lock meanwhile.
   *
   * @throws IOException if this replica's own disk failed otherwise than by bad bytes: final
   * @throws IllegalStateException if no pass was begun
   */
  public Step step(long budgetBytes) throws IOException {
    if (!running) {
      throw new IllegalStateException("no pass was begun");
    }
    long read = 0;
    int calls = 0;
    while (running && read < budgetBytes && ++calls <= CALLS_MAX) {
      read += image == ScrubCursor.SEGMENTS ? stepSegments(budgetBytes - read) : stepImages();
    }
    bytesRead += read;
    publish();
    return new Step(read, !running);
  }

  private long stepImages() throws IOException {
    if (imageScrub.isDone()) {
      if (images.isEmpty()) {
        beginSegments();
      } else {
        nextImage(0, 0);
      }
      return 0;
    }
    long read = imageScrub.step();
    bytesDone += read;
    return read;
  }

  private long stepSegments(long budgetBytes) throws IOException {
    if (!segmentScrub.isDone()) {
      long read = segmentScrub.step(budgetBytes);
      if (segmentScrub.isDone()) {
        bytesDone += segmentBytes;
      }
      return read;
    }
    SegmentInfo next = segments.pollFirst();
    if (next == null) {
      running = false;
      return 0;
    }
    segment = next.segment();
    segmentBytes = next.usedBytes();
    segmentScrub.begin(segment);
    return 0;
  }

  private void publish() {
    progress =
        new ScrubProgress(
            running,
            running ? Math.min(bytesDone, bytesTotal) : bytesTotal,
            bytesTotal,
            bytesRead,
            tractScrub.pagesVerified() - pagesBefore,
            report.badPages(),
            report.badSegmentParts());
  }

  /** Where the pass is; the thread that steps. */
  public ScrubCursor cursor() {
    boolean images = image != ScrubCursor.SEGMENTS;
    int checked = segmentScrub.isDone() ? segment : segment - 1;
    return new ScrubCursor(
        image,
        images ? imageScrub.region() : 0,
        images ? imageScrub.tract() : 0,
        images ? 0 : checked,
        bytesDone);
  }

  public ScrubProgress progress() {
    return progress;
  }

  /** What the pass, or the last one if none runs, has found. */
  public List<ScrubFinding> findings() {
    return report.findings();
  }

  /** What has become of a finding by now. */
  public ScrubFinding.State stateOf(ScrubFinding finding) {
    return report.stateOf(finding);
  }
}
