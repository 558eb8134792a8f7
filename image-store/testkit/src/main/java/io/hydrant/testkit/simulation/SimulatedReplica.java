package io.hydrant.testkit.simulation;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Entry;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.files.StoreFiles;
import io.hydrant.engine.index.PageIndex;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.StoreIdentity;
import io.hydrant.engine.segment.SegmentLogConfig;
import io.hydrant.engine.store.ImageStore;
import io.hydrant.engine.store.ImageStoreConfig;
import io.hydrant.engine.store.ImageStoreConfig.HeapBounds;
import io.hydrant.engine.store.ImageStoreConfig.SnapshotBounds;
import io.hydrant.engine.store.ImageStorePorts;
import io.hydrant.engine.store.StoreEvent;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One replica of a group of one, in a single thread: a real {@link ImageStore} on whatever files
 * and index it is given, and a replicated log that is a list. An entry is durable when it is in the
 * list, as a group of one has it: before it is applied. Background work (group syncs, snapshot
 * writes) waits in a queue until the script runs it.
 */
public final class SimulatedReplica {
  private static final StoreIdentity IDENTITY =
      new StoreIdentity(new UUID(1, 1), new UUID(2, 2), new UUID(3, 3));

  /** Small enough that a thousand operations roll, recycle and snapshot many times. */
  public static final ImageStoreConfig SMALL =
      new ImageStoreConfig(
          IDENTITY,
          new SegmentLogConfig(128 << 10, 16 << 10, 0, 3),
          new HeapBounds(64 << 10, 1 << 10, Long.MAX_VALUE),
          new SnapshotBounds(96 << 10, 512 << 10, 40));

  /** Where the replica keeps its bytes; survives restarts. */
  public interface Media {
    StoreFiles segments();

    StoreFiles catalogs();

    PageIndex index();
  }

  private final ImageStoreConfig config;
  private final Media media;
  private final long seed;
  private final RandomGenerator lives;
  private final List<LoggedEntry> log = new ArrayList<>();
  private final Deque<Runnable> background = new ArrayDeque<>();
  private final List<StoreEvent> events = new ArrayList<>();
  private @Nullable ImageStore store;
  private long millis = 1_000_000;
  private boolean alone = true;

  /**
   * @param random for what the log does
   * @param lives for the random numbers of the store
   */
  public SimulatedReplica(
      ImageStoreConfig config, Media media, RandomGenerator random, RandomGenerator lives) {
    this.config = config;
    this.media = media;
    this.seed = random.nextLong();
    this.lives = lives;
  }

  /** An entry and, once applied, its outcome. */
  public static final class LoggedEntry {
    private final EntryPosition position;
    private final Optional<Entry> entry;
    private @Nullable Outcome outcome;

    LoggedEntry(EntryPosition position, Optional<Entry> entry) {
      this.position = position;
      this.entry = entry;
    }

    /** Empty for an entry of the log's own. */
    public Optional<Command> command() {
      return entry.map(Entry::command);
    }

    public Optional<Outcome> outcome() {
      return Optional.ofNullable(outcome);
    }
  }

  /** From now on others may have what this replica lacks. */
  public void joinOthers() {
    alone = false;
  }

  /** From now on nobody else has what this replica lacks. */
  public void leaveOthers() {
    alone = true;
  }

  /** The open store. */
  public ImageStore store() {
    if (store == null) {
      throw new IllegalStateException("the replica is down");
    }
    return store;
  }

  /** What happened since the last start. */
  public List<StoreEvent> events() {
    return events;
  }

  /** Opens the store and replays the log behind its snapshot. */
  public void start() throws IOException {
    background.clear();
    events.clear();
    ImageStore opened =
        ImageStore.open(
            config,
            new ImageStorePorts(
                media.segments(),
                media.catalogs(),
                media.index(),
                new PageContents(),
                lives,
                background::add,
                background::add,
                background::add,
                () -> alone,
                events::add));
    store = opened;
    for (LoggedEntry logged : log) {
      if (logged.position.compareTo(opened.snapshotPosition()) > 0) {
        apply(opened, logged);
      }
    }
  }

  /** The process is gone; what it had queued is too. */
  public void stop() {
    store = null;
    background.clear();
  }

  /** Appends to the log, then applies. If applying fails, the entry is in the log all the same. */
  public Outcome submit(Command command) throws IOException {
    // By the log alone, so that who goes on with another's log goes on as it does.
    SplittableRandom random = new SplittableRandom(seed + log.size());
    if (random.nextInt(8) == 0) {
      append(Optional.empty());
    }
    millis += random.nextInt(20);
    RequestId request = new RequestId(new UUID(random.nextLong(), random.nextLong()));
    append(Optional.of(new Entry(millis, RequestId.NONE, request, command)));
    return log.getLast().outcome().orElseThrow();
  }

  private void append(Optional<Entry> entry) throws IOException {
    LoggedEntry logged = new LoggedEntry(new EntryPosition(1, log.size()), entry);
    log.add(logged);
    apply(store(), logged);
  }

  private static void apply(ImageStore target, LoggedEntry logged) throws IOException {
    if (logged.entry.isEmpty()) {
      target.skip(logged.position);
      return;
    }
    Outcome outcome = target.apply(logged.position, logged.entry.get());
    if (logged.outcome != null && !logged.outcome.equals(outcome)) {
      throw new IllegalStateException(
          "replay of %s answered %s, first %s".formatted(logged.entry, outcome, logged.outcome));
    }
    logged.outcome = outcome;
  }

  /**
   * Goes on with another replica's log, which it has been given the state of (PROTOCOL R18): what
   * came before is not applied again.
   */
  public void adoptLog(SimulatedReplica other) {
    log.clear();
    log.addAll(other.log);
    millis = other.millis;
  }

  /** Entries from the {@code from}-th on. */
  public List<LoggedEntry> logBehind(int from) {
    return List.copyOf(log.subList(from, log.size()));
  }

  /** Runs the oldest background task; false if there is none. */
  public boolean runOneBackgroundTask() {
    Runnable task = background.poll();
    if (task == null) {
      return false;
    }
    task.run();
    return true;
  }

  /** Runs background tasks until the future is done. */
  public <T> T await(CompletableFuture<T> future) {
    while (!future.isDone()) {
      if (!runOneBackgroundTask()) {
        throw new IllegalStateException("nothing left to run, but the future is not done");
      }
    }
    return future.join();
  }
}
