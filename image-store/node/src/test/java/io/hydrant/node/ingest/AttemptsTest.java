package io.hydrant.node.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.store.Refusal;
import io.hydrant.node.FakeProposals;
import io.hydrant.node.api.ApiException;
import io.hydrant.node.pace.IngestBrake;
import io.hydrant.raftlog.LogBusyException;
import io.hydrant.v1.CheckpointKind;
import io.hydrant.v1.CheckpointState;
import io.hydrant.v1.CommitCheckpoint;
import io.hydrant.v1.OpenCheckpoint;
import io.hydrant.v1.Reason;
import io.hydrant.v1.Region;
import io.hydrant.v1.RegionKind;
import io.hydrant.v1.SettleRequest;
import io.hydrant.v1.SettleResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The order of attempts in the log, with a log that is advanced by hand and a real catalog. */
final class AttemptsTest implements AttemptAnswers, Staging, IngestBrake.Room {
  private static final Command.Content CONTENT =
      new Command.Content(Digest.of(new byte[Digest.BYTES]), 0, 0, 0, 0);

  private static final Held HELD = new Held(CONTENT, List.of("n1", "n3"));

  /** Asked anew, other replicas may answer. */
  private static final List<String> SETTLED_BY = List.of("n2", "n3");

  private final Catalog catalog = new Catalog();
  private final FakeProposals log = new FakeProposals(catalog);
  private final OpenCheckpoints open = new OpenCheckpoints(() -> 0);
  private final List<String> stops = new ArrayList<>();
  private final List<String> said = new ArrayList<>();
  private final IngestPorts ports =
      new IngestPorts(
          this,
          catalog,
          log,
          open,
          new IngestBrake(this, 1, 1, () -> 0),
          (what, cause) -> stops.add("" + cause.getMessage()));
  private final ArrayDeque<Runnable> heldBack = new ArrayDeque<>();
  private final Attempts attempts =
      new Attempts(ports, new Mailbox(Runnable::run), (task, _) -> heldBack.add(task), this);

  private final ImageId image;
  private final Epoch epoch;
  private boolean full;
  private boolean cleaning;
  private CompletableFuture<?> ready = READY;
  private Set<String> voters = Set.of("n1", "n2", "n3");

  /** Instead of what {@link #held} answers otherwise. */
  private @Nullable CompletableFuture<Held> holding;

  AttemptsTest() {
    image = ((Outcome.ImageCreated) log.apply(new Command.CreateImage("vm", 16))).image();
    epoch =
        ((Outcome.Acquired)
                log.apply(
                    new Command.Acquire(image, Optional.empty(), new RequestId(new UUID(1, 1)))))
            .epoch();
  }

  @Override
  public void opened(long attempt, CheckpointKey key) {
    said.add("opened " + attempt);
  }

  @Override
  public void durable(long attempt, int batches) {}

  @Override
  public void committed(long attempt, Outcome.Committed committed) {
    said.add("committed " + attempt);
  }

  @Override
  public void rejected(long attempt, Reason reason, String message, long head) {
    said.add("rejected " + attempt + " " + reason);
  }

  @Override
  public void broken(Throwable failure) {
    said.add("broken " + failure.getMessage());
  }

  @Override
  public void advanced() {}

  @Override
  public CompletableFuture<?> readyToAdmit(ImageId of) {
    return ready;
  }

  @Override
  public void admitOpen(Command.Open open) throws Refusal {
    if (full) {
      throw new Refusal(Rejection.DISK_FULL, "full");
    }
  }

  @Override
  public long bytes() {
    return full ? 0 : Long.MAX_VALUE;
  }

  @Override
  public boolean isGrowing() {
    return cleaning;
  }

  @Override
  public StagedGroup staged(CheckpointKey key, Epoch of) {
    return new Nothing(key);
  }

  @Override
  public void requireHeld(ImageId of, Held held) throws Refusal {
    if (!voters.containsAll(held.holders())) {
      throw new Refusal(Rejection.NO_MAJORITY, "voters " + voters);
    }
  }

