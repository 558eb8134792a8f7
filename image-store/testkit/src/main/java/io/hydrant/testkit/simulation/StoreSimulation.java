package io.hydrant.testkit.simulation;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.clean.CleaningPolicy;
import io.hydrant.engine.clean.SegmentUse;
import io.hydrant.engine.clean.SegmentsInUse;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.SessionId;
import io.hydrant.engine.model.TractKey;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.SegmentCleaner;
import io.hydrant.engine.store.StoreEvent;
import io.hydrant.testkit.simulation.ReferenceModel.ModelCheckpoint;
import io.hydrant.testkit.simulation.ReferenceModel.ModelImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.random.RandomGenerator;

/**
 * A random script against one store, from one seed: images, take-overs, checkpoints of every shape,
 * sessions, retirement, cleaning, deletion, snapshots, and crashes at any I/O call; after every
 * crash the store must equal the model.
 *
 * <p>What it demands (DESIGN, invariants 1, 2, 3, 6): an acknowledged checkpoint is there; one
 * whose commit entry was logged is there whole; any other is not; every restorable checkpoint
 * equals the model's page for page; nothing is reported missing or damaged.
 */
public final class StoreSimulation {
  private static final int IMAGES_MAX = 3;
  private static final int KEEP_LAST = 4;
  private static final String NAME = "kept";

  /** Cleans as long as anything is to be gained. */
  private static final CleaningPolicy EAGER = new CleaningPolicy(1, 0, 0);

  private final RandomGenerator random;
  private final SimulatedReplica replica;
  private final CrashSource crashes;
  private final ReferenceModel model = new ReferenceModel();
  private final StoreChecker checker;
  private final Map<CheckpointKey, Attempt> attempts = new TreeMap<>();
  private final List<SessionId> sessions = new ArrayList<>();
  private int names;
  private int absorbed;
  private int crashCount;
  private int commitCount;
  private int cleanCount;
  private int consolidateCount;
  private boolean firstCrashFired;
  private boolean troubles = true;

  /** Makes the disk fail. */
  public interface CrashSource {
    /**
     * Every I/O call behind the next {@code calls} fails as if the power had gone, until {@link
     * #recover}.
     */
    void armAfter(int calls);

    /** Takes {@link #armAfter} back. */
    void disarm();

    /** Loses what a power cut (or only a killed process) loses; the files can be used again. */
    void recover(boolean powerCut);

    /** Also of a failed sync. */
    boolean isSimulatedCrash(Throwable thrown);

    /** Leaves no room for a new file, or plenty again; {@link #recover} makes room too. */
    void setDiskFull(boolean full);

    /** The sync behind the next {@code syncs} fails: the process must stop. */
    void failSync(int syncs);

    /** Whether the crash that was armed last has come. */
    boolean hasCrashed();
  }

  public StoreSimulation(RandomGenerator random, SimulatedReplica replica, CrashSource crashes) {
    this.random = random;
    this.replica = replica;
    this.crashes = crashes;
    this.checker = new StoreChecker(replica);
  }

  /**
   * Leaves out clean closes, full disks and failed syncs: the only fault is the crash that was
   * armed.
   */
  public void withoutTroubles() {
    troubles = false;
  }

  /** How often the store crashed. */
  public int crashes() {
    return crashCount;
  }

  /** Whether a crash that was armed before the script began came within it. */
  public boolean firstCrashFired() {
    return firstCrashFired;
  }

  /** How many checkpoints were committed. */
  public int commits() {
    return commitCount;
  }

  /** How many tracts were written anew in order. */
  public int consolidations() {
    return consolidateCount;
  }

  /** How many segments were cleaned that had something live. */
  public int cleanings() {
    return cleanCount;
  }

  /**
   * Runs the script: {@code operations} steps with at least {@code crashesMin} crashes spread over
   * them.
   */
  public void run(int operations, int crashesMin) throws IOException, Refusal {
    startUntilUp();
    int every = Math.max(1, operations / (crashesMin + 1));
    for (int step = 1; step <= operations; step++) {
      if (step % every == 0 && crashCount < crashesMin) {
        crashes.armAfter(random.nextInt(60));
      }
      runStep(step);
    }
    crash();
    checker.checkAll(model);
    absorb();
    requireRecycled();
  }

