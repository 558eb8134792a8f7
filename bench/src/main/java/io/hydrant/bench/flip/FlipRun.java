package io.hydrant.bench.flip;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.hydrant.bench.Lab;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreProcess;
import io.hydrant.bench.written.WrittenImage;
import io.hydrant.client.RestoreSession;
import io.hydrant.v1.ScrubFinding;
import io.hydrant.v1.ScrubFindingState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Turns bits over in the segments of one running server while images are restored from it, scrubs
 * it, and holds what is found, served and repaired against what was done.
 */
public final class FlipRun {
  /** So long nothing changes: then nobody moves what is about to be struck. */
  private static final long CALM_MILLIS = 2_000;

  private static final long CALM_SECONDS_MAX = 180;
  private static final long REPAIR_SECONDS_MAX = 600;
  private static final long POLL_MILLIS = 100;

  private final Lab lab;
  private final FlipImages.Sizes sizes;
  private final int count;
  private final List<String> violations = new ArrayList<>();
  private @Nullable FlipImages images;

  /**
   * @param count bits to turn over
   */
  public FlipRun(Lab lab, int images, long imageBytes, int increments, int count) {
    this.lab = lab;
    this.sizes = new FlipImages.Sizes(images, imageBytes, increments);
    this.count = count;
  }

  /**
   * Whose bits turn over.
   *
   * @param data its data directory
   * @param alone no other server has anything
   */
  public record Target(StoreClient client, StoreProcess server, Path data, boolean alone) {}

  /**
   * What came of it.
   *
   * @param segments sealed ones before anything was done
   * @param survivors of these, the ones that the cleaner has filled
   * @param deadPages pages in them that nothing shows
   * @param found of each kind: flips, and of these the ones found
   * @param pageNamed flips in pages found with image, checkpoint and page
   * @param fileNamed flips in headers and footers of which only the file is named
   * @param gone flips whose segment was given back before the pass came to it
   * @param passSeconds of the first pass
   * @param repairSeconds from the end of the pass until nothing is damaged any more; 0 alone
   * @param secondFindings of the second pass
   * @param refusedPages pages of retained checkpoints that the server refused in the end
   */
  public record Result(
      int segments,
      int survivors,
      long deadPages,
      List<Found> found,
      int pageNamed,
      int fileNamed,
      int gone,
      double passSeconds,
      long passBytes,
      double repairSeconds,
      int secondFindings,
      Served served,
      long pagesRead,
      long refusedPages,
      long wrongPages,
      List<String> violations) {
    /** All kinds together. */
    public long foundCount() {
      return found.stream().mapToLong(Found::found).sum();
    }
  }

  /** Of one kind of place. */
  public record Found(String kind, long flips, long found) {}

  /** Writes images, and waits until the cleaner of the server that is to be struck is at rest. */
  public void fill(StoreClient client, StoreProcess server) throws Exception {
    images = FlipImages.write(client, sizes, lab.options().seed());
    awaitCalm(server);
  }

  /** Turns bits over once there are images. */
  public Result strike(Target target) throws Exception {
    FlipImages filled = images;
    if (filled == null) {
      throw new IllegalStateException("there are no images yet");
    }
    ManagedChannel channel =
        NettyChannelBuilder.forTarget("dns:///" + target.server().endpoint())
            .usePlaintext()
            .build();
    try {
      awaitCalm(target.server());
      Places places = Places.of(target.data(), filled::isShown);
      List<Flip> flips = Flip.choose(places, count, lab.options().seed());
      lab.say(
          "flips: %d places chosen in %d sealed segments, %d of survivors",
          flips.size(), places.segments(), places.survivors());
      return strike(target, channel, filled, places, flips);
    } finally {
      channel.shutdownNow();
    }
  }

  private Result strike(
      Target target, ManagedChannel channel, FlipImages filled, Places places, List<Flip> flips)
      throws Exception {
    Served served;
    ScrubPass pass;
    List<Verdict> verdicts;
    double repairSeconds = 0;
    int second = 0;
    try (FlipReader reader =
        new FlipReader(target.client(), channel, filled.all(), target.alone())) {
      for (Flip flip : flips) {
        flip.strike();
      }
      pass = ScrubPass.run(channel);
      verdicts = flips.stream().map(flip -> Verdict.of(flip, pass.findings())).toList();
      lab.say(
          "flips: %d findings in %.1f s, %d of %d flips found",
          pass.findings().size(),
          pass.seconds(),
          verdicts.stream().filter(Verdict::isFound).count(),
          flips.size());
      if (!target.alone()) {
        repairSeconds = awaitRepaired(target, channel);
        List<ScrubFinding> again = ScrubPass.run(channel).findings();
        second = again.size();
        again.forEach(each -> violations.add("found by the second pass: " + text(each)));
      }
      reader.awaitRound();
      reader.close();
      served = reader.served();
    }
    served.wrong().forEach(violations::add);
    for (int i = 0; i < flips.size(); i++) {
      if (verdicts.get(i) == Verdict.NOT_FOUND) {
        violations.add("not found: " + flips.get(i));
      }
    }
    Reread reread = reread(target, channel, filled, target.alone() ? flips : List.of());
    return new Result(
        places.segments(),
        places.survivors(),
        places.deadPages(),
        found(flips, verdicts),
        count(verdicts, Verdict.PAGE_NAMED),
        count(verdicts, Verdict.FILE_NAMED),
        count(verdicts, Verdict.GONE),
        pass.seconds(),
        pass.status().getBytesTotal(),
        repairSeconds,
        second,
        served,
        reread.right(),
        reread.refused(),
        reread.wrong() + served.wrong().size(),
        violations);
  }