  @Override
  public CompletableFuture<Held> held(CheckpointKey key, Epoch of, Command.Content claimed) {
    return holding == null
        ? CompletableFuture.completedFuture(new Held(claimed, SETTLED_BY))
        : holding;
  }

  private void openFull(long number) {
    attempts.open(
        number,
        OpenCheckpoint.newBuilder()
            .setImageUid(image.value())
            .setEpoch(epoch.value())
            .setKind(CheckpointKind.CHECKPOINT_KIND_FULL)
            .addRegions(
                Region.newBuilder()
                    .setName("ram")
                    .setKind(RegionKind.REGION_KIND_MEMORY)
                    .setPageBytes(4096)
                    .setLengthBytes(4096))
            .build());
  }

  private void openOn(long number, long base) {
    attempts.open(
        number,
        OpenCheckpoint.newBuilder()
            .setImageUid(image.value())
            .setEpoch(epoch.value())
            .setKind(CheckpointKind.CHECKPOINT_KIND_INCREMENTAL)
            .setBaseAttempt(base)
            .build());
  }

  private Attempt attempt(long number) {
    return Objects.requireNonNull(attempts.get(number));
  }

  private CompletableFuture<Held> finish(long number) {
    CompletableFuture<Held> holding = new CompletableFuture<>();
    Attempt attempt = attempt(number);
    attempt.requireOpened().live().committing();
    attempts.finish(attempt, holding);
    return holding;
  }

  private List<String> proposed() {
    return log.take().stream().map(command -> command.getClass().getSimpleName()).toList();
  }

  private List<String> said() {
    List<String> all = List.copyOf(said);
    said.clear();
    return all;
  }

  @Test
  void theNextOpenIsProposedBehindTheCommitWithoutWaitingForIt() {
    openFull(1);
    openOn(2, 1);
    assertEquals(List.of("Open", "Open"), proposed());
    log.silent = true;
    CompletableFuture<Held> first = finish(1);
    CompletableFuture<Held> second = finish(2);
    openOn(3, 2);
    assertEquals(List.of(), proposed(), "two are open: the third would be refused");
    first.complete(HELD);
    assertEquals(List.of("Commit", "Open"), proposed());
    second.complete(HELD);
    assertEquals(List.of("Commit"), proposed());
    log.go(3);
    assertEquals(List.of("opened 1", "opened 2", "committed 1", "opened 3", "committed 2"), said());
  }

  @Test
  void commitsAreProposedBaseFirst() {
    openFull(1);
    openOn(2, 1);
    proposed();
    CompletableFuture<Held> first = finish(1);
    finish(2).complete(HELD);
    assertEquals(List.of(), proposed());
    first.complete(HELD);
    assertEquals(List.of("Commit", "Commit"), proposed());
    assertEquals(List.of("opened 1", "opened 2", "committed 1", "committed 2"), said());
    assertTrue(attempts.isQuiet());
  }

  @Test
  void holdersAreCountedAgainWhenACommitHasWaitedForItsBase() {
    openFull(1);
    openOn(2, 1);
    proposed();
    CompletableFuture<Held> first = finish(1);
    finish(2).complete(HELD);
    voters = Set.of("n1", "n2", "n4");
    first.complete(new Held(CONTENT, List.of("n1", "n2")));
    assertEquals(List.of("Commit", "Abort"), proposed());
    assertEquals(
        Set.of("opened 1", "opened 2", "committed 1", "rejected 2 REASON_NO_MAJORITY"),
        Set.copyOf(said()));
  }

  @Test
  void whatBuildsOnARejectedAttemptIsRejectedEvenIfItsOpenIsUnderWay() {
    openFull(1);
    log.silent = true;
    openOn(2, 1);
    proposed();
    attempts.abort(attempt(1));
    assertEquals(List.of("Abort"), proposed());
    assertEquals(
        List.of("opened 1", "rejected 1 REASON_ABORTED", "rejected 2 REASON_ABORTED"), said());
    log.go(1);
    assertEquals(List.of("Abort"), proposed(), "the open that came through is given up");
    log.go(2);
    assertEquals(List.of(), said());
    assertTrue(catalog.image(image).orElseThrow().open().isEmpty());
  }

