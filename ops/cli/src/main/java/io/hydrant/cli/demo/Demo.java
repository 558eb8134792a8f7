package io.hydrant.cli.demo;

import io.hydrant.cli.Answers;
import io.hydrant.cli.output.Amounts;
import io.hydrant.cli.output.Json;
import io.hydrant.cli.output.Output;
import io.hydrant.cli.replay.Pace;
import io.hydrant.cli.replay.Replay;
import io.hydrant.cli.replay.Replayed;
import io.hydrant.cli.restore.RegionFiles;
import io.hydrant.cli.restore.TargetFile;
import io.hydrant.cli.verify.RegionCheck;
import io.hydrant.client.CheckpointWriter;
import io.hydrant.client.ClientConfig;
import io.hydrant.client.CommittedCheckpoint;
import io.hydrant.client.DirtyPages;
import io.hydrant.client.HydrantClient;
import io.hydrant.client.HydrantException;
import io.hydrant.client.PageFetcher;
import io.hydrant.client.PrefetchOptions;
import io.hydrant.client.ProtectionStream;
import io.hydrant.client.Regions;
import io.hydrant.client.RejectedException;
import io.hydrant.client.RestoreSession;
import io.hydrant.client.WriteOptions;
import io.hydrant.client.trace.FaultRecording;
import io.hydrant.client.trace.MemoryImage;
import io.hydrant.client.trace.Trace;
import io.hydrant.client.trace.TraceCheckpoint;
import io.hydrant.v1.Checkpoint;
import io.hydrant.v1.CheckpointState;
import io.hydrant.v1.Image;
import io.hydrant.v1.ImageRef;
import io.hydrant.v1.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * The whole road in one run: real checkpoints go in, the server is killed in the middle of one,
 * comes back, and gives out exactly what it had acknowledged; a machine dies and goes on. Each step
 * that can be checked is checked.
 */
public final class Demo {
  private static final String IMAGE = "demo";
  private static final int REGION = 0;
  private static final int KEEP_LAST = 10_000;
  private static final Duration DURABLE_MAX = Duration.ofSeconds(10);
  private static final String ANY_PORT = "127.0.0.1:0";

  private final Trace trace;
  private final Output output;
  private final Report report;
  private final Figures figures = new Figures();

  /** Checkpoints by id, with the memory's SHA-256 that the trace's recorder took. */
  private final Map<Long, Replayed> acknowledged = new TreeMap<>();

  /** The guest's memory, as its protector sees it, and later as a checkpoint must have it. */
  private MemoryImage memory;

  private final DirtyPages dirty = new DirtyPages();

  public Demo(Trace trace, Output output) {
    this.trace = trace;
    this.output = output;
    this.report = new Report(output);
    this.memory = trace.emptyMemory();
  }

  /**
   * Runs it.
   *
   * @param keep leave the directory and its files for a look afterwards
   * @return whether everything was as it must be
   */
  public boolean run(boolean keep) throws IOException, InterruptedException {
    int count = trace.checkpoints().size();
    // Past the middle, and with one more to come, so that there is something to go on with.
    int interrupted = Math.min(count - 2, count * 2 / 3);
    output.line(
        "Trace "
            + trace.name()
            + ": "
            + count
            + " checkpoints of a virtual machine running "
            + trace.workload()
            + ", "
            + Amounts.bytes(trace.memoryBytes())
            + " of memory.");
    output.line();
    try (Scratch scratch = Scratch.create(keep)) {
      Calibration machine = Calibration.measure(scratch.directory());
      ServerProcess first = scratch.owned(ServerProcess.start(scratch.directory(), ANY_PORT));
      figures.startNanos = first.readyNanos();
      report.done(
          "server started in "
              + Amounts.duration(first.readyNanos())
              + ": pid "
              + first.pid()
              + ", "
              + first.address()
              + ", data in "
              + scratch.directory().resolve("data"));
      try (HydrantClient client = HydrantClient.connect(ClientConfig.of(first.address()))) {
        protect(scratch, first, client, interrupted);
      }
      if (keep) {
        output.note("kept: " + scratch.directory());
      }
      finish(machine);
    }
    return !report.failed();
  }

