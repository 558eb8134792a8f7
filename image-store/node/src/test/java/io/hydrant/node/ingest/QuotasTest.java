package io.hydrant.node.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Quota;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.SpaceAccount.ImageSpace;
import io.hydrant.engine.store.StagedCheckpoint;
import io.hydrant.testkit.store.CheckpointScript;
import io.hydrant.testkit.store.StoreFixture;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What an image may bring, of a real store on simulated media; counts and time by hand. */
final class QuotasTest {
  private static final int SEEDS = Integer.getInteger("hydrant.seeds", 30);
  private static final int STEPS = 250;
  private static final int PAGES = 64;
  private static final long PAGE = StoreFixture.PAGE_BYTES;

  private final StoreFixture fixture = StoreFixture.withPages(PAGES);
  private final ArrayDeque<Runnable> counts = new ArrayDeque<>();
  private long nanos;
  private int counted;
  private Quotas quotas = quotas();

  /** Of the random run. */
  private final List<CheckpointScript> open = new ArrayList<>();

  private int commits;
  private int refusals;

  QuotasTest() throws IOException {}

  private Quotas quotas() {
    fixture.sendThrough(
        here -> new Alone(new StagedWithinQuota(new StagedAlone(here, "self"), this.quotas)));
    return new Quotas(fixture.store().catalog(), fixture.store().space(), counts::add, () -> nanos);
  }

  /** A group of one as its replica. */
  private record Alone(StagedWithinQuota group) implements StagedCheckpoint {
    @Override
    public CheckpointKey key() {
      return group.key();
    }

    @Override
    public void patch(int region, int tract, PageTable table, ByteBuffer payload)
        throws Refusal, IOException {
      group.patch(region, tract, table, payload, payload);
    }

    @Override
    public void zeroTracts(int region, long firstTract, long count) throws Refusal, IOException {
      group.zeroTracts(region, firstTract, count);
    }

    @Override
    public void slim(long offset, int checksum, ByteBuffer bytes) throws Refusal, IOException {
      group.slim(offset, checksum, bytes);
    }

    @Override
    public int patches() {
      return group.patches();
    }

    @Override
    public CompletableFuture<Integer> durable(int patches) {
      return group.durable(patches);
    }

    @Override
    public CompletableFuture<Command.Content> finish(Command.Content claimed)
        throws Refusal, IOException {
      return group.finish(claimed).thenApply(Held::content);
    }
  }

  private void quota(long bytes) throws IOException {
    fixture.submit(new Command.SetQuota(fixture.image(), Optional.of(new Quota(bytes))));
  }

  /** Lets a second go by, and whoever asks now be answered by a count. */
  private void count() {
    nanos += 2 * Quotas.FRESH_NANOS;
    CompletableFuture<Boolean> known = quotas.known(fixture.image());
    runCounts();
    assertTrue(known.isDone());
  }

  private void runCounts() {
    while (!counts.isEmpty()) {
      counted++;
      counts.remove().run();
    }
  }

  private ImageSpace space() throws IOException {
    return fixture.store().space().of(fixture.image()).orElseThrow();
  }

  private long needed() throws IOException {
    return space().liveBytes() + space().historyBytes();
  }

  private long stagedBytes() {
    return fixture.store().space().known(fixture.image()).stagedBytes();
  }

  private String refused(Executable call) {
    Refusal refusal = assertThrows(Refusal.class, call);
    assertEquals(Rejection.QUOTA_EXCEEDED, refusal.rejection());
    String message = String.valueOf(refusal.getMessage());
    assertTrue(message.contains("image 'vm' (uid 1)"), message);
    assertTrue(message.contains("hydrant image set-quota vm SIZE"), message);
    return message;
  }

  private void abort(CheckpointScript script) throws IOException {
    fixture.submit(new Command.Abort(script.key(), Optional.empty()));
  }

  @Test
  void withoutOneEverythingIsAdmittedAndNothingCounted() throws Exception {
    assertTrue(quotas.known(fixture.image()).isDone());
    quotas.requireRoom(fixture.image());
    fixture.full().all(1, 24).commit();
    assertFalse(quotas.reserve(CheckpointKey.of(1, 1), Long.MAX_VALUE));
    assertTrue(quotas.known(CheckpointKey.of(99, 1).image()).isDone(), "no such image");
    quotas.requireRoom(CheckpointKey.of(99, 1).image());
    assertEquals(0, counts.size());
  }

