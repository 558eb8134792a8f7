package io.hydrant.node.housekeeping;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.catalog.RetentionPolicy;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.model.SessionId;
import io.hydrant.node.FakeProposals;
import io.hydrant.node.ingest.OpenCheckpoints;
import io.hydrant.node.restore.Leases;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Housekeeping with a clock that is turned by hand and a real catalog. */
final class HousekeepingTest {
  private static final Command.Content CONTENT =
      new Command.Content(Digest.of(new byte[Digest.BYTES]), 0, 0, 0, 0);
  private static final RegionTable REGIONS =
      new RegionTable(List.of(new RegionSpec("ram", RegionKind.MEMORY, 4096, 4096)));

  private static final long TICK_NANOS = Duration.ofMillis(100).toNanos();

  private final AtomicLong nanos = new AtomicLong(1_000);
  private final AtomicLong clockOff = new AtomicLong();
  private final AtomicLong bootMillis = new AtomicLong(1_000_000);
  private final Catalog catalog = new Catalog();
  private final FakeProposals log = new FakeProposals(catalog);
  private final Leases leases = new Leases(nanos::get);
  private final OpenCheckpoints open = new OpenCheckpoints(nanos::get);
  private final Housekeeping housekeeping =
      new Housekeeping(
          catalog,
          log,
          leases,
          open,
          Duration.ofSeconds(60),
          new Housekeeping.Time(nanos::get, this::wallMillis, clockOff::get));

  private final ImageId image;
  private final Epoch epoch;

  HousekeepingTest() {
    log.clock = this::wallMillis;
    image = ((Outcome.ImageCreated) log.apply(new Command.CreateImage("vm", 2))).image();
    epoch =
        ((Outcome.Acquired)
                log.apply(
                    new Command.Acquire(image, Optional.empty(), new RequestId(new UUID(1, 1)))))
            .epoch();
  }

  private long wallMillis() {
    return bootMillis.get() + TimeUnit.NANOSECONDS.toMillis(nanos.get());
  }

  private CheckpointKey openFull() {
    return ((Outcome.Opened)
            log.apply(
                new Command.Open(
                    image, epoch, CheckpointKind.FULL, Optional.empty(), Optional.of(REGIONS))))
        .key();
  }

  private CheckpointKey commitFull() {
    CheckpointKey key = openFull();
    assertTrue(
        log.apply(new Command.Commit(key, epoch, CONTENT, List.of())) instanceof Outcome.Committed);
    return key;
  }

  private SessionId pin(CheckpointKey key) {
    return ((Outcome.Pinned)
            log.apply(new Command.Pin(image, Optional.of(key.checkpoint()), 10_000)))
        .session();
  }

  private List<Command> after(Duration duration) {
    long left = duration.toNanos();
    do {
      long step = Math.min(left, TICK_NANOS);
      nanos.addAndGet(step);
      left -= step;
      housekeeping.step();
    } while (left > 0);
    return log.take();
  }

  @Test
  void nothingEndsByAgeWhileTheClockIsOff() {
    SessionId session = pin(commitFull());
    clockOff.set(-5_001);
    commitFull();
    commitFull();
    CheckpointKey silent = openFull();
    List<Command> meanwhile = after(Duration.ofSeconds(100));
    assertTrue(
        meanwhile.stream().allMatch(command -> command instanceof Command.Retire),
        () -> meanwhile.toString());
    // A whole period again, from when the clock is right.
    clockOff.set(5_000);
    assertEquals(List.of(), after(Duration.ofSeconds(13)));
    assertEquals(
        List.of(new Command.Unpin(session, Optional.of(0L))), after(Duration.ofMillis(500)));
    assertTrue(after(Duration.ofSeconds(60)).contains(new Command.Abort(silent, Optional.empty())));
  }

