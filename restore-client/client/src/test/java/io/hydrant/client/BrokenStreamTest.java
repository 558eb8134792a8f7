package io.hydrant.client;

import static io.hydrant.client.Protected.SMALL;
import static io.hydrant.client.Protected.await;
import static io.hydrant.client.Protected.message;
import static io.hydrant.client.Protected.page;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.grpc.Status;
import io.hydrant.client.Faults.Action;
import io.hydrant.v1.CheckpointState;
import io.hydrant.v1.Committed;
import io.hydrant.v1.Opened;
import io.hydrant.v1.Reason;
import io.hydrant.v1.Rejected;
import io.hydrant.v1.SettleResponse;
import io.hydrant.v1.WriteCheckpointResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** PROTOCOL R5: what the client says of a checkpoint is true, however the stream breaks. */
final class BrokenStreamTest {
  private static final long SEED = Long.getLong("hydrant.seed", 20261120L);

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void brokenAtAnyMessageTheOutcomeIsTheTruth(boolean inProcess) {
    for (Action action : List.of(Action.BREAK, Action.SWALLOW)) {
      for (int at = 1; at <= 14; at++) {
        breakAt(inProcess, at, true, action);
        breakAt(inProcess, at, false, action);
      }
    }
  }

  /** Three overlapping checkpoints; one message is lost, or the stream breaks at it. */
  private static void breakAt(boolean inProcess, int at, boolean request, Action action) {
    String what = "%s at %s %d".formatted(action, request ? "request" : "response", at);
    Deadlines deadlines =
        new Deadlines(
            Duration.ofSeconds(3),
            Duration.ofMillis(action == Action.SWALLOW ? 60 : 3000),
            Duration.ofSeconds(3),
            Duration.ofSeconds(3));
    try (FakeServer server = inProcess ? FakeServer.inProcess() : FakeServer.onLoopback();
        Protected image =
            Protected.image(
                server.client(server.config().withDeadlines(deadlines)),
                "vm",
                WriteOptions.DEFAULT)) {
      AtomicInteger count = new AtomicInteger();
      if (request) {
        server.faults.onRequest = _ -> count.incrementAndGet() == at ? action : Action.PASS;
      } else {
        server.faults.onResponse = _ -> count.incrementAndGet() == at ? action : Action.PASS;
      }
      List<CheckpointWriter> writers = new ArrayList<>();
      List<CompletableFuture<CommittedCheckpoint>> outcomes = new ArrayList<>();
      try {
        CheckpointWriter first = image.stream().openFull(SMALL);
        writers.add(first);
        first.page(0, 0, page(0));
        outcomes.add(first.commit());
        for (int i = 1; i <= 2; i++) {
          CheckpointWriter next = image.stream().openIncremental(writers.getLast());
          writers.add(next);
          next.page(0, i, page(i));
          outcomes.add(next.commit());
        }
      } catch (HydrantException e) {
        // a later step of a line that has failed; the outcomes tell
      }
      for (CheckpointWriter writer : writers) {
        writer.close();
        requireTruth(server, image.uid(), writer, what);
      }
      server.faults.onRequest = _ -> Action.PASS;
      server.faults.onResponse = _ -> Action.PASS;
      if (action == Action.BREAK) {
        goOn(server, image.client(), image.stream(), what);
        return;
      }
      try (HydrantClient patient = server.client();
          ProtectionStream stream =
              patient.protect(
                  image.uid(),
                  image.stream().epoch(),
                  head(image.client(), image.uid()),
                  WriteOptions.DEFAULT)) {
        goOn(server, patient, stream, what);
      }
    }
  }

  private static long head(HydrantClient client, long uid) {
    return client.image(HydrantClient.uid(uid)).getHead();
  }

  private static void requireTruth(
      FakeServer server, long uid, CheckpointWriter writer, String what) {
    boolean said;
    try {
      await(writer.answer());
      said = true;
    } catch (UnknownOutcomeException e) {
      throw new AssertionError(what + ": settling was possible", e);
    } catch (RejectedException | UnavailableException | CancelledException e) {
      said = false;
    }
    if (writer.checkpoint().isEmpty()) {
      assertEquals(false, said, what);
      return;
    }
    FakeStore.Content stored =
        Objects.requireNonNull(server.store.checkpoint(uid, writer.checkpoint().getAsLong()));
    boolean visible = stored.state == CheckpointState.CHECKPOINT_STATE_COMMITTED;
    assertEquals(visible, said, what + ", checkpoint " + stored.id);
  }