  @Test
  void farFromItNothingIsCounted() throws Exception {
    quota(24 * PAGE + Quotas.NEAR_BYTES);
    assertTrue(quotas.known(fixture.image()).isDone());
    fixture.full().all(1, 24).commit();
    assertTrue(quotas.known(fixture.image()).isDone());
    quotas.requireRoom(fixture.image());
    assertEquals(0, counts.size());
    fixture.onHead().raw(2, 0, 0).commit();
    assertFalse(quotas.known(fixture.image()).isDone(), "from here on");
  }

  @Test
  void anImageThatTakesItOpensNoCheckpoint() throws Exception {
    quota(20 * PAGE + 504);
    fixture.full().all(1, 20).slim(1, 496).commit();
    count();
    quotas.requireRoom(fixture.image());
    fixture.onHead().slim(1, 8).commit(); // nothing but slim state
    count();
    String message = refused(() -> quotas.requireRoom(fixture.image()));
    assertTrue(message.contains("takes 82424 bytes of its quota of 82424"), message);
    quota(20 * PAGE + 505);
    quotas.requireRoom(fixture.image());
    fixture.submit(new Command.SetQuota(fixture.image(), Optional.empty()));
    quotas.requireRoom(fixture.image());
  }

  @Test
  void bytesThatAreTooManyAreRefusedAndThoseBeforeThemGoWithTheirAttempt() throws Exception {
    quota(30 * PAGE);
    fixture.full().all(1, 20).commit();
    count();
    CheckpointScript script = fixture.onHead().raw(100, 0, 5);
    String message = refused(() -> script.raw(100, 6, 10));
    assertTrue(
        message.contains(
            "takes 81920 bytes and 24576 more are staged, so that with the next 20480"),
        message);
    refused(() -> script.slim(1, (int) (4 * PAGE + 8)));
    script.raw(100, 6, 9);
    abort(script);
    assertEquals(0, stagedBytes());
    assertEquals(20 * PAGE, needed());
    fixture.onHead().raw(200, 0, 9).commit();
    assertEquals(30 * PAGE, needed());
    count();
    refused(() -> quotas.requireRoom(fixture.image()));
  }

  @Test
  void whatNothingRetainedShowsDoesNotCount() throws Exception {
    fixture.submit(new Command.SetRetention(fixture.image(), 1));
    for (int i = 0; i < 5; i++) {
      fixture.full().all(1_000L * i, 20).commit();
    }
    fixture.retireAll();
    long mapped = fixture.store().space().known(fixture.image()).mappedBytes();
    assertTrue(mapped > needed(), "nothing is left to be pruned: " + space());
    quota(mapped);
    refused(() -> quotas.requireRoom(fixture.image()));
    count();
    quotas.requireRoom(fixture.image());
    CheckpointScript script = fixture.onHead().raw(9_000, 0, 9);
    assertEquals(10 * PAGE, stagedBytes());
    script.commit();
    assertEquals(1, counted, "what was published since is known");
    nanos += Quotas.KEPT_NANOS + 1;
    quota(fixture.store().space().known(fixture.image()).mappedBytes());
    refused(() -> quotas.requireRoom(fixture.image()));
  }

  @Test
  void countsOnceASecondHoweverManyAsk() throws Exception {
    quota(PAGE);
    CompletableFuture<Boolean> first = quotas.known(fixture.image());
    assertFalse(first.isDone());
    assertSame(first, quotas.known(fixture.image()), "one count for all who wait");
    assertEquals(1, counts.size());
    runCounts();
    assertTrue(first.isDone());
    nanos += Quotas.FRESH_NANOS;
    assertTrue(quotas.known(fixture.image()).isDone());
    assertEquals(0, counts.size());
    nanos++;
    assertFalse(quotas.known(fixture.image()).isDone());
    assertEquals(1, counts.size());
  }