  private void protect(Scratch scratch, ServerProcess first, HydrantClient client, int interrupted)
      throws IOException, InterruptedException {
    Image image = client.createImage(IMAGE, KEEP_LAST);
    ImageRef ref = HydrantClient.uid(image.getUid());
    try (ProtectionStream stream =
        client.protect(client.acquireProtection(ref, image.getEpoch()), WriteOptions.DEFAULT)) {
      replay(stream, interrupted);
      long lost = killInTheMiddle(first, stream, interrupted);
      ServerProcess second =
          scratch.owned(ServerProcess.start(scratch.directory(), first.address()));
      figures.restartNanos = second.readyNanos();
      report.done(
          "server restarted in "
              + Amounts.duration(second.readyNanos())
              + ": pid "
              + second.pid()
              + ", the same directory");
      checkAbsent(client, ref, lost);
      restoreToFile(client, ref, scratch.directory().resolve("restored.raw"));
      goOn(client, ref, stream, interrupted);
      restoreAll(client, ref);
      fetchFaults(client, ref);
      new FailOver(report, scratch, client, second.address()).run();
      int code = second.stop();
      report.check(code == 0, "server stopped in order (SIGTERM, exit code " + code + ")");
    }
  }

  private void replay(ProtectionStream stream, int count) throws IOException, InterruptedException {
    long begin = System.nanoTime();
    new Replay(trace, stream, new Pace.FlatOut(), this::keepBooks).run(count);
    figures.ingestNanos = System.nanoTime() - begin;
    figures.ingestedBytes = acknowledged.values().stream().mapToLong(Replayed::bytes).sum();
    report.done(
        count
            + " checkpoints written flat out, each acknowledged as durable: "
            + Amounts.megabytes(figures.ingestedBytes)
            + " MB at "
            + Amounts.rate(figures.ingestedBytes, figures.ingestNanos)
            + ", commit "
            + figures.commits.text());
    for (int number = 0; number < count; number++) {
      memory.apply(trace.read(number));
    }
  }

  private void keepBooks(Replayed replayed) {
    acknowledged.put(replayed.checkpoint(), replayed);
    figures.commits.add(replayed.commitNanos());
  }

  /**
   * Sends half of a checkpoint, waits until some of it is durable, kills the server. Returns its
   * id.
   */
  private long killInTheMiddle(ServerProcess server, ProtectionStream stream, int number)
      throws IOException, InterruptedException {
    TraceCheckpoint checkpoint = trace.read(number);
    memory.apply(checkpoint);
    for (long page : checkpoint.pages()) {
      dirty.mark(REGION, page);
    }
    DirtyPages.Flight flight = dirty.take();
    try (CheckpointWriter writer = stream.openIncremental(newest().checkpoint())) {
      int half = Math.max(1, checkpoint.pages().length / 2);
      for (int row = 0; row < half; row++) {
        writer.page(REGION, checkpoint.pages()[row], checkpoint.page(row));
      }
      writer.flush();
      long deadline = System.nanoTime() + DURABLE_MAX.toNanos();
      while (writer.durableBatchCount() < 1 && System.nanoTime() < deadline) {
        TimeUnit.MILLISECONDS.sleep(1);
      }
      long durable = writer.durableBatchCount();
      long id = writer.checkpoint().orElse(0);
      server.kill();
      report.check(
          durable > 0 && id > 0,
          "SIGKILL in the middle of checkpoint "
              + id
              + ": "
              + half
              + " of its "
              + checkpoint.pages().length
              + " pages sent, "
              + durable
              + " of "
              + writer.batchCount()
              + " batches durable on disk, no commit");
      return id;
    } finally {
      // Not committed: its pages are owed again, together with those of the next one.
      flight.aborted();
    }
  }