  @Test
  void retiresTheOldestOnceASecond() {
    List<CheckpointKey> keys =
        List.of(commitFull(), commitFull(), commitFull(), commitFull(), commitFull());
    assertEquals(List.of(), after(Duration.ofMillis(900)));
    List<CheckpointId> oldest = keys.subList(0, 3).stream().map(CheckpointKey::checkpoint).toList();
    assertEquals(List.of(new Command.Retire(image, oldest)), after(Duration.ofMillis(100)));
    assertEquals(List.of(), after(Duration.ofSeconds(1)));
  }

  @Test
  void leavesPinnedOnesUntilTheirSessionEnds() {
    CheckpointKey pinned = commitFull();
    CheckpointKey next = commitFull();
    commitFull();
    commitFull();
    SessionId session = pin(pinned);
    assertEquals(
        List.of(new Command.Retire(image, List.of(next.checkpoint()))),
        after(Duration.ofSeconds(1)));
    assertEquals(List.of(), after(Duration.ofSeconds(1)));
    log.apply(new Command.Unpin(session, Optional.empty()));
    assertEquals(
        List.of(new Command.Retire(image, List.of(pinned.checkpoint()))),
        after(Duration.ofSeconds(1)));
  }

  /** All of the last two seconds, one a second of the last ten, one in five of the last minute. */
  private void keepByAge() {
    log.apply(
        new Command.SetRetention(
            image,
            new RetentionPolicy(
                1,
                Optional.of(2_000L),
                List.of(
                    new RetentionPolicy.Tier(10_000, 1_000),
                    new RetentionPolicy.Tier(60_000, 5_000)))));
  }

  /** One every 200 ms. */
  private void commitFor(Duration duration) {
    for (long left = duration.toMillis(); left > 0; left -= 200) {
      commitFull();
      after(Duration.ofMillis(200));
    }
  }

  private int retained() {
    return catalog.image(image).orElseThrow().committed().size();
  }

  @Test
  void thinsOutAsTimeGoesByAlsoOfAnImageThatNobodyWritesTo() {
    keepByAge();
    commitFor(Duration.ofSeconds(20));
    // 10 or so of two seconds (and of the second for which one waits), 8 more of ten, 2 of a
    // minute.
    assertTrue(retained() >= 10 + 8 + 2 && retained() <= 15 + 9 + 3, () -> "" + retained());
    after(Duration.ofSeconds(12));
    assertTrue(retained() >= 4 && retained() <= 6, () -> "" + retained());
    after(Duration.ofSeconds(61));
    assertEquals(1, retained());
    assertEquals(List.of(), after(Duration.ofSeconds(10)));
  }

  @Test
  void aNamedOneSurvivesUntilItsNameIsReleased() {
    keepByAge();
    CheckpointKey named = commitFull();
    CheckpointKey other = commitFull();
    commitFull();
    log.apply(new Command.NameCheckpoint(image, named.checkpoint(), "before-upgrade"));
    after(Duration.ofSeconds(70));
    assertEquals(ImageState.Fate.COMMITTED, catalog.fate(named));
    assertEquals(ImageState.Fate.RETIRED, catalog.fate(other));
    assertEquals(2, retained());
    log.apply(new Command.ReleaseName(image, "before-upgrade"));
    after(Duration.ofSeconds(1));
    assertEquals(ImageState.Fate.RETIRED, catalog.fate(named));
  }

  @Test
  void nothingIsRetiredByAgeWhileTheClockIsOff() {
    keepByAge();
    commitFull();
    commitFull();
    clockOff.set(5_001);
    assertEquals(List.of(), after(Duration.ofSeconds(100)));
    clockOff.set(0);
    assertEquals(1, after(Duration.ofSeconds(1)).size());
    assertEquals(1, retained());
  }

  @Test
  void aClockThatJumpsIsNotBelievedUntilTheOthersHaveBeenHeardOf() {
    keepByAge();
    commitFor(Duration.ofSeconds(3));
    int before = retained();
    bootMillis.addAndGet(3_600_000);
    assertEquals(List.of(), after(Duration.ofSeconds(9)));
    clockOff.set(3_600_000);
    assertEquals(List.of(), after(Duration.ofSeconds(100)));
    bootMillis.addAndGet(-3_600_000);
    clockOff.set(0);
    assertEquals(before, retained());
    after(Duration.ofSeconds(20));
    assertEquals(1, retained());
  }