  @Test
  void anOpenThatWaitsForItsBaseIsNeverProposedWithoutIt() {
    log.silent = true;
    openFull(1);
    openOn(2, 1);
    assertEquals(List.of("Open"), proposed());
    full = true;
    log.go(1);
    assertEquals(List.of("opened 1", "rejected 2 REASON_DISK_FULL"), said());
  }

  @Test
  void anOpenWaitsWhileCleaningMakesRoomForIt() {
    full = true;
    cleaning = true;
    openFull(1);
    openOn(2, 1);
    assertEquals(List.of(), proposed());
    heldBack.remove().run();
    assertEquals(List.of(), proposed(), "still full");
    full = false;
    heldBack.remove().run();
    assertEquals(List.of("Open", "Open"), proposed());
    assertEquals(List.of("opened 1", "opened 2"), said());
    assertTrue(heldBack.isEmpty());
  }

  @Test
  void anOpenWaitsForRoomNoLongerThanSomebodyMakesIt() {
    full = true;
    cleaning = true;
    openFull(1);
    heldBack.remove().run();
    cleaning = false;
    heldBack.remove().run();
    assertEquals(List.of("rejected 1 REASON_DISK_FULL"), said());
    cleaning = true;
    openFull(2);
    for (int i = 0; i < 100; i++) {
      assertEquals(List.of(), said(), "after " + i);
      heldBack.remove().run();
    }
    assertEquals(List.of("rejected 2 REASON_DISK_FULL"), said(), "after five seconds");
    assertEquals(List.of(), proposed());
  }

  @Test
  void nobodyOvertakesWhatIsHeldBack() {
    full = true;
    cleaning = true;
    openFull(1);
    full = false;
    openFull(2);
    assertEquals(List.of(), proposed(), "the first has not looked again yet");
    heldBack.remove().run();
    assertEquals(List.of("opened 1", "opened 2"), said().subList(0, 2));
  }

  @Test
  void anOpenThatWasHeldBackMayHaveEndedMeanwhile() {
    full = true;
    cleaning = true;
    openFull(1);
    attempts.abort(attempt(1));
    openFull(2);
    attempts.abandon();
    full = false;
    heldBack.forEach(Runnable::run);
    assertEquals(List.of(), proposed());
  }

  @Test
  void anOpenWaitsUntilItCanBeAdmittedAndWhatBuildsOnItWithIt() {
    CompletableFuture<Boolean> counted = new CompletableFuture<>();
    ready = counted;
    openFull(1);
    openOn(2, 1);
    attempts.advance();
    assertEquals(List.of(), proposed());
    assertFalse(attempts.isQuiet(), "it will be answered");
    counted.complete(true);
    assertEquals(List.of("Open", "Open"), proposed());
    assertEquals(List.of("opened 1", "opened 2"), said());

    CompletableFuture<Boolean> next = new CompletableFuture<>();
    ready = next;
    openFull(3);
    full = true;
    next.complete(true);
    assertEquals(List.of("rejected 3 REASON_DISK_FULL"), said());
    CompletableFuture<Boolean> last = new CompletableFuture<>();
    ready = last;
    openFull(4);
    proposed();
    attempts.abandon();
    last.complete(true);
    assertEquals(List.of(), proposed(), "nobody waits for it any more");
    assertEquals(List.of(), said());
  }

  @Test
  void aStreamThatIsGoneKeepsItsCommitsAndLeavesTheRestToTheLog() {
    openFull(1);
    openOn(2, 1);
    proposed();
    CompletableFuture<Held> first = finish(1);
    attempts.abandon();
    assertEquals(List.of(), proposed());
    first.complete(HELD);
    assertEquals(List.of("Commit"), proposed());
    assertEquals(1, catalog.image(image).orElseThrow().committed().size());
    assertEquals(1, catalog.image(image).orElseThrow().open().size());
  }

