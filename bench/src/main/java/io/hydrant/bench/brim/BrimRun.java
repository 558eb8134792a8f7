package io.hydrant.bench.brim;

import io.hydrant.bench.Lab;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreProcess;
import io.hydrant.bench.written.WrittenImage;
import io.hydrant.client.HydrantException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Fills the disks of running servers until all writers are refused, three times: then one image is
 * deleted, then the retention of one is lowered, then all servers are killed and started anew.
 */
public final class BrimRun {
  /** As many as a protector may keep. */
  private static final int KEEP_ALL = 10_000;

  private static final int KEEP_FEW = 2;

  /** So long nothing is taken: cleaning makes no more room. */
  private static final long SILENCE_SECONDS = 8;

  private static final long BRIM_SECONDS_MAX = 900;
  private static final long BACK_SECONDS_MAX = 180;
  private static final long WITHOUT_RESERVE_SECONDS = 15;
  private static final int RESERVE_PART_LEFT = 4;
  private static final long POLL_MILLIS = 50;

  private final Lab lab;
  private final Sizes sizes;
  private final List<BrimWriter> writers = new ArrayList<>();
  private final Refusals refusals = new Refusals();
  private final List<String> violations = new ArrayList<>();
  private int restores;

  /**
   * Sizes of what is written.
   *
   * @param reserveBytes that the servers leave free
   */
  public record Sizes(int images, long imageBytes, int incrementPages, long reserveBytes) {}

  public BrimRun(Lab lab, Sizes sizes) {
    this.lab = lab;
    this.sizes = sizes;
  }

  /**
   * Whether writers were taken again.
   *
   * @param writers how many there are
   * @param back how many of them went on
   * @param seconds until the last of them did
   */
  public record Back(int writers, int back, double seconds) {}

  /**
   * What came of it.
   *
   * @param crashes servers that ended by themselves
   * @param wrong checkpoints that were acknowledged, not retired, and lost or not what was written
   * @param checked checkpoints that were restored in the end, before and after the restart
   * @param restores meanwhile
   * @param message of the first refusal for lack of space
   */
  public record Result(
      int crashes,
      int wrong,
      int checked,
      int restores,
      int diskFull,
      int withoutMessage,
      String message,
      String otherRefusals,
      Back afterDeletion,
      Back afterRetention,
      List<String> failures,
      List<String> violations) {}

  public Result run(BrimTarget target) throws Exception {
    List<StoreProcess> servers = target.servers();
    List<WrittenImage> images = new ArrayList<>();
    Back deletion;
    Back retention;
    int crashes;
    List<String> failures = new ArrayList<>();
    Checked checked;
    try (StoreClient client = target.connect();
        StoreClient reading = target.connect()) {
      begin(client, images);
      BrimWriter deleted = writers.getFirst();
      try (BrimReader reader = new BrimReader(reading, images.subList(1, images.size()))) {
        awaitBrim("filled", servers);
        if (target.disk().isPresent()) {
          withoutReserve(target.disk().get(), servers);
        }
        deleted.close();
        writers.remove(deleted);
        client.delete(deleted.image().name());
        deletion = awaitBack("an image was deleted", servers);
        awaitBrim("filled again", servers);
        client.keepLast(images.get(1).name(), KEEP_FEW);
        retention = awaitBack("retention was lowered", servers);
        awaitBrim("filled once more", servers);
        reader.close();
        restores = reader.restores();
        reader.failures().forEach(what -> violations.add("a restore at the brim: " + what));
      } finally {
        for (BrimWriter writer : writers) {
          writer.close();
        }
      }
      deleted.failures().forEach(failures::add);
      writers.forEach(writer -> failures.addAll(writer.failures()));
      crashes = ended(servers);
      checked = check(client, images);
    }
    target.restart();
    try (StoreClient client = target.connect()) {
      Checked again = check(client, images);
      crashes += ended(target.servers());
      return new Result(
          crashes,
          checked.wrong() + again.wrong(),
          checked.checkpoints() + again.checkpoints(),
          restores,
          refusals.diskFull(),
          refusals.withoutMessage(),
          refusals.message(),
          refusals.others(),
          deletion,
          retention,
          failures,
          violations);
    }
  }

  private void begin(StoreClient client, List<WrittenImage> images) {
    long seed = lab.options().seed();
    int pages = (int) (sizes.imageBytes() / PagePool.PAGE_BYTES);
    for (int i = 0; i < sizes.images(); i++) {
      WrittenImage image = new WrittenImage("brim-" + i, new PagePool(seed + i, pages));
      images.add(image);
      writers.add(
          new BrimWriter(
              client,
              client.create(image.name(), image.bytes(), KEEP_ALL),
              image,
              sizes.incrementPages(),
              refusals,
              seed + i));
    }
  }

