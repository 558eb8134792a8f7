package io.hydrant.node.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Durability;
import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.store.Refusal;
import io.hydrant.node.Draft;
import io.hydrant.node.api.ApiException;
import io.hydrant.node.ingest.Held;
import io.hydrant.node.ingest.StagedGroup;
import io.hydrant.node.pace.CalmWatch;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three nodes in one process: real stores, real gRPC, a log that never fails. */
@Timeout(60)
final class PeerPlaneTest {
  private static final int BATCH_PAGES = 256;
  private static final int BATCHES = TestGroup.PAGES / BATCH_PAGES;

  @TempDir private Path directory;
  private TestGroup group;

  @BeforeEach
  void make() throws Exception {
    group = new TestGroup(directory);
  }

  @AfterEach
  void end() throws Exception {
    group.close();
  }

  private static long[] pages(int batch) {
    return LongStream.range((long) batch * BATCH_PAGES, (long) (batch + 1) * BATCH_PAGES).toArray();
  }

  private StagedGroup staged(CheckpointKey key) throws Exception {
    return group.n1.plane().staging().staged(key, group.epoch);
  }

  private StagedGroup stage(CheckpointKey key, Draft draft) throws Exception {
    StagedGroup staged = staged(key);
    for (int batch = 0; batch < BATCHES; batch++) {
      group.batch(staged, draft.raw(key.checkpoint().value(), pages(batch)));
    }
    return staged;
  }

  /** Stages all pages and ends the checkpoint. */
  private CompletableFuture<Held> write(CheckpointKey key, Draft draft) throws Exception {
    return stage(key, draft).finish(TestGroup.claim(draft.commit()));
  }

  private static Held get(CompletableFuture<Held> held) throws Exception {
    return held.get(30, TimeUnit.SECONDS);
  }

  private static Refusal refused(CompletableFuture<Held> held) {
    ExecutionException failure =
        assertThrows(ExecutionException.class, () -> held.get(30, TimeUnit.SECONDS));
    return assertInstanceOf(Refusal.class, failure.getCause());
  }

  private void commit(CheckpointKey key, Held held) throws Exception {
    assertInstanceOf(
        Outcome.Committed.class,
        group.log.apply(new Command.Commit(key, group.epoch, held.content(), held.holders())));
  }

  @Test
  void aCheckpointIsHeldByAMajorityWithItsOwnDigest() throws Exception {
    group.start(TestNode.patient());
    CheckpointKey key = group.open();
    Held held = get(write(key, new Draft(TestGroup.PAGES)));
    assertTrue(held.holders().size() >= 2, "holders " + held.holders());
    assertTrue(held.holders().contains("n1"));
    assertEquals(BATCHES, held.content().patches());
    TestGroup.await(
        "both others have it",
        () -> group.n2.arrived.get() == BATCHES && group.n3.arrived.get() == BATCHES);
    commit(key, held);
    assertEquals(0, group.n1.readBack.get(), "frames went out of memory");
    assertEquals(List.of(), group.n2.stops);
  }

  @Test
  void aReplicaWhoseDiskStandsDelaysNobodyAndIsFedLater() throws Exception {
    group.start(TestNode.patient());
    group.n3.stopDisk();
    CheckpointKey key = group.open();
    Held held = get(write(key, new Draft(TestGroup.PAGES)));
    assertEquals(List.of("n1", "n2"), held.holders());
    assertTrue(group.n3.arrived.get() <= 1);
    group.n3.startDisk();
    TestGroup.await("it catches up", () -> group.n3.arrived.get() == BATCHES);
  }

  @Test
  void aReplicaThatLagsGetsWhatItHasPutOff() throws Exception {
    group.start(TestNode.patient());
    group.n1.durability = Durability.ALL;
    group.n3.putOff.set(2);
    CheckpointKey key = group.open();
    Held held = get(write(key, new Draft(TestGroup.PAGES)));
    assertEquals(List.of("n1", "n2", "n3"), held.holders());
    assertEquals(0, group.n3.putOff.get());
  }