  @Test
  void aCommitOfUnknownOutcomeEndsTheStreamAndMayBeSettledByOthers() {
    openFull(1);
    CheckpointKey key = attempt(1).requireOpened().key();
    CompletableFuture<Outcome> waiting = new CompletableFuture<>();
    CompletableFuture<Held> holding = finish(1);
    CompletableFuture<Outcome> joined = Objects.requireNonNull(open.settle(key, () -> waiting));
    assertTrue(joined != waiting, "the stream's own commit is waited for");
    log.failNext(new IOException("no answer"));
    holding.complete(HELD);
    assertEquals(List.of("opened 1", "broken no answer"), said());
    assertTrue(joined.isCompletedExceptionally());
    assertEquals(waiting, open.settle(key, () -> waiting));
  }

  @Test
  void aBusyLogRejectsWhatItDidNotTakeAndNothingElse() {
    openFull(1);
    CheckpointKey key = attempt(1).requireOpened().key();
    log.failNext(new LogBusyException("queues are full"));
    openOn(2, 1);
    log.failNext(new LogBusyException("queues are full"));
    finish(1).complete(HELD);
    assertEquals(
        List.of("opened 1", "rejected 2 REASON_OVERLOADED", "rejected 1 REASON_OVERLOADED"),
        said());
    assertTrue(catalog.image(image).orElseThrow().open().isEmpty(), key + " is given up");
    openFull(3);
    finish(3).complete(HELD);
    assertEquals(List.of("opened 3", "committed 3"), said());
  }

  @Test
  void aCommitThatWaitsForAnAbandonedOneIsRefusedWhenTheStreamBreaks() {
    openFull(1);
    openOn(2, 1);
    CheckpointKey second = attempt(2).requireOpened().key();
    finish(2).complete(HELD);
    proposed();
    attempts.abandon();
    assertEquals(List.of("Commit", "Abort"), proposed());
    assertFalse(catalog.image(image).orElseThrow().open().containsKey(second.checkpoint()));
  }

  @Test
  void anOpenDoesNotWaitForMessagesThatMayStandBehindIt() {
    openFull(1);
    openOn(2, 1);
    finish(2).complete(HELD);
    proposed();
    openOn(3, 2);
    assertEquals(List.of("Open"), proposed());
    assertEquals(List.of("opened 1", "opened 2", "rejected 3 REASON_TOO_MANY_OPEN"), said());
    finish(1).complete(HELD);
    assertEquals(List.of("committed 1", "committed 2"), said());
  }

  @Test
  void settlingWhatItsStreamGivesUpIsNoError() throws Exception {
    openFull(1);
    finish(1);
    SettleRequest request =
        SettleRequest.newBuilder()
            .setImageUid(image.value())
            .setEpoch(epoch.value())
            .setCheckpoint(attempt(1).requireOpened().key().checkpoint().value())
            .setCommit(
                CommitCheckpoint.newBuilder()
                    .setDigest(ByteString.copyFrom(new byte[Digest.BYTES])))
            .build();
    SettleCalls settles = new SettleCalls(ports);
    CompletableFuture<SettleResponse> waiting = settles.settle(request);
    assertFalse(waiting.isDone(), "the stream's commit is on its way");
    attempts.abort(attempt(1));
    assertEquals(CheckpointState.CHECKPOINT_STATE_OPEN, waiting.get().getState());
    assertEquals(Reason.REASON_UNKNOWN_OUTCOME, waiting.get().getReason());
    assertEquals(
        CheckpointState.CHECKPOINT_STATE_ABORTED, settles.settle(request).get().getState());
  }

  @Test
  void theEntryNamesWhoHoldsTheBytes() throws Exception {
    openFull(1);
    CheckpointKey first = attempt(1).requireOpened().key();
    log.take();
    finish(1).complete(HELD);
    assertEquals(
        List.of(new Command.Commit(first, epoch, CONTENT, List.of("n1", "n3"))), log.take());

    openOn(2, 1);
    CheckpointKey second = attempt(2).requireOpened().key();
    attempts.abandon();
    log.take();
    SettleResponse settled =
        new SettleCalls(ports)
            .settle(
                SettleRequest.newBuilder()
                    .setImageUid(image.value())
                    .setEpoch(epoch.value())
                    .setCheckpoint(second.checkpoint().value())
                    .setCommit(
                        CommitCheckpoint.newBuilder()
                            .setDigest(ByteString.copyFrom(new byte[Digest.BYTES])))
                    .build())
            .get();
    assertEquals(CheckpointState.CHECKPOINT_STATE_COMMITTED, settled.getState());
    assertEquals(List.of(new Command.Commit(second, epoch, CONTENT, SETTLED_BY)), log.take());
  }