  /** With everything deleted, no segment but those that are written to may be left. */
  private void requireRecycled() throws IOException {
    for (SessionId session : List.copyOf(sessions)) {
      submit(new Command.Unpin(session, Optional.empty()));
    }
    for (long image : List.copyOf(model.images().keySet())) {
      delete(new ImageId(image));
    }
    for (int round = 0; round < 2; round++) {
      submit(new Command.CreateImage("last-" + round, KEEP_LAST));
      while (replica.runOneBackgroundTask()) {
        // A snapshot that is under way comes first.
      }
      replica.await(replica.store().snapshot());
    }
    long segments = Objects.requireNonNull(replica.store().gauges().get("segment_count"));
    if (segments > 2) {
      throw new IllegalStateException(segments + " segments are left of nothing");
    }
  }

  private void runStep(int step) throws IOException, Refusal {
    try {
      oneOperation();
      requireNoFault(step);
    } catch (RuntimeException | Error | IOException e) {
      // A background task that met a fault stops the process; what else failed behind it in the
      // same
      // step is its consequence.
      if (!crashes.isSimulatedCrash(e) && !hasSimulatedFault()) {
        throw e;
      }
      crash();
    }
  }

  private boolean hasSimulatedFault() {
    return replica.events().stream()
        .anyMatch(event ->
            event instanceof StoreEvent.Fault fault && crashes.isSimulatedCrash(fault.cause()));
  }

  /** A fault that a background task met is reported by event: the process stops. */
  private void requireNoFault(int step) throws IOException, Refusal {
    for (StoreEvent event : List.copyOf(replica.events())) {
      if (event instanceof StoreEvent.Fault fault) {
        if (!crashes.isSimulatedCrash(fault.cause())) {
          throw new IllegalStateException("fault at step " + step, fault.cause());
        }
        crash();
        return;
      }
    }
    requireNothingLost("at step " + step);
  }

  private void requireNothingLost(String when) {
    for (StoreEvent event : replica.events()) {
      if (event instanceof StoreEvent.BytesMissing || event instanceof StoreEvent.Damaged) {
        throw new IllegalStateException(when + ": " + event);
      }
    }
  }

  private void crash() throws IOException, Refusal {
    recover();
    startUntilUp();
    crashes.disarm();
    absorb();
    settleAttempts();
    checker.checkSome(model, random);
  }

  private void recover() {
    replica.stop();
    firstCrashFired |= crashCount == 0 && crashes.hasCrashed();
    crashCount++;
    crashes.recover(random.nextInt(3) > 0);
    if (random.nextInt(6) == 0) {
      crashes.armAfter(random.nextInt(40));
    }
  }

  /** Starting may crash too, again and again. */
  private void startUntilUp() throws IOException {
    while (true) {
      try {
        replica.start();
        requireNothingLost("at a start");
        return;
      } catch (RuntimeException | Error | IOException e) {
        if (!crashes.isSimulatedCrash(e)) {
          throw e;
        }
        recover();
      }
    }
  }

  /** Attempts whose stream broke with the crash: they can at most be settled, never continued. */
  private void settleAttempts() throws IOException {
    for (Attempt attempt : List.copyOf(attempts.values())) {
      if (attempt.isFinished() && random.nextBoolean()) {
        settle(attempt);
      }
    }
    attempts.clear();
  }

  private void settle(Attempt attempt) throws IOException {
    try {
      Command.Content content =
          replica.await(
              replica
                  .store()
                  .staged(attempt.key(), new Epoch(attempt.epoch()))
                  .finish(attempt.content()));
      commit(attempt, content);
    } catch (Refusal _) {
      // Not all of it was durable, or it was ended: a new attempt is the answer.
    }
  }