  @Test
  void whoFellOutOfTheWindowIsFedFromTheLog() throws Exception {
    PeerPlaneConfig patient = TestNode.patient();
    group.start(
        new PeerPlaneConfig(
            3 << 20,
            patient.lagBytesMax(),
            patient.noMajority(),
            patient.allDeadline(),
            patient.settle(),
            2,
            2));
    group.n1.durability = Durability.ALL;
    group.n3.stopDisk();
    CheckpointKey key = group.open();
    CompletableFuture<Held> held = write(key, new Draft(TestGroup.PAGES));
    TestGroup.await("n2 has it", () -> group.n2.arrived.get() == BATCHES);
    assertFalse(held.isDone(), "n3 is wanted, too");
    group.n3.startDisk();
    assertEquals(List.of("n1", "n2", "n3"), get(held).holders());
    assertTrue(group.n1.readBack.get() > 0);
  }

  @Test
  void aReplicaThatComesLaterIsSentWhatItMissed() throws Exception {
    group.start(TestNode.patient());
    group.n1.durability = Durability.ALL;
    group.n3.stop();
    CheckpointKey key = group.open();
    CompletableFuture<Held> held = write(key, new Draft(TestGroup.PAGES));
    TestGroup.await("n2 has it", () -> group.n2.arrived.get() == BATCHES);
    group.n3.start(TestNode.patient());
    assertEquals(List.of("n1", "n2", "n3"), get(held).holders());
  }

  @Test
  void whatAnEarlierLifeStatedIsVoidAndAskedAnew() throws Exception {
    group.start(TestNode.patient());
    group.n1.durability = Durability.ALL;
    group.n3.stopDisk();
    CheckpointKey key = group.open();
    CompletableFuture<Held> held = write(key, new Draft(TestGroup.PAGES));
    TestGroup.await("n2 has it", () -> group.n2.arrived.get() == BATCHES);
    group.n2.stop();
    group.n3.startDisk();
    TestGroup.await("n3 has it", () -> group.n3.arrived.get() == BATCHES);
    group.n2.start(TestNode.patient());
    assertEquals(List.of("n1", "n2", "n3"), get(held).holders());
    assertEquals(BATCHES, group.n2.arrived.get(), "it was asked, not sent all again");
  }

  @Test
  void protectorsAreSlowedWhenNoMajorityKeepsUpAndRefusedWhenItLasts() throws Exception {
    PeerPlaneConfig patient = TestNode.patient();
    group.start(
        new PeerPlaneConfig(
            patient.windowBytes(),
            4 << 20,
            Duration.ofMillis(300),
            patient.allDeadline(),
            patient.settle(),
            2,
            2));
    group.n1.logIsWell = false;
    group.n2.stopDisk();
    group.n3.stopDisk();
    CheckpointKey key = group.open();
    StagedGroup staged = staged(key);
    Draft draft = new Draft(TestGroup.PAGES);
    int sent = 0;
    while (staged.isOpenForMore()) {
      group.batch(staged, draft.raw(1, pages(sent++)));
    }
    assertTrue(sent <= 5, "slowed after " + sent);
    AtomicInteger welcome = new AtomicInteger();
    staged.onOpenForMore(welcome::incrementAndGet);
    assertEquals(0, welcome.get());
    TestGroup.await("inventories", () -> group.n1.plane().seen().size() == 2);
    group.n1.logIsWell = true;
    TestGroup.await("it is told to go on", () -> welcome.get() == 1);
    int next = sent;
    Refusal refusal =
        assertThrows(Refusal.class, () -> group.batch(staged, draft.raw(1, pages(next))));
    assertEquals(Rejection.NO_MAJORITY, refusal.rejection());
    TestGroup.await("it hands over", () -> !group.n1.handOvers.isEmpty());
    assertEquals(1, group.n1.handOvers.size());
  }

  @Test
  void durabilityAllSaysWhoIsMissingAfterItsDeadline() throws Exception {
    PeerPlaneConfig patient = TestNode.patient();
    group.start(
        new PeerPlaneConfig(
            patient.windowBytes(),
            patient.lagBytesMax(),
            patient.noMajority(),
            Duration.ofMillis(500),
            patient.settle(),
            2,
            2));
    group.n1.durability = Durability.ALL;
    group.n3.stop();
    Refusal refusal = refused(write(group.open(), new Draft(TestGroup.PAGES)));
    assertEquals(Rejection.NO_MAJORITY, refusal.rejection());
    String message = String.valueOf(refusal.getMessage());
    assertTrue(message.contains("held by [n1, n2]"), message);
  }

