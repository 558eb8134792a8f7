package io.hydrant.bench.replace;

import io.hydrant.bench.Lab;
import io.hydrant.bench.cadence.GuestStream;
import io.hydrant.bench.cadence.OpenLoop;
import io.hydrant.bench.cadence.SyntheticStream;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.measure.Latencies;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreGroup;
import io.hydrant.bench.store.StoreImage;
import io.hydrant.v1.ReplaceMemberResponse;
import io.hydrant.v1.ReplaceStage;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** One member of a group that is full loses its disk and is replaced while guests are protected. */
public final class ReplaceRun {
  private static final int GUESTS = 3;
  private static final long GUEST_BYTES = 1_000_000;
  private static final Duration GUEST_INTERVAL = Duration.ofMillis(100);
  private static final int POOL_PAGES = 64 << 10;
  private static final long REPLACE_SECONDS_MAX = 900;
  private static final long ASK_MILLIS = 250;

  /** For the guests to keep up with their own moments, before anything is measured. */
  private static final Duration WARM_UP_MAX = Duration.ofMinutes(4);

  private final Lab lab;
  private final int images;
  private final long imageBytes;

  public ReplaceRun(Lab lab, int images, long imageBytes) {
    this.lab = lab;
    this.images = images;
    this.imageBytes = imageBytes;
  }

  /**
   * One replacement.
   *
   * @param calm commits of the guests before the disk was lost
   * @param meanwhile from the request to replace until the new member votes
   * @param seconds of that time
   * @param copySeconds of it, from the first page to the last, as far as the leader tells
   * @param copiedBytes as the leader counted them
   */
  public record Round(
      Latencies calm, Latencies meanwhile, double seconds, double copySeconds, long copiedBytes) {}

  /**
   * @param failures of the guests' commits, in words
   * @param late in how many rounds the guests did not keep up even before the disk was lost
   */
  public record Result(List<Round> rounds, List<String> failures, int late) {}

  /**
   * @param calmTime before each replacement
   */
  public Result run(StoreGroup group, Duration calmTime, int rounds) throws Exception {
    PagePool pool = new PagePool(lab.options().seed(), POOL_PAGES);
    try (StoreClient client = StoreClient.connect(group)) {
      fill(client, pool);
      RunningLoad load = new RunningLoad(client, guests(pool));
      List<Copy> copies = new ArrayList<>();
      int late = 0;
      for (int round = 0; round < rounds; round++) {
        late += load.awaitCalm(WARM_UP_MAX) ? 0 : 1;
        copies.add(loseAndReplace(group, calmTime));
        lab.say("replace: %d of %d", round + 1, rounds);
      }
      List<OpenLoop.Moment> moments = load.end();
      List<Round> ended = new ArrayList<>();
      for (Copy copy : copies) {
        Latencies calm = RunningLoad.within(moments, copy.before().begin(), copy.before().end());
        Latencies meanwhile = RunningLoad.within(moments, copy.asked(), copy.done());
        if (calm.count() == 0 || meanwhile.count() == 0) {
          throw new IOException("the guests' commits ended too early: " + load.failures());
        }
        ended.add(
            new Round(
                calm,
                meanwhile,
                (copy.done() - copy.asked()) / 1e9,
                (copy.lastPage() - copy.firstPage()) / 1e9,
                copy.bytes()));
      }
      return new Result(ended, load.failures(), late);
    }
  }

  /** A follower's disk is lost after a calm time. */
  private Copy loseAndReplace(StoreGroup group, Duration calmTime) throws Exception {
    long calmBegin = System.nanoTime();
    Thread.sleep(calmTime);
    int member = (group.awaitCalm() + 1) % StoreGroup.MEMBERS;
    String dead = group.node(member);
    long calmEnd = System.nanoTime();
    group.wipe(member);
    group.launch(member);
    group.process(member).awaitReady();
    return replace(group, dead, member, new Calm(calmBegin, calmEnd));
  }

  private void fill(StoreClient client, PagePool pool) throws Exception {
    for (int i = 0; i < images; i++) {
      String name = "replace-" + i;
      StoreImage image = client.create(name, imageBytes);
      client.written(image, name, imageBytes, to -> to.writeFull(pool)).close();
      lab.say("replace: wrote image %d of %d", i + 1, images);
    }
  }

  private List<GuestStream> guests(PagePool pool) {
    List<GuestStream> guests = new ArrayList<>();
    for (int i = 0; i < GUESTS; i++) {
      guests.add(
          new SyntheticStream(
              "guest " + i, GUEST_INTERVAL, GUEST_BYTES, pool, lab.options().seed() + i));
    }
    return guests;
  }

  /** On the clock of {@link System#nanoTime}, as the moments of a {@link Copy}. */
  private record Calm(long begin, long end) {}

  /** Moments of a replacement. */
  private record Copy(
      Calm before, long asked, long firstPage, long lastPage, long done, long bytes) {}

  private Copy replace(StoreGroup group, String dead, int with, Calm before)
      throws IOException, InterruptedException {
    long asked = System.nanoTime();
    long deadline = asked + TimeUnit.SECONDS.toNanos(REPLACE_SECONDS_MAX);
    long firstPage = 0;
    long lastPage = 0;
    long bytes = 0;
    ReplaceStage told = ReplaceStage.REPLACE_STAGE_UNSPECIFIED;
    while (System.nanoTime() < deadline) {
      Optional<ReplaceMemberResponse> answer = group.replace(dead, with);
      if (answer.isPresent()) {
        long now = System.nanoTime();
        ReplaceStage stage = answer.get().getStage();
        if (stage != told) {
          told = stage;
          lab.say("replace: %s after %.1f s", stage, (now - asked) / 1e9);
        }
        bytes = Math.max(bytes, answer.get().getBytesDone());
        firstPage = firstPage == 0 && bytes > 0 ? now : firstPage;
        if (stage == ReplaceStage.REPLACE_STAGE_JOINING
            || stage == ReplaceStage.REPLACE_STAGE_COPYING) {
          lastPage = now;
        }
        if (stage == ReplaceStage.REPLACE_STAGE_DONE) {
          return new Copy(before, asked, firstPage, Math.max(lastPage, firstPage), now, bytes);
        }
      }
      Thread.sleep(ASK_MILLIS);
    }
    throw new IOException(
        "the member was not replaced within " + REPLACE_SECONDS_MAX + " s; last stage " + told);
  }
}