  private void oneOperation() throws IOException, Refusal {
    int dice = random.nextInt(100);
    if (model.images().isEmpty() || dice < 2) {
      createImage();
    } else if (dice < 4) {
      acquire(pickImage());
    } else if (dice < 18) {
      open(pickImage());
    } else if (dice < 55) {
      stage();
    } else if (dice < 70) {
      finishAttempt();
    } else if (dice < 72) {
      abort();
    } else if (dice < 82) {
      replica.runOneBackgroundTask();
    } else if (dice < 84) {
      replica.store().snapshot();
    } else if (dice < 87) {
      clean();
    } else if (dice < 90) {
      checker.checkOne(model, random);
    } else if (dice < 93) {
      session(pickImage());
    } else if (dice < 98) {
      retire(pickImage());
    } else if (dice < 99 && model.images().size() > 1) {
      delete(pickImage());
    } else if (dice == 99 && troubles) {
      trouble();
    }
  }

  /** What is worth it, or any segment or tract: cleaning must be right whatever the policy says. */
  private void clean() throws IOException {
    SegmentCleaner cleaner = replica.store().cleaner();
    int what = random.nextInt(4);
    if (what < 2) {
      cleaned(cleaner.step(EAGER, (_, _) -> meanwhile()).copiedBytes());
      return;
    }
    if (what == 2 && !model.images().isEmpty()) {
      TractKey tract = new TractKey(pickImage(), random.nextInt(2), random.nextInt(2));
      consolidateCount += replica.store().consolidator().consolidate(tract) > 0 ? 1 : 0;
      return;
    }
    List<SegmentUse> cleanable = cleaner.look().map(SegmentsInUse::cleanable).orElse(List.of());
    if (!cleanable.isEmpty()) {
      cleaned(cleaner.clean(cleanable.get(random.nextInt(cleanable.size())).segment()));
    }
  }

  /** The cleaner waits between copying and publishing: whatever happens then wins. */
  private void meanwhile() throws IOException {
    try {
      switch (random.nextInt(8)) {
        case 0 -> finishAttempt();
        case 1 -> retire(pickImage());
        case 2 -> replica.runOneBackgroundTask();
        case 3 -> replica.store().snapshot();
        default -> stage();
      }
    } catch (Refusal refused) {
      throw new IllegalStateException(refused);
    }
  }

  private void cleaned(long bytes) {
    cleanCount += bytes > 0 ? 1 : 0;
  }

  private void trouble() throws IOException, Refusal {
    switch (random.nextInt(4)) {
      case 0 -> reopen();
      case 1 -> crashes.setDiskFull(true);
      case 2 -> crashes.setDiskFull(false);
      default -> crashes.failSync(random.nextInt(4));
    }
  }

  /**
   * Closes the store in order: nothing is left to replay, unless there was no room for a last
   * snapshot.
   */
  private void reopen() throws IOException, Refusal {
    while (replica.runOneBackgroundTask()) {
      // What was begun ends.
    }
    int crashesBefore = crashCount;
    requireNoFault(0);
    if (crashCount > crashesBefore) {
      return; // A fault came to light: this life ended without a close.
    }
    replica.store().close();
    replica.stop();
    crashes.recover(false);
    attempts.clear();
    startUntilUp();
    absorb();
    checker.checkSome(model, random);
  }

  private ImageId pickImage() {
    List<Long> ids = List.copyOf(model.images().keySet());
    return new ImageId(ids.get(random.nextInt(ids.size())));
  }

  private ModelImage modelOf(ImageId image) {
    ModelImage found = model.images().get(image.value());
    if (found == null) {
      throw new IllegalStateException(image + " is not in the model");
    }
    return found;
  }

  private void createImage() throws IOException {
    if (model.images().size() < IMAGES_MAX) {
      submit(new Command.CreateImage("vm-" + names++, KEEP_LAST));
    }
  }

  private void acquire(ImageId image) throws IOException {
    RequestId owner = new RequestId(new UUID(random.nextLong(), random.nextLong()));
    Command.Restore restore = Command.Restore.NONE;
    ModelImage modelImage = modelOf(image);
    if (random.nextInt(3) == 0 && !modelImage.committed().isEmpty()) {
      List<Long> ids = List.copyOf(modelImage.committed().keySet());
      restore = new Command.Restore.At(new CheckpointId(ids.get(random.nextInt(ids.size()))));
    }
    submit(new Command.Acquire(image, Optional.empty(), owner, restore));
  }