  @Test
  void aDeposedLeaderTellsNobodyThatSomethingIsHeld() throws Exception {
    group.start(TestNode.patient());
    group.n2.stopDisk();
    group.n3.stopDisk();
    CheckpointKey key = group.open();
    CompletableFuture<Held> held = write(key, new Draft(TestGroup.PAGES));
    group.n1.plane().leadershipChanged(false);
    ExecutionException failure =
        assertThrows(ExecutionException.class, () -> held.get(30, TimeUnit.SECONDS));
    assertInstanceOf(ApiException.class, failure.getCause());
    assertTrue(
        group.n1.catalog().image(group.image).orElseThrow().open().containsKey(key.checkpoint()),
        "it is for the next leader to settle");
  }

  @Test
  void onlyWhoLeadsSaysHowLongEndsWait() throws Exception {
    group.start(TestNode.patient());
    group.write(1, LongStream.range(0, TestGroup.PAGES).toArray());
    for (long seed = 2; group.n1.plane().commitWait().equals(CalmWatch.Word.NOTHING); seed++) {
      group.write(seed, 3, 7);
    }
    assertTrue(group.n1.plane().commitWait().calmNanos() > 0);
    group.n1.plane().leadershipChanged(false);
    assertEquals(CalmWatch.Word.NOTHING, group.n1.plane().commitWait());
  }

  /** Stages all of a checkpoint on all three; returns what is claimed of it. */
  private Command.Content stageEverywhere(CheckpointKey key) throws Exception {
    Draft draft = new Draft(TestGroup.PAGES);
    StagedGroup staged = stage(key, draft);
    Command.Content claim = TestGroup.claim(draft.commit());
    get(staged.finish(claim));
    TestGroup.await("n2 has it", () -> group.n2.arrived.get() == BATCHES);
    TestGroup.await("n3 has it", () -> group.n3.arrived.get() == BATCHES);
    return claim;
  }

  @Test
  void aNewLeaderAsksTheVotersWhatTheyHold() throws Exception {
    group.start(TestNode.patient());
    CheckpointKey key = group.open();
    Command.Content claim = stageEverywhere(key);
    group.n1.stop();
    group.n2.plane().leadershipChanged(true);
    Held held = get(group.n2.plane().staging().held(key, group.epoch, claim));
    assertEquals(List.of("n2", "n3"), held.holders());
    commit(key, held);
  }

  /** The leader before is one of its two holders, and dead: the other one is left. */
  @Test
  void whoIsNotThereIsNotWaitedForBeforeAnAttemptIsGivenUp() throws Exception {
    group.start(TestNode.patient());
    group.n3.stop();
    CheckpointKey key = group.open();
    Draft draft = new Draft(TestGroup.PAGES);
    StagedGroup staged = stage(key, draft);
    Command.Content claim = TestGroup.claim(draft.commit());
    assertEquals(List.of("n1", "n2"), get(staged.finish(claim)).holders());
    group.n1.stop();
    group.n3.start(TestNode.patient());
    group.n2.plane().leadershipChanged(true);
    CompletableFuture<Held> held = group.n2.plane().staging().held(key, group.epoch, claim);
    assertEquals(Rejection.NO_MAJORITY, refused(held).rejection());
  }