  @Test
  void aStreamPausesForTheCountAndGoesByItHoweverLateItIs() throws Exception {
    quota(Quotas.NEAR_BYTES);
    CheckpointKey key = fixture.openFull();
    StagedGroup group = new WithinQuota(new OneStore(fixture), quotas).staged(key, fixture.epoch());
    assertTrue(group.isOpenForMore());
    CheckpointScript pages = fixture.full(); // ends the other one; only its pages are used
    group = new WithinQuota(new OneStore(fixture), quotas).staged(pages.key(), fixture.epoch());
    pages.raw(1, 0, 0);
    assertFalse(group.isOpenForMore());
    List<String> said = new ArrayList<>();
    group.onOpenForMore(() -> said.add("open"));
    assertEquals(List.of(), said);
    runCounts();
    assertEquals(List.of("open"), said);
    nanos += 5 * Quotas.FRESH_NANOS;
    assertTrue(group.isOpenForMore(), "it has waited once");
    pages.raw(1, 1, 1);
    assertEquals(0, counts.size());
  }

  /** What is opened passes the quota's gate; nothing else is asked of it. */
  private record OneStore(StoreFixture fixture) implements Staging {
    @Override
    public CompletableFuture<?> readyToAdmit(ImageId image) {
      return READY;
    }

    @Override
    public void admitOpen(Command.Open open) throws Refusal, IOException {
      fixture.store().admitOpen(open);
    }

    @Override
    public StagedGroup staged(CheckpointKey key, Epoch epoch) throws Refusal {
      return new StagedAlone(fixture.store().staged(key, epoch), "self");
    }

    @Override
    public void requireHeld(ImageId image, Held held) {}

    @Override
    public CompletableFuture<Held> held(CheckpointKey key, Epoch epoch, Command.Content claimed) {
      throw new AssertionError("nothing is settled");
    }
  }

  @Test
  void whatOthersStageAndHaveReservedCounts() throws Exception {
    quota(12 * PAGE);
    count();
    CheckpointScript one = fixture.full().all(1, 4);
    CheckpointScript two = fixture.on(one.key().checkpoint()).raw(100, 0, 3);
    assertTrue(quotas.reserve(one.key(), 3 * PAGE));
    refused(() -> two.raw(100, 4, 5));
    two.raw(100, 4, 4);
    quotas.release(fixture.image(), 3 * PAGE);
    two.raw(100, 5, 7);
    one.commit();
    refused(() -> two.raw(100, 8, 8));
    two.commit();
    assertEquals(12 * PAGE, needed());
  }

  @Test
  void whatAnEarlierLifeStagedCounts() throws Exception {
    quota(12 * PAGE);
    count();
    CheckpointScript one = fixture.full().all(1, 8);
    fixture.replica().await(one.staged().finish(one.content()));
    fixture.snapshot();
    fixture.closeAndReopen();
    quotas = quotas();
    assertTrue(stagedBytes() >= 8 * PAGE, "staged: " + stagedBytes());
    count();
    CheckpointScript two = fixture.on(one.key().checkpoint());
    two.raw(100, 0, 2);
    refused(() -> two.raw(100, 3, 4));
    fixture
        .replica()
        .await(fixture.store().staged(one.key(), fixture.epoch()).finish(one.content()));
    one.commitEntry();
    assertEquals(8 * PAGE, needed());
    assertEquals(3 * PAGE, stagedBytes());
  }

  /**
   * Whatever is opened, staged, committed, aborted, retired, cleaned and cut off: an image whose
   * quota was set before never takes more, and nothing is refused that would have fitted by a count
   * made then.
   */
  @Test
  void neverIsMoreHeldThanTheQuota() throws Exception {
    Long only = Long.getLong("hydrant.seed");
    int allCommits = 0;
    int allRefusals = 0;
    long first = only == null ? 1 : only;
    for (long seed = first; seed < first + SEEDS; seed++) {
      try {
        QuotasTest one = new QuotasTest();
        one.run(new SplittableRandom(seed));
        allCommits += one.commits;
        allRefusals += one.refusals;
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError(
            "seed %d; repeat with: mvn -pl image-store/node -am test -Dtest=QuotasTest -Dhydrant.seed=%d"
                .formatted(seed, seed),
            e);
      }
    }
    assertTrue(allCommits > SEEDS, "commits: " + allCommits);
    assertTrue(allRefusals > SEEDS, "refusals: " + allRefusals);
  }

