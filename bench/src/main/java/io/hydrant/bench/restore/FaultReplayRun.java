package io.hydrant.bench.restore;

import io.hydrant.bench.Lab;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreProcess;
import io.hydrant.cli.replay.Pace;
import io.hydrant.cli.replay.Replay;
import io.hydrant.cli.replay.Replayed;
import io.hydrant.client.CheckpointChoice;
import io.hydrant.client.HydrantClient;
import io.hydrant.client.ProtectionStream;
import io.hydrant.client.RestoreSession;
import io.hydrant.client.WriteOptions;
import io.hydrant.client.trace.FaultRecording;
import io.hydrant.client.trace.MemoryImage;
import io.hydrant.client.trace.Trace;
import io.hydrant.pager.LazyRestore;
import io.hydrant.pager.PagerOptions;
import io.hydrant.pager.PagerStats;
import io.hydrant.v1.ImageRef;
import io.hydrant.v1.PageRange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Asks for the pages that a recorded machine asked for, in its order, with its own computing time
 * between them; the next one when the last has come. The server is started anew and the machine's
 * page cache dropped before each.
 */
public final class FaultReplayRun {
  private static final String IMAGE = "faults";
  private static final int KEEP_LAST = 10_000;

  /** What a fault cost in the recordings, which is in their gaps. */
  private static final long RECORDED_FAULT_NANOS = 64_000;

  /** Shorter waits are spun: the kernel's timer is late by about so much. */
  private static final long SPUN_NANOS = 120_000;

  /** As often as it takes for what another recording taught to be forgotten. */
  private static final int LESSONS = 2;

  private static final long FIRST_BYTES = 5L << 20;

  private final Lab lab;
  private final Trace trace;
  private final Map<Integer, Long> checkpoints = new TreeMap<>();

  public FaultReplayRun(Lab lab, Trace trace) {
    this.lab = lab;
    this.trace = trace;
  }

  /** How a restore goes about its pages. */
  public enum Mode {
    /** Each page when it is asked for. */
    ON_DEMAND,
    /** No restore of the image is known. */
    COLD,
    /** The image has learned from the trace's other recordings. */
    LEARNED
  }

  /**
   * What became of one recording.
   *
   * @param checkpoint the trace's number
   * @param there share of the recording's pages that were there when they were touched
   * @param waste share of the pages fetched ahead that were never touched
   * @param waitMillis for all pages that were not there
   * @param wrong pages whose content was not the machine's
   */
  public record Result(
      int checkpoint,
      Mode mode,
      int faults,
      double there,
      double waste,
      double waitMillis,
      int wrong) {}

  public List<Result> run() throws Exception {
    write();
    List<Result> results = new ArrayList<>();
    for (FaultRecording recording : trace.faultRecordings()) {
      for (Mode mode : Mode.values()) {
        results.add(replay(recording, mode));
        Result last = results.getLast();
        lab.say(
            "faults: %s from checkpoint %d, %s: %.1f %% there, %.1f %% in vain, waited %.0f ms for the rest",
            trace.name(),
            last.checkpoint(),
            mode,
            100 * last.there(),
            100 * last.waste(),
            last.waitMillis());
      }
    }
    return results;
  }

  private String data() {
    return "data-" + trace.name();
  }

  private void write() throws Exception {
    try (StoreProcess store = lab.startStore(data());
        StoreClient client = StoreClient.connect(store)) {
      client.library().createImage(IMAGE, KEEP_LAST);
      ImageRef image = HydrantClient.name(IMAGE);
      var acquired = client.library().takeOverProtection(image);
      try (ProtectionStream stream = client.library().protect(acquired, WriteOptions.DEFAULT)) {
        new Replay(trace, stream, new Pace.FlatOut(), this::note).run(trace.checkpoints().size());
      }
    }
  }

  private void note(Replayed replayed) {
    checkpoints.put(replayed.number(), replayed.checkpoint());
  }

  private Result replay(FaultRecording recording, Mode mode) throws Exception {
    long checkpoint = checkpoints.getOrDefault(recording.checkpoint(), 0L);
    try (StoreProcess store = lab.startStore(data());
        StoreClient client = StoreClient.connect(store)) {
      switch (mode) {
        case ON_DEMAND -> {}
        case COLD -> forget(client, checkpoint);
        case LEARNED -> learn(client, checkpoint, recording);
      }
    }
    dropCaches();
    try (StoreProcess store = lab.startStore(data());
        StoreClient client = StoreClient.connect(store)) {
      return replay(client, checkpoint, recording, mode);
    }
  }