  /** Reading gigabytes of an earlier life again takes minutes. */
  @Test
  void whatIsReadAgainForANewLeaderDelaysNoFrames() throws Exception {
    PeerPlaneConfig patient = TestNode.patient();
    group.start(
        new PeerPlaneConfig(
            patient.windowBytes(),
            patient.lagBytesMax(),
            patient.noMajority(),
            patient.allDeadline(),
            patient.settle(),
            1,
            2));
    CheckpointKey key = group.open();
    Command.Content claim = stageEverywhere(key);
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch read = new CountDownLatch(1);
    group.n3.onStateAnew =
        () -> {
          asked.countDown();
          try {
            read.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        };
    try {
      group.n1.stop();
      group.n2.plane().leadershipChanged(true);
      var _ = group.n2.plane().staging().held(key, group.epoch, claim);
      assertTrue(asked.await(20, TimeUnit.SECONDS));
      StagedGroup next = group.n2.plane().staging().staged(group.open(), group.epoch);
      group.batch(next, new Draft(TestGroup.PAGES).raw(2, pages(0)));
      TestGroup.await("a frame is taken", () -> group.n3.arrived.get() == BATCHES + 1);
    } finally {
      read.countDown();
    }
  }

  @Test
  void aNewLeaderGivesUpWhatTooFewHold() throws Exception {
    group.start(TestNode.patient());
    group.n3.stopDisk();
    CheckpointKey key = group.open();
    Draft draft = new Draft(TestGroup.PAGES);
    StagedGroup staged = stage(key, draft);
    Command.Content claim = TestGroup.claim(draft.commit());
    assertEquals(List.of("n1", "n2"), get(staged.finish(claim)).holders());
    group.n1.stop();
    PeerPlaneConfig patient = TestNode.patient();
    group.n2.stop();
    group.n2.start(
        new PeerPlaneConfig(
            patient.windowBytes(),
            patient.lagBytesMax(),
            patient.noMajority(),
            patient.allDeadline(),
            Duration.ofMillis(500),
            2,
            2));
    group.n2.plane().leadershipChanged(true);
    Refusal refusal = refused(group.n2.plane().staging().held(key, group.epoch, claim));
    assertEquals(Rejection.NO_MAJORITY, refusal.rejection());
  }

  @Test
  void aLeaderThatDoesNotHaveItAsksNobody() throws Exception {
    group.start(TestNode.patient());
    CheckpointKey key = group.open();
    Command.Content claim = TestGroup.claim(draftOf(1).commit());
    assertThrows(Refusal.class, () -> group.n1.plane().staging().held(key, group.epoch, claim));
  }

  private static Draft draftOf(int batches) {
    Draft draft = new Draft(TestGroup.PAGES);
    for (int batch = 0; batch < batches; batch++) {
      draft.raw(1, pages(batch));
    }
    return draft;
  }

  @Test
  void aLeaderWithoutRoomHandsOverToOneThatHasSome() throws Exception {
    group.n2.space = new InventoryView.Space(10, false);
    group.n3.space = new InventoryView.Space(1 << 20, true);
    group.start(TestNode.patient());
    TestGroup.await("inventories", () -> group.n1.plane().seen().size() == 2);
    assertEquals(List.of(), group.n1.handOvers);
    group.n1.space = new InventoryView.Space(0, true);
    TestGroup.await("it hands over", () -> !group.n1.handOvers.isEmpty());
    assertEquals(List.of("n2"), group.n1.handOvers);
    // Whoever does not lead has nothing to hand over.
    assertEquals(List.of(), group.n3.handOvers);
  }

  @Test
  void theOthersTellWhatTheyHaveAndLack() throws Exception {
    group.start(TestNode.patient());
    for (TestNode node : group.nodes.values()) {
      TestGroup.await("inventories", () -> node.plane().seen().size() == 2);
    }
    assertEquals(Set.of("n2", "n3"), group.n1.plane().seen().keySet());
    assertEquals(
        List.of(1_000L, 1_000L),
        group.n1.plane().seen().values().stream().map(InventoryView::clockMillis).toList());
  }

  @Test
  void aForeignNodeIsRefusedWithAReasonAndSentNothing() throws Exception {
    group.n3.cluster = "another";
    group.start(TestNode.patient());
    TestGroup.await(
        "it is told",
        () -> {
          synchronized (group.n3.stops) {
            return !group.n3.stops.isEmpty();
          }
        });
    String told = group.n3.stops.getFirst();
    assertTrue(told.contains("belongs to another cluster"), told);
    CheckpointKey key = group.open();
    assertEquals(List.of("n1", "n2"), get(write(key, new Draft(TestGroup.PAGES))).holders());
    assertEquals(0, group.n3.arrived.get());
    assertFalse(group.n1.plane().seen().containsKey("n3"));
  }
}