  @Test
  void waitsForCatalogTimeThatAFormerLeaderLeftAhead() {
    keepByAge();
    commitFull();
    commitFull();
    commitFull();
    log.clock = () -> wallMillis() + 30_000;
    log.apply(new Command.DigestAt());
    log.clock = this::wallMillis;
    assertEquals(List.of(), after(Duration.ofSeconds(20)));
    assertEquals(3, retained());
    after(Duration.ofSeconds(45));
    assertEquals(1, retained());
  }

  @Test
  void asksOnceWhileThereIsNoAnswer() {
    commitFull();
    commitFull();
    commitFull();
    log.silent = true;
    assertEquals(1, after(Duration.ofSeconds(1)).size());
    assertEquals(0, after(Duration.ofSeconds(1)).size());
  }

  @Test
  void onlyTheLeaderProposes() {
    commitFull();
    commitFull();
    commitFull();
    openFull();
    log.leads = false;
    assertEquals(List.of(), after(Duration.ofSeconds(600)));
  }

  @Test
  void aSessionExpiresBehindItsLeaseAndTheQuietPart() {
    SessionId session = pin(commitFull());
    assertEquals(List.of(), after(Duration.ZERO));
    assertEquals(List.of(), after(Duration.ofMillis(13_300)));
    assertEquals(
        List.of(new Command.Unpin(session, Optional.of(0L))), after(Duration.ofMillis(100)));
    assertTrue(catalog.session(session).isEmpty());
    assertEquals(List.of(), after(Duration.ofSeconds(100)));
  }

  @Test
  void aRenewalThatWasAppliedBeginsTheTimeAnew() {
    SessionId session = pin(commitFull());
    assertEquals(List.of(), after(Duration.ZERO));
    assertEquals(List.of(), after(Duration.ofSeconds(13)));
    log.apply(new Command.Renew(session));
    assertEquals(List.of(), after(Duration.ofSeconds(13)));
    assertEquals(
        List.of(new Command.Unpin(session, Optional.of(1L))), after(Duration.ofSeconds(1)));
  }

  @Test
  void aNewLeaderGrantsAWholePeriod() {
    SessionId session = pin(commitFull());
    assertEquals(List.of(), after(Duration.ZERO));
    assertEquals(List.of(), after(Duration.ofSeconds(13)));
    leases.restart();
    assertEquals(List.of(), after(Duration.ZERO));
    assertEquals(List.of(), after(Duration.ofSeconds(13)));
    assertEquals(
        List.of(new Command.Unpin(session, Optional.of(0L))), after(Duration.ofSeconds(1)));
  }

  @Test
  void aSilentCheckpointIsAborted() {
    CheckpointKey key = openFull();
    assertEquals(List.of(), after(Duration.ZERO));
    assertEquals(List.of(), after(Duration.ofSeconds(60)));
    assertEquals(List.of(new Command.Abort(key, Optional.empty())), after(Duration.ofMillis(100)));
    assertEquals(List.of(), after(Duration.ofSeconds(600)));
  }

  @Test
  void aPauseOfTheServerIsNobodysSilence() {
    SessionId session = pin(commitFull());
    CheckpointKey key = openFull();
    assertEquals(List.of(), after(Duration.ofSeconds(1)));
    nanos.addAndGet(Duration.ofSeconds(600).toNanos());
    assertEquals(List.of(), after(Duration.ofSeconds(13)));
    assertEquals(
        List.of(new Command.Unpin(session, Optional.of(0L))), after(Duration.ofSeconds(1)));
    assertEquals(List.of(), after(Duration.ofSeconds(45)));
    assertEquals(List.of(new Command.Abort(key, Optional.empty())), after(Duration.ofSeconds(2)));
  }
}