  private void open(ImageId image) throws IOException, Refusal {
    if (modelOf(image).epoch() == 0) {
      acquire(image);
    }
    ModelImage modelImage = modelOf(image);
    List<Attempt> inFlight =
        attempts.values().stream().filter(one -> one.key().image().equals(image)).toList();
    Optional<Attempt> chained =
        inFlight.size() == 1 && random.nextInt(3) == 0
            ? Optional.of(inFlight.getFirst())
            : Optional.empty();
    boolean full = chained.isEmpty() && (modelImage.head() == 0 || random.nextInt(12) == 0);
    long base = chained.map(one -> one.key().checkpoint().value()).orElse(modelImage.head());
    Outcome outcome =
        submit(
            new Command.Open(
                image,
                new Epoch(modelImage.epoch()),
                full ? CheckpointKind.FULL : CheckpointKind.INCREMENTAL,
                full ? Optional.empty() : Optional.of(new CheckpointId(base)),
                full ? Optional.of(Attempt.REGIONS) : Optional.empty()));
    if (!(outcome instanceof Outcome.Opened opened)) {
      throw new IllegalStateException("open refused: " + outcome);
    }
    attempts.put(
        opened.key(),
        new Attempt(
            opened.key(),
            modelImage.epoch(),
            full ? 0 : base,
            replica.store().staged(opened.key(), new Epoch(modelImage.epoch())),
            random));
  }

  private Optional<Attempt> pickAttempt() {
    List<Attempt> all = List.copyOf(attempts.values());
    return all.isEmpty() ? Optional.empty() : Optional.of(all.get(random.nextInt(all.size())));
  }

  private void stage() throws IOException, Refusal {
    Optional<Attempt> attempt = pickAttempt();
    if (attempt.isPresent()) {
      try {
        attempt.get().stageSomething();
      } catch (Refusal refusal) {
        giveUp(attempt.get(), refusal);
      }
    }
  }

  private void finishAttempt() throws IOException, Refusal {
    Optional<Attempt> picked = pickAttempt();
    if (picked.isPresent()) {
      Attempt attempt = picked.get();
      try {
        commit(attempt, replica.await(attempt.finish()));
      } catch (Refusal refusal) {
        giveUp(attempt, refusal);
      }
    }
  }

  /** Only a full disk is a reason. */
  private void giveUp(Attempt attempt, Refusal refusal) throws IOException, Refusal {
    if (refusal.rejection() != Rejection.DISK_FULL) {
      throw refusal;
    }
    submit(new Command.Abort(attempt.key(), Optional.of(new Epoch(attempt.epoch()))));
  }

  private void commit(Attempt attempt, Command.Content content) throws IOException {
    Command.Commit commit =
        new Command.Commit(attempt.key(), new Epoch(attempt.epoch()), content, List.of("self"));
    long head = modelOf(attempt.key().image()).head();
    Outcome outcome = submit(commit);
    boolean due = attempt.base() == 0 || attempt.base() == head;
    if (due != outcome instanceof Outcome.Committed) {
      throw new IllegalStateException(
          "commit of %s on %d with head %d answered %s"
              .formatted(attempt.key(), attempt.base(), head, outcome));
    }
  }

  private void abort() throws IOException {
    Optional<Attempt> attempt = pickAttempt();
    if (attempt.isPresent()) {
      submit(new Command.Abort(attempt.get().key(), Optional.of(new Epoch(attempt.get().epoch()))));
    }
  }

  private void session(ImageId image) throws IOException {
    if (!sessions.isEmpty() && random.nextBoolean()) {
      submit(new Command.Unpin(sessions.getLast(), Optional.empty()));
    } else {
      submit(new Command.Pin(image, Optional.empty(), 60_000));
    }
  }