  @Test
  void whatTooFewReplicasHoldIsRefusedAndTheDiskIsNotBlamed() {
    openFull(1);
    openOn(2, 1);
    proposed();
    finish(1).completeExceptionally(new Refusal(Rejection.NO_MAJORITY, "n2 and n3 do not answer"));
    assertEquals(List.of(), stops);
    assertEquals(List.of("Abort", "Abort"), proposed());
    assertEquals(
        List.of(
            "opened 1", "opened 2", "rejected 1 REASON_NO_MAJORITY", "rejected 2 REASON_ABORTED"),
        said());
  }

  @Test
  void aLeaderThatIsDeposedLeavesItsAttemptsToTheNextOne() {
    openFull(1);
    openOn(2, 1);
    CheckpointKey key = attempt(1).requireOpened().key();
    CompletableFuture<Held> first = finish(1);
    finish(2).complete(HELD);
    proposed();
    attempts.depose();
    attempts.abandon();
    first.completeExceptionally(new ApiException(Reason.REASON_NO_LEADER, "n2 leads"));
    assertEquals(List.of(), proposed(), "nothing is aborted by it");
    assertEquals(List.of(), stops);
    CompletableFuture<Outcome> settling = new CompletableFuture<>();
    assertEquals(settling, open.settle(key, () -> settling), "others may settle it here, too");
  }

  @Test
  void settlingAbortsWhatTooFewReplicasHold() throws Exception {
    openFull(1);
    attempts.abandon();
    log.take();
    holding = CompletableFuture.failedFuture(new Refusal(Rejection.NO_MAJORITY, "only n1 has it"));
    SettleResponse settled = new SettleCalls(ports).settle(settleFirst()).get();
    assertEquals(CheckpointState.CHECKPOINT_STATE_ABORTED, settled.getState());
    assertEquals(List.of("Abort"), proposed());
    assertEquals(List.of(), stops);
  }

  private SettleRequest settleFirst() {
    return SettleRequest.newBuilder()
        .setImageUid(image.value())
        .setEpoch(epoch.value())
        .setCheckpoint(1)
        .setCommit(
            CommitCheckpoint.newBuilder().setDigest(ByteString.copyFrom(new byte[Digest.BYTES])))
        .build();
  }

  @Test
  void aLongStreamDoesNotHoldItsPast() {
    openFull(1);
    for (int number = 2; number <= 100; number++) {
      finish(number - 1).complete(HELD);
      openOn(number, number - 1);
      assertNull(attempt(number).base(), "its base is committed");
    }
    assertTrue(attempts.all().size() <= 17, "kept: " + attempts.all().size());
    assertNull(attempts.get(50));
    assertNull(attempt(99).openedOrNull());
  }

  @Test
  void aDiskThatFailsStopsTheProcess() {
    openFull(1);
    finish(1).completeExceptionally(new IOException("input/output error"));
    assertEquals(List.of("input/output error"), stops);
    assertEquals(List.of("opened 1", "broken input/output error"), said());
  }

  /** Receives nothing. */
  private record Nothing(CheckpointKey key) implements StagedGroup {
    @Override
    public void patch(
        int region, int tract, PageTable table, ByteBuffer payload, ByteBuffer asSent) {}

    @Override
    public void zeroTracts(int region, long firstTract, long count) {}

    @Override
    public void slim(long offset, int checksum, ByteBuffer bytes) {}

    @Override
    public int patches() {
      return 0;
    }

    @Override
    public CompletableFuture<Integer> durable(int patches) {
      return CompletableFuture.completedFuture(patches);
    }

    @Override
    public boolean isOpenForMore() {
      return true;
    }

    @Override
    public void onOpenForMore(Runnable action) {
      action.run();
    }

    @Override
    public CompletableFuture<Held> finish(Command.Content claimed) {
      return CompletableFuture.completedFuture(new Held(claimed, HELD.holders()));
    }
  }
}