  /** Writing goes on, on the head that the store names. */
  private static void goOn(
      FakeServer server, HydrantClient client, ProtectionStream stream, String what) {
    long head = head(client, stream.imageUid());
    assertEquals(head, stream.head().orElse(0), what);
    CheckpointWriter again = head == 0 ? stream.openFull(SMALL) : stream.openIncremental(head);
    again.page(0, 0, page(9));
    CommittedCheckpoint committed = await(again.commit());
    FakeStore.Content stored =
        Objects.requireNonNull(server.store.checkpoint(stream.imageUid(), committed.id()));
    assertArrayEquals(page(9), Protected.raw(stored, 0, 0).toByteArray(), what);
  }

  @Test
  void settlingIsRepeatedUntilTheStoreKnows() {
    try (FakeServer server = FakeServer.onLoopback();
        Protected image = Protected.image(server, "vm")) {
      AtomicInteger asked = new AtomicInteger();
      server.faults.onResponse = r -> r.hasCommitted() ? Action.BREAK : Action.PASS;
      server.faults.settle =
          answer ->
              switch (asked.incrementAndGet()) {
                case 1, 2 -> null;
                case 3 ->
                    answer.toBuilder().setState(CheckpointState.CHECKPOINT_STATE_OPEN).build();
                default -> answer;
              };
      CommittedCheckpoint committed = image.full(1);
      assertEquals(1, committed.id());
      assertEquals(4, asked.get());
      assertEquals(1, image.stream().head().orElseThrow());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"REASON_ABORTED", "REASON_WRONG_BASE", "REASON_STALE_EPOCH"})
  void refusalOfTheClaimDoesNotEndSettling(String reason) {
    try (FakeServer server = FakeServer.onLoopback();
        Protected image = Protected.image(server, "vm")) {
      AtomicInteger asked = new AtomicInteger();
      server.faults.onResponse = r -> r.hasCommitted() ? Action.BREAK : Action.PASS;
      server.faults.settle =
          answer -> {
            if (asked.incrementAndGet() == 1) {
              throw FakeStore.refusal(
                  Reason.valueOf(reason), Status.Code.FAILED_PRECONDITION, "not now");
            }
            return answer;
          };
      assertEquals(1, image.full(1).id());
      assertEquals(2, asked.get());
    }
  }

  @Test
  void unknownStaysUnknownAndSaysWhatToDo() {
    Deadlines deadlines =
        new Deadlines(
            Duration.ofSeconds(3),
            Duration.ofSeconds(3),
            Duration.ofMillis(300),
            Duration.ofSeconds(3));
    try (FakeServer server = FakeServer.onLoopback();
        Protected image =
            Protected.image(
                server.client(server.config().withDeadlines(deadlines)),
                "vm",
                WriteOptions.DEFAULT)) {
      server.faults.onResponse = r -> r.hasCommitted() ? Action.BREAK : Action.PASS;
      server.faults.settle = _ -> null;
      long start = System.nanoTime();
      UnknownOutcomeException unknown =
          assertThrows(UnknownOutcomeException.class, () -> image.full(1));
      assertTrue(System.nanoTime() - start < 10e9, "settling is bounded");
      assertTrue(message(unknown).contains("whether it was committed is not known"));
      assertTrue(message(unknown).contains("list the image's checkpoints"));
    }
  }

  /** The checkpoint has ended: to settle it would only hide why. */
  @Test
  void tooFewReplicasAreToldAtOnce() {
    try (FakeServer server = FakeServer.onLoopback();
        Protected image = Protected.image(server, "vm")) {
      server.faults.response =
          r -> r.hasCommitted() ? rejected(r.getAttempt(), Reason.REASON_NO_MAJORITY) : r;
      RejectedException refused = assertThrows(RejectedException.class, () -> image.full(1));
      assertEquals(Reason.REASON_NO_MAJORITY, refused.reason());
    }
  }

  @Test
  void retiredMeansItWasCommitted() {
    try (FakeServer server = FakeServer.onLoopback();
        Protected image = Protected.image(server, "vm")) {
      server.faults.onResponse = r -> r.hasCommitted() ? Action.BREAK : Action.PASS;
      server.faults.settle =
          answer -> answer.toBuilder().setState(CheckpointState.CHECKPOINT_STATE_RETIRED).build();
      assertEquals(1, image.full(1).id());
    }
  }