  private static int count(List<Verdict> verdicts, Verdict which) {
    return (int) verdicts.stream().filter(which::equals).count();
  }

  private static List<Found> found(List<Flip> flips, List<Verdict> verdicts) {
    List<Found> all = new ArrayList<>();
    for (Place.Kind kind : Place.Kind.values()) {
      long of = 0;
      long found = 0;
      for (int i = 0; i < flips.size(); i++) {
        if (flips.get(i).place().kind() == kind) {
          of++;
          found += verdicts.get(i).isFound() ? 1 : 0;
        }
      }
      all.add(new Found(kind.text(), of, found));
    }
    return all;
  }

  private static String text(ScrubFinding finding) {
    return "%s at %d: %s".formatted(finding.getPath(), finding.getOffset(), finding.getWhat());
  }

  /** Waits until the cleaner has nothing to do any more. */
  private static void awaitCalm(StoreProcess server) throws InterruptedException, IOException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(CALM_SECONDS_MAX);
    List<Long> before = List.of();
    long since = System.nanoTime();
    while (System.nanoTime() - since < TimeUnit.MILLISECONDS.toNanos(CALM_MILLIS)) {
      List<Long> now = activity(server);
      if (!now.equals(before)) {
        before = now;
        since = System.nanoTime();
      }
      if (System.nanoTime() > deadline) {
        throw new IOException("the cleaner does not come to rest: " + now);
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  private static List<Long> activity(StoreProcess server) {
    var stats = server.stats();
    Map<String, Long> gauges = stats.getGaugesMap();
    return List.of(
        gauges.getOrDefault("segment_bytes", 0L),
        gauges.getOrDefault("live_bytes", 0L),
        stats.getCountersMap().getOrDefault("segment_cleaned_count", 0L));
  }

  /** Returns the seconds until nothing is damaged any more, by gauges and findings. */
  private double awaitRepaired(Target target, ManagedChannel channel) throws InterruptedException {
    long began = System.nanoTime();
    long deadline = began + TimeUnit.SECONDS.toNanos(REPAIR_SECONDS_MAX);
    while (true) {
      Map<String, Long> gauges = target.server().stats().getGaugesMap();
      long pages = gauges.getOrDefault("damaged_page_count", -1L);
      long segments = gauges.getOrDefault("damaged_segment_count", -1L);
      if (pages == 0 && segments == 0) {
        break;
      }
      if (System.nanoTime() > deadline) {
        violations.add(
            "not repaired within %d s: %d pages and %d segments are damaged"
                .formatted(REPAIR_SECONDS_MAX, pages, segments));
        break;
      }
      Thread.sleep(POLL_MILLIS);
    }
    double seconds = (System.nanoTime() - began) / 1e9;
    ScrubPass.findingsNow(channel).stream()
        .filter(finding -> finding.getState() != ScrubFindingState.SCRUB_FINDING_STATE_REPAIRED)
        .forEach(
            finding -> violations.add("still %s: %s".formatted(finding.getState(), text(finding))));
    return seconds;
  }

  private record Reread(long right, long refused, long wrong) {}

  /** All retained checkpoints, from the struck server alone. */
  private Reread reread(
      Target target, ManagedChannel channel, FlipImages filled, List<Flip> unrepaired)
      throws Exception {
    long right = 0;
    long refused = 0;
    long wrong = 0;
    for (WrittenImage image : filled.all()) {
      for (long checkpoint : image.checkpoints()) {
        BitSet struck = filled.struck(image, checkpoint, unrepaired);
        try (RestoreSession session = target.client().openRestore(image.name(), checkpoint)) {
          LoneReader.Seen seen =
              LoneReader.read(channel, session, image, image.shown(checkpoint).content());
          right += seen.right();
          refused += seen.damaged().cardinality();
          wrong += seen.wrong().size();
          String where = "%s, checkpoint %d".formatted(image.name(), checkpoint);
          seen.wrong().forEach(what -> violations.add(where + ": " + what));
          if (!seen.damaged().equals(struck)) {
            violations.add(
                "%s: pages %s are refused as damaged, and not %s"
                    .formatted(where, seen.damaged(), struck));
          }
        }
      }
    }
    return new Reread(right, refused, wrong);
  }
}