  private Replayed newest() {
    return acknowledged.values().stream()
        .max(Comparator.comparingLong(Replayed::checkpoint))
        .orElseThrow();
  }

  private void checkAbsent(HydrantClient client, ImageRef ref, long lost) {
    var committed =
        client.checkpoints(ref).stream()
            .filter(each -> each.getState() == CheckpointState.CHECKPOINT_STATE_COMMITTED)
            .map(Checkpoint::getId)
            .toList();
    report.check(
        committed.equals(acknowledged.keySet().stream().toList()),
        "all " + acknowledged.size() + " acknowledged checkpoints are there, and no other");
    String answer;
    boolean refused = false;
    try (RestoreSession session = client.openRestore(ref, lost, Duration.ZERO)) {
      answer = "it was opened, with " + session.checkpoint().getPageCount() + " pages";
    } catch (RejectedException e) {
      refused = true;
      answer = e.reason().name();
    }
    report.check(
        refused,
        "checkpoint " + lost + " is wholly absent: restoring it is refused (" + answer + ")");
  }

  private void restoreToFile(HydrantClient client, ImageRef ref, Path path) throws IOException {
    Replayed newest = newest();
    long begin = System.nanoTime();
    String sha256;
    try (RestoreSession session = client.openRestore(ref);
        TargetFile file = TargetFile.create(path, trace.memoryBytes())) {
      RegionFiles sink =
          new RegionFiles(
              List.of(new RegionFiles.RegionFile(REGION, Trace.PAGE_BYTES, file)), _ -> {});
      session.restoreTo(sink, PrefetchOptions.DEFAULT, 2);
      file.syncContent();
      figures.restoreNanos = System.nanoTime() - begin;
      figures.restoredBytes = trace.memoryBytes();
      sha256 = file.sha256();
      file.commit(true);
    }
    report.check(
        sha256.equals(newest.sha256()),
        "checkpoint "
            + newest.checkpoint()
            + " restored to a file in "
            + Amounts.duration(figures.restoreNanos)
            + ", byte for byte what the guest had:");
    report.detail("SHA-256 " + sha256);
    report.detail("trace's " + newest.sha256());
  }

  /**
   * A new owner takes over and sends what is owed: the interrupted checkpoint's pages with the next
   * one's.
   */
  private void goOn(HydrantClient client, ImageRef ref, ProtectionStream former, int interrupted)
      throws IOException, InterruptedException {
    var acquired = client.takeOverProtection(ref);
    report.check(
        isFenced(former),
        "epoch "
            + acquired.getEpoch()
            + " took over; a write under epoch "
            + former.epoch()
            + " is refused");
    try (ProtectionStream stream = client.protect(acquired, WriteOptions.DEFAULT)) {
      long base = acquired.getHead();
      long owed = dirty.owedCount();
      for (int number = interrupted + 1; number < trace.checkpoints().size(); number++) {
        TraceCheckpoint checkpoint = trace.read(number);
        memory.apply(checkpoint);
        for (long page : checkpoint.pages()) {
          dirty.mark(REGION, page);
        }
        base = writeOwed(stream, base, checkpoint);
      }
      int more = trace.checkpoints().size() - interrupted - 1;
      report.done(
          "protection went on: "
              + more
              + " more checkpoints, the first with the "
              + owed
              + " pages owed from the interrupted one");
    }
  }

  private boolean isFenced(ProtectionStream former) throws InterruptedException {
    try (CheckpointWriter writer = former.openIncremental(newest().checkpoint())) {
      writer.page(REGION, 0, memory.page(0));
      Answers.await(writer.commit());
      return false;
    } catch (RejectedException e) {
      return e.reason() == Reason.REASON_STALE_EPOCH;
    } catch (HydrantException e) {
      report.detail(String.valueOf(e.getMessage()));
      return false;
    }
  }