  private void run(SplittableRandom random) throws Exception {
    long quota = random.nextLong(16, 64) * PAGE + random.nextLong(100);
    fixture.submit(new Command.SetRetention(fixture.image(), random.nextInt(1, 5)));
    quota(quota);
    for (int step = 0; step < STEPS; step++) {
      nanos += random.nextLong(Quotas.FRESH_NANOS);
      switch (random.nextInt(20)) {
        case 0, 1, 2 -> open(random);
        case 3, 4, 5, 6, 7, 8, 9, 10 -> stage(random);
        case 11, 12, 13, 14 -> commitOldest();
        case 15 -> {
          if (!open.isEmpty()) {
            abort(open.removeFirst());
            open.clear(); // what builds on it goes with it
          }
        }
        case 16, 17 -> fixture.retireAll();
        case 18 -> {
          fixture.runBackground();
          fixture.snapshot();
        }
        default -> {
          if (random.nextInt(4) == 0) {
            open.clear();
            fixture.closeAndReopen();
            quotas = quotas();
          }
        }
      }
      assertTrue(needed() <= quota, () -> "more than " + quota);
    }
  }

  private void open(SplittableRandom random) throws Exception {
    boolean exact = random.nextBoolean();
    if (exact) {
      count();
    }
    try {
      quotas.requireRoom(fixture.image());
    } catch (Refusal refusal) {
      refusals++;
      long quota = quota();
      assertTrue(!exact || needed() >= quota, () -> "refused: " + refusal.getMessage());
      return;
    }
    boolean chained = open.size() == 1 && random.nextBoolean();
    boolean based =
        fixture.store().catalog().image(fixture.image()).orElseThrow().head().isPresent();
    if (chained) {
      open.add(fixture.on(open.getFirst().key().checkpoint()));
      return;
    }
    open.clear(); // a newer attempt ends those that it does not build on
    if (based && random.nextInt(5) > 0) {
      open.add(fixture.onHead());
      return;
    }
    CheckpointScript full = fixture.full();
    if (bring(full, exact, PAGE * 8, script -> script.all(random.nextLong(1L << 40), 8))) {
      open.add(full);
    }
  }

  private long quota() {
    return fixture
        .store()
        .catalog()
        .image(fixture.image())
        .flatMap(image -> image.quota())
        .orElseThrow()
        .bytes();
  }

  /** What a script sends. */
  private interface Sending {
    void to(CheckpointScript script) throws Exception;
  }

  private void stage(SplittableRandom random) throws Exception {
    if (open.isEmpty()) {
      return;
    }
    CheckpointScript script = open.get(random.nextInt(open.size()));
    boolean isFull =
        fixture
            .store()
            .catalog()
            .image(fixture.image())
            .orElseThrow()
            .checkpoint(script.key().checkpoint())
            .orElseThrow()
            .base()
            .isEmpty();
    boolean exact = random.nextBoolean();
    if (isFull || script.staged().patches() >= PAGES / 8 || random.nextInt(5) == 0) {
      int bytes = 8 * random.nextInt(1, 400);
      bring(script, exact, bytes, to -> to.slim(random.nextLong(1L << 40), bytes));
      return;
    }
    // Each batch of pages that this checkpoint did not send yet: a page goes once.
    int first = 8 * script.staged().patches();
    int pages = random.nextInt(1, 9);
    bring(
        script,
        exact,
        pages * PAGE,
        to -> to.raw(random.nextLong(1L << 40), first, first + pages - 1));
  }

  /** Whether it was taken; else the attempt is over, and what builds on it. */
  private boolean bring(CheckpointScript script, boolean exact, long bytes, Sending what)
      throws Exception {
    if (exact) {
      count();
    }
    try {
      what.to(script);
      return true;
    } catch (Refusal refusal) {
      assertEquals(Rejection.QUOTA_EXCEEDED, refusal.rejection(), refusal.getMessage());
      refusals++;
      long quota = quota();
      long taken = needed() + stagedBytes();
      assertTrue(
          !exact || taken + bytes > quota,
          () -> "refused with %d of %d: %s".formatted(taken, quota, refusal.getMessage()));
      abort(script);
      int at = open.indexOf(script);
      if (at >= 0) {
        open.subList(at, open.size()).clear();
      }
      return false;
    }
  }

  private void commitOldest() throws Exception {
    if (!open.isEmpty()) {
      open.removeFirst().commit();
      commits++;
    }
  }
}