  @Test
  void abortedBySettlingIsARejection() {
    try (FakeServer server = FakeServer.onLoopback();
        Protected image = Protected.image(server, "vm")) {
      server.faults.onRequest = r -> r.hasCommit() ? Action.BREAK : Action.PASS;
      server.faults.settle =
          _ ->
              SettleResponse.newBuilder()
                  .setState(CheckpointState.CHECKPOINT_STATE_ABORTED)
                  .setReason(Reason.REASON_ABORTED)
                  .setMessage("a newer attempt")
                  .build();
      RejectedException aborted = assertThrows(RejectedException.class, () -> image.full(1));
      assertEquals(Reason.REASON_ABORTED, aborted.reason());
      assertTrue(message(aborted).contains("union of the dirty sets"), message(aborted));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "REASON_UNKNOWN_OUTCOME",
        "REASON_NO_LEADER",
        "REASON_INTERNAL",
        "REASON_OVERLOADED"
      })
  void refusalThatLeavesItOpenIsSettled(String reason) {
    try (FakeServer server = FakeServer.onLoopback();
        Protected image = Protected.image(server, "vm")) {
      server.faults.response =
          r -> r.hasCommitted() ? rejected(r.getAttempt(), Reason.valueOf(reason)) : r;
      assertEquals(1, image.full(1).id());
    }
  }

  @Test
  void answersThatBreakTheRulesEndTheStreamAndAreSettled() {
    Opened opened = Opened.newBuilder().setCheckpoint(5).build();
    Committed committed = Committed.newBuilder().setCheckpoint(77).build();
    List<WriteCheckpointResponse> wrong =
        List.of(
            WriteCheckpointResponse.newBuilder().setAttempt(1).build(),
            WriteCheckpointResponse.newBuilder().setAttempt(1).setOpened(opened).build(),
            WriteCheckpointResponse.newBuilder().setAttempt(1).setCommitted(committed).build(),
            WriteCheckpointResponse.newBuilder().setAttempt(2).setOpened(opened).build());
    for (WriteCheckpointResponse answer : wrong) {
      try (FakeServer server = FakeServer.onLoopback();
          Protected image = Protected.image(server, "vm")) {
        server.faults.response = r -> r.hasCommitted() ? answer : r;
        assertEquals(1, image.full(1).id(), () -> "after " + answer);
        server.faults.response = r -> r;
        assertEquals(2, image.full(2).id());
      }
    }
  }

  @Test
  void commitBeforeItWasAskedForIsRefused() {
    try (FakeServer server = FakeServer.onLoopback();
        Protected image = Protected.image(server, "vm")) {
      Committed committed = Committed.newBuilder().setCheckpoint(1).build();
      server.faults.response =
          r -> r.hasDurable() ? r.toBuilder().setCommitted(committed).build() : r;
      CheckpointWriter writer = image.stream().openFull(SMALL);
      writer.page(0, 0, page(0));
      writer.flush();
      assertInstanceOf(
          ProtocolViolationException.class,
          assertThrows(HydrantException.class, () -> await(writer.attempt().outcome)));
    }
  }

  @Test
  void serverThatIsGoneIsSaid() {
    int port;
    try (FakeServer server = FakeServer.onLoopback()) {
      port = server.port();
    }
    try (HydrantClient client =
        HydrantClient.connect(
            ClientConfig.of("127.0.0.1:" + port).withDeadlines(FakeServer.QUICK))) {
      ProtectionStream stream = client.protect(1, 1, 0, WriteOptions.DEFAULT);
      UnavailableException gone =
          assertThrows(UnavailableException.class, () -> await(stream.openFull(SMALL).commit()));
      assertTrue(message(gone).contains("nothing of it was committed"), message(gone));
      assertTrue(message(gone).contains("no server answers there"), message(gone));
    }
  }