  private static int ended(List<StoreProcess> servers) {
    return (int) servers.stream().filter(server -> !server.process().alive()).count();
  }

  private static void requireAlive(List<StoreProcess> servers) throws IOException {
    for (StoreProcess server : servers) {
      if (!server.process().alive()) {
        throw new IOException(
            "a server ended by itself, exit code %d; its log ends:%n%s"
                .formatted(server.process().exitCode(), server.process().logTail()));
      }
    }
  }

  /** Waits until all writers are refused, and nothing was taken for a while. */
  private void awaitBrim(String what, List<StoreProcess> servers)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(BRIM_SECONDS_MAX);
    while (!isBrimful()) {
      requireAlive(servers);
      if (System.nanoTime() > deadline) {
        throw new IOException(
            "not all writers were refused within %d s; others than for lack of space: %s; failures: %s"
                .formatted(
                    BRIM_SECONDS_MAX,
                    refusals.others(),
                    writers.stream().flatMap(writer -> writer.failures().stream()).toList()));
      }
      Thread.sleep(POLL_MILLIS);
    }
    lab.say(
        "brim: %s: %d writers are refused, %d refusals so far",
        what, writers.size(), refusals.diskFull());
  }

  private boolean isBrimful() {
    long silent = System.nanoTime() - TimeUnit.SECONDS.toNanos(SILENCE_SECONDS);
    return writers.stream()
        .allMatch(writer ->
            writer.isRefused()
                && writer.acknowledgedNanos() != 0
                && writer.acknowledgedNanos() < silent);
  }

  /**
   * Somebody else takes most of what the servers have in reserve as well: they must not end while
   * it is away, and have to go on as if nothing was when it is back. The rest is for the replicated
   * log: a server that cannot write that any more stops.
   */
  private void withoutReserve(MemoryDisk disk, List<StoreProcess> servers)
      throws IOException, InterruptedException {
    disk.takeAllBut(sizes.reserveBytes() / RESERVE_PART_LEFT);
    lab.say("brim: somebody else's file has taken most of the reserve");
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(WITHOUT_RESERVE_SECONDS);
    while (System.nanoTime() < end) {
      requireAlive(servers);
      Thread.sleep(POLL_MILLIS);
    }
    disk.giveBack();
  }

  /** Waits until every writer was acknowledged anew. */
  private Back awaitBack(String why, List<StoreProcess> servers)
      throws IOException, InterruptedException {
    long began = System.nanoTime();
    long deadline = began + TimeUnit.SECONDS.toNanos(BACK_SECONDS_MAX);
    while (System.nanoTime() < deadline && back(began) < writers.size()) {
      requireAlive(servers);
      Thread.sleep(POLL_MILLIS);
    }
    Back back = new Back(writers.size(), back(began), (System.nanoTime() - began) / 1e9);
    lab.say(
        "brim: %s: %d of %d writers go on after %.1f s",
        why, back.back(), back.writers(), back.seconds());
    return back;
  }

  private int back(long since) {
    return (int) writers.stream().filter(writer -> writer.acknowledgedNanos() > since).count();
  }

  private record Checked(int checkpoints, int wrong) {}

  /** Every acknowledged checkpoint that retention keeps is there, and is what was written. */
  private Checked check(StoreClient client, List<WrittenImage> images) throws IOException {
    int checkpoints = 0;
    int wrong = 0;
    for (WrittenImage image : images.subList(1, images.size())) {
      List<Long> there = client.committed(image.name());
      List<Long> written = image.checkpoints();
      boolean lowered = image.equals(images.get(1));
      List<Long> wanted =
          lowered
              ? written.subList(Math.max(0, written.size() - KEEP_FEW), written.size())
              : written;
      List<String> faults = new ArrayList<>();
      wanted.stream()
          .filter(checkpoint -> !there.contains(checkpoint))
          .forEach(checkpoint -> faults.add("checkpoint " + checkpoint + " is lost"));
      there.stream()
          .filter(checkpoint -> !written.contains(checkpoint))
          .forEach(checkpoint -> faults.add("checkpoint " + checkpoint + " was never written"));
      for (long checkpoint : wanted) {
        checkpoints++;
        try {
          BrimReader.wrong(client, image, checkpoint).ifPresent(faults::add);
        } catch (HydrantException e) {
          faults.add("checkpoint " + checkpoint + ": " + e);
        }
      }
      wrong += faults.size();
      faults.forEach(fault -> violations.add(image.name() + ": " + fault));
    }
    lab.say("brim: %d checkpoints restored and compared, %d wrong", checkpoints, wrong);
    return new Checked(checkpoints, wrong);
  }
}