  private long writeOwed(ProtectionStream stream, long base, TraceCheckpoint checkpoint)
      throws InterruptedException {
    DirtyPages.Flight flight = dirty.take();
    long begin = System.nanoTime();
    try (CheckpointWriter writer = stream.openIncremental(base)) {
      flight.forEach((region, pages) -> {
        for (long page : pages) {
          writer.page(region, page, memory.page(page));
        }
      });
      writer.slim(checkpoint.slim());
      CommittedCheckpoint committed = Answers.await(writer.commit());
      flight.committed();
      keepBooks(
          new Replayed(
              checkpoint.number(),
              committed.id(),
              flight.pageCount(),
              flight.pageCount() * Trace.PAGE_BYTES + checkpoint.slim().length,
              System.nanoTime() - begin,
              false,
              checkpoint.sha256()));
      return committed.id();
    } finally {
      flight.aborted();
    }
  }

  private void restoreAll(HydrantClient client, ImageRef ref) throws IOException {
    long begin = System.nanoTime();
    int equal = 0;
    for (Replayed each : acknowledged.values()) {
      RegionCheck.Result result;
      try (RestoreSession session = client.openRestore(ref, each.checkpoint(), Duration.ZERO)) {
        result = new RegionCheck(session, REGION, _ -> {}).run();
      }
      if (result.damaged().isEmpty() && result.sha256().equals(each.sha256())) {
        equal++;
      } else {
        report.check(false, "checkpoint " + each.checkpoint() + " is not what the guest had");
      }
    }
    report.check(
        equal == acknowledged.size(),
        "all "
            + acknowledged.size()
            + " checkpoints read back and compared in "
            + Amounts.duration(System.nanoTime() - begin)
            + ": every SHA-256 is the trace's");
  }

  private void fetchFaults(HydrantClient client, ImageRef ref) throws IOException {
    Optional<FaultRecording> found =
        trace.faultRecordings().stream().max(Comparator.comparingInt(FaultRecording::checkpoint));
    if (found.isEmpty()) {
      report.done("this trace has no recorded faults: nothing fetched on demand");
      return;
    }
    FaultRecording faults = found.get();
    Optional<Replayed> source =
        acknowledged.values().stream()
            .filter(each -> each.number() >= faults.checkpoint())
            .min(Comparator.comparingInt(Replayed::number));
    Replayed from = source.orElseGet(this::newest);
    memory = trace.emptyMemory();
    for (int number = 0; number <= from.number(); number++) {
      memory.apply(trace.read(number));
    }
    long wrong = 0;
    ByteBuffer page = ByteBuffer.allocate(Regions.PAGE_BYTES);
    try (RestoreSession session = client.openRestore(ref, from.checkpoint(), Duration.ZERO);
        PageFetcher fetcher = session.fetcher()) {
      for (long fault : faults.pages()) {
        long begin = System.nanoTime();
        fetcher.fetchInto(REGION, fault, page.clear());
        figures.fetches.add(System.nanoTime() - begin);
        wrong += page.flip().equals(memory.page(fault)) ? 0 : 1;
      }
    }
    report.check(
        wrong == 0,
        faults.size()
            + " pages of checkpoint "
            + from.checkpoint()
            + " fetched on demand in the order of recorded page faults, one in flight: "
            + figures.fetches.text()
            + (wrong == 0 ? "" : "; " + wrong + " WRONG"));
  }

  private void finish(Calibration machine) {
    output.line();
    output.table(figures.table(machine));
    output.line();
    output.line(
        report.failed()
            ? "Something was NOT as it must be; see above."
            : "Nothing acknowledged was lost, nothing unacknowledged was seen.");
    output.document(
        new Json()
            .put("ok", !report.failed())
            .put("trace", trace.name())
            .put("steps", report.steps())
            .put("figures", figures.json(machine)));
  }
}