  /** A protector that stops at refusals must not stop because a server went away. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void serverThatIsGoneOrBusyRefusesNothing(boolean gone) {
    try (FakeServer server = FakeServer.onLoopback();
        Protected image = Protected.image(server, "vm")) {
      long head = image.full(1).id();
      server.faults.onResponse = r -> r.hasOpened() ? Action.SWALLOW : Action.PASS;
      server.faults.onRequest =
          r -> gone && r.hasBatch() && r.getAttempt() == 3 ? Action.BREAK : Action.PASS;
      server.faults.response =
          r -> r.hasDurable() && r.getAttempt() == 3 ? rejected(2, Reason.REASON_OVERLOADED) : r;
      CheckpointWriter second = image.stream().openIncremental(head);
      second.page(0, 1, page(1));
      CompletableFuture<CommittedCheckpoint> two = second.commit();
      CheckpointWriter third = image.stream().openIncremental(second);
      third.page(0, 2, page(2));
      CompletableFuture<CommittedCheckpoint> three = third.commit();
      assertThrows(UnavailableException.class, () -> await(two));
      assertThrows(UnavailableException.class, () -> await(three));
    }
  }

  @Test
  void restartedServerIsFoundAgain() throws InterruptedException {
    FakeStore store = new FakeStore();
    FakeServer before = FakeServer.onLoopback(store, 0);
    int port = before.port();
    try (Protected image = Protected.image(before, "vm")) {
      CommittedCheckpoint first = image.full(1);
      CheckpointWriter writer = image.stream().openIncremental(first.id());
      writer.page(0, 1, page(1));
      before.close();
      HydrantException broken =
          assertThrows(HydrantException.class, () -> await(writer.attempt().outcome));
      assertInstanceOf(UnavailableException.class, broken);
      CompletableFuture<Long> head =
          CompletableFuture.supplyAsync(
              () -> image.client().image(HydrantClient.uid(image.uid())).getHead());
      Thread.sleep(300);
      try (FakeServer after = FakeServer.onLoopback(store, port)) {
        assertEquals(first.id(), await(head));
        CheckpointWriter again = image.stream().openIncremental(first.id());
        again.page(0, 1, page(1));
        long id = await(again.commit()).id();
        assertEquals(
            CheckpointState.CHECKPOINT_STATE_COMMITTED,
            Objects.requireNonNull(after.store.checkpoint(image.uid(), id)).state);
      }
    }
  }

  /**
   * Random losses under a protector that keeps its books: what it ends with is what it wrote last.
   */
  @Test
  void booksStayRightUnderRandomLosses() {
    Random random = new Random(SEED);
    try (FakeServer server = FakeServer.inProcess();
        Protected image = Protected.image(server, "vm")) {
      CommittedCheckpoint full = image.full(0);
      server.faults.onRequest = _ -> random.nextInt(12) == 0 ? Action.BREAK : Action.PASS;
      server.faults.onResponse = _ -> random.nextInt(12) == 0 ? Action.BREAK : Action.PASS;
      DirtyPages dirty = new DirtyPages();
      long[] truth = new long[64];
      long head = full.id();
      int committedCount = 0;
      for (int round = 1; round <= 300 || dirty.owedCount() > 0; round++) {
        if (round == 2000) {
          fail("no progress; seed " + SEED);
        }
        for (int i = random.nextInt(4); i > 0; i--) {
          int page = random.nextInt(64);
          truth[page] = random.nextLong();
          dirty.mark(0, page);
        }
        DirtyPages.Flight flight = dirty.take();
        try {
          CheckpointWriter writer = image.stream().openIncremental(head);
          flight.forEach((region, pages) -> {
            for (long page : pages) {
              writer.page(region, page, page(truth[(int) page]));
            }
          });
          head = await(writer.commit()).id();
          flight.committed();
          committedCount++;
        } catch (HydrantException e) {
          assertTrue(!(e instanceof UnknownOutcomeException), "seed " + SEED);
          flight.aborted();
        }
      }
      assertTrue(committedCount > 20, "only " + committedCount + " committed; seed " + SEED);
      FakeStore.Content stored = Objects.requireNonNull(server.store.checkpoint(image.uid(), head));
      for (int page = 0; page < 64; page++) {
        if (truth[page] != 0) {
          assertArrayEquals(
              page(truth[page]),
              Protected.raw(stored, 0, page).toByteArray(),
              "page %d; seed %d, repeat with -Dtest=BrokenStreamTest -Dhydrant.seed=%d"
                  .formatted(page, SEED, SEED));
        }
      }
    }
  }

  private static WriteCheckpointResponse rejected(long attempt, Reason reason) {
    return WriteCheckpointResponse.newBuilder()
        .setAttempt(attempt)
        .setRejected(Rejected.newBuilder().setReason(reason).setMessage("fault"))
        .build();
  }
}