  /** Names one of the oldest as well, or takes the name back, so that it outlives its age. */
  private void retire(ImageId image) throws IOException {
    ModelImage modelled = modelOf(image);
    if (!modelled.committed().isEmpty() && random.nextInt(4) == 0) {
      submit(
          modelled.names().containsKey(NAME)
              ? new Command.ReleaseName(image, NAME)
              : new Command.NameCheckpoint(
                  image, new CheckpointId(modelled.committed().firstKey()), NAME));
    }
    List<CheckpointId> all =
        modelOf(image).committed().keySet().stream().map(CheckpointId::new).toList();
    submit(new Command.Retire(image, all));
  }

  private void delete(ImageId image) throws IOException {
    submit(new Command.DeleteImage(image, false));
  }

  private Outcome submit(Command command) throws IOException {
    Outcome outcome = replica.submit(command);
    absorb();
    return outcome;
  }

  /** Brings the model up to what the log decided; also what a replay decided after a crash. */
  private void absorb() {
    for (SimulatedReplica.LoggedEntry logged : replica.logBehind(absorbed)) {
      if (logged.command().isPresent()) {
        decided(logged.command().get(), logged.outcome().orElseThrow());
      }
      absorbed++;
    }
    attempts.values().removeIf(attempt -> isFinal(attempt.key()));
  }

  private boolean isFinal(CheckpointKey key) {
    return replica
        .store()
        .catalog()
        .image(key.image())
        .map(image -> image.fate(key.checkpoint()).isFinal())
        .orElse(true);
  }

  private void decided(Command command, Outcome outcome) {
    switch (outcome) {
      case Outcome.ImageCreated created ->
          model
              .images()
              .put(created.image().value(), new ModelImage(((Command.CreateImage) command).name()));
      case Outcome.ImageDeleted _ ->
          model.images().remove(((Command.DeleteImage) command).image().value());
      case Outcome.Acquired acquired -> {
        ModelImage image = modelOf(((Command.Acquire) command).image());
        image.acquired(acquired.epoch().value());
        acquired.head().ifPresent(head -> image.takeOver(head.value()));
      }
      case Outcome.Committed committed -> committed(committed.key());
      case Outcome.Pinned pinned -> {
        sessions.add(pinned.session());
        modelOf(pinned.key().image())
            .pins()
            .put(pinned.session().value(), pinned.key().checkpoint().value());
      }
      case Outcome.Unpinned _ -> {
        SessionId session = ((Command.Unpin) command).session();
        sessions.remove(session);
        model.images().values().forEach(image -> image.pins().remove(session.value()));
      }
      case Outcome.Retired retired -> {
        ModelImage image = modelOf(((Command.Retire) command).image());
        for (CheckpointId id : retired.checkpoints()) {
          if (image.isHeld(id.value(), KEEP_LAST)) {
            throw new IllegalStateException(id + " was retired, but is held");
          }
        }
        retired.checkpoints().forEach(id -> image.committed().remove(id.value()));
      }
      case Outcome.CheckpointNamed named ->
          modelOf(named.key().image())
              .names()
              .put(((Command.NameCheckpoint) command).name(), named.key().checkpoint().value());
      case Outcome.NameReleased _ -> {
        Command.ReleaseName release = (Command.ReleaseName) command;
        modelOf(release.image()).names().remove(release.name());
      }
      case Outcome.RetentionSet _,
          Outcome.QuotaSet _,
          Outcome.PlanLearned _,
          Outcome.Opened _,
          Outcome.Aborted _,
          Outcome.Renewed _,
          Outcome.DigestAsked _,
          Outcome.PagesMarked _,
          Outcome.Rejected _ -> {}
    }
  }

  private void committed(CheckpointKey key) {
    Attempt attempt = attempts.get(key);
    if (attempt == null || !attempt.isFinished()) {
      throw new IllegalStateException(key + " was committed but never finished");
    }
    ModelImage image = modelOf(key.image());
    Optional<ModelCheckpoint> base =
        attempt.base() == 0
            ? Optional.empty()
            : Optional.of(Objects.requireNonNull(image.committed().get(attempt.base())));
    image.commit(key.checkpoint().value(), attempt.result(base));
    commitCount++;
  }
}