  /** As many restores that touched nothing as it takes. */
  private static void forget(StoreClient client, long checkpoint) {
    try (RestoreSession session = client.openRestore(IMAGE, checkpoint)) {
      for (int i = 0; i < 2 * LESSONS; i++) {
        session.learn(List.of(), List.of());
      }
    }
  }

  private void learn(StoreClient client, long checkpoint, FaultRecording but) {
    forget(client, checkpoint);
    try (RestoreSession session = client.openRestore(IMAGE, checkpoint)) {
      for (FaultRecording other : trace.faultRecordings()) {
        if (other != but) {
          session.learn(ranges(other), List.of());
        }
      }
    }
  }

  private static List<PageRange> ranges(FaultRecording recording) {
    List<PageRange> ranges = new ArrayList<>();
    for (long page : recording.pages()) {
      PageRange last = ranges.isEmpty() ? null : ranges.getLast();
      if (last != null && last.getFirstPage() + last.getPageCount() == page) {
        ranges.set(
            ranges.size() - 1, last.toBuilder().setPageCount(last.getPageCount() + 1).build());
      } else {
        ranges.add(PageRange.newBuilder().setFirstPage(page).setPageCount(1).build());
      }
    }
    return ranges;
  }

  /** Only root may: else the pages come from memory, in all modes alike. */
  private void dropCaches() throws IOException, InterruptedException {
    Process sync = new ProcessBuilder("sync").start();
    sync.waitFor();
    try {
      Files.writeString(Path.of("/proc/sys/vm/drop_caches"), "1\n");
    } catch (IOException e) {
      lab.say("faults: the page cache cannot be dropped, so files are read from memory: %s", e);
    }
  }

  private Result replay(StoreClient client, long checkpoint, FaultRecording recording, Mode mode)
      throws Exception {
    PagerOptions options =
        PagerOptions.DEFAULT.withTouches(PagerOptions.Touches.ALL).withFill(false, 0);
    MemoryTarget memory = new MemoryTarget(trace.memoryBytes());
    LazyRestore.Begun begun =
        LazyRestore.begin(
            client.library(),
            HydrantClient.name(IMAGE),
            CheckpointChoice.of(checkpoint),
            Duration.ZERO,
            mode == Mode.LEARNED ? FIRST_BYTES : 0,
            memory,
            mode == Mode.ON_DEMAND ? options.onDemandOnly() : options);
    try (RestoreSession session = begun.lazy().session();
        LazyRestore lazy = begun.lazy()) {
      lazy.start();
      int there = 0;
      long waitedNanos = 0;
      long before = 0;
      for (int i = 0; i < recording.size(); i++) {
        think((recording.micros()[i] - before) * 1_000 - RECORDED_FAULT_NANOS);
        before = recording.micros()[i];
        long start = System.nanoTime();
        if (lazy.touch(0, recording.pages()[i])) {
          there++;
        } else {
          waitedNanos += System.nanoTime() - start;
        }
      }
      PagerStats stats = lazy.stats();
      return new Result(
          recording.checkpoint(),
          mode,
          recording.size(),
          (double) there / recording.size(),
          stats.ahead() == 0 ? 0 : 1 - (double) stats.aheadUsed() / stats.ahead(),
          waitedNanos / 1e6,
          wrong(recording, memory));
    }
  }

  private static void think(long nanos) {
    long end = System.nanoTime() + nanos;
    for (long left = nanos; left > 0; left = end - System.nanoTime()) {
      if (left > SPUN_NANOS) {
        LockSupport.parkNanos(left - SPUN_NANOS);
      } else {
        Thread.onSpinWait();
      }
    }
  }

  private int wrong(FaultRecording recording, MemoryTarget memory) throws IOException {
    MemoryImage expected = trace.emptyMemory();
    for (int number = 0; number <= recording.checkpoint(); number++) {
      expected.apply(trace.read(number));
    }
    int wrong = 0;
    for (long page : recording.pages()) {
      wrong += memory.page(page).equals(expected.page(page)) ? 0 : 1;
    }
    return wrong;
  }
}
