package io.hydrant.client;

import static io.hydrant.client.Protected.await;
import static io.hydrant.client.Protected.page;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.hydrant.client.Faults.Action;
import io.hydrant.v1.CheckpointState;
import io.hydrant.v1.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Checkpoints outlive the leader that they were sent to: the application sees a pause. */
final class GroupWritesTest {
  private static final long SEED = Long.getLong("hydrant.seed", 20261120L);
  private static final List<Integer> ALL = List.of(0, 1, 2);

  /** How a leader is lost. */
  enum Loss {
    /** Its connections break. */
    KILLED,
    /** It says that it does not lead any more. */
    DEPOSED,
    /** Its connections stay, and nothing comes. */
    HUNG;

    void happen(FakeGroup group, int leader) {
      switch (this) {
        case KILLED -> group.servers.get(leader).close();
        case DEPOSED -> group.elect(-1, ALL, null);
        case HUNG -> group.faults(leader).silent = true;
      }
    }
  }

  /** The same, with one page that is on its way. */
  private static CheckpointWriter sent(CheckpointWriter writer, int number)
      throws InterruptedException {
    writer.page(0, number, page(number));
    writer.flush();
    return writer;
  }

  @ParameterizedTest
  @EnumSource(Loss.class)
  void chainOfTwoThatHadNotAskedForItsCommitIsSentAgain(Loss loss) throws InterruptedException {
    try (FakeGroup group = new FakeGroup();
        Protected image = Protected.image(group.client(), "vm", WriteOptions.DEFAULT)) {
      long head = image.full(0).id();
      CheckpointWriter first = sent(image.stream().openIncremental(head), 1);
      CheckpointWriter second = sent(image.stream().openIncremental(first), 2);
      second.slim(new byte[] {1, 2, 3});
      waitUntil(() -> second.checkpoint().isPresent() && second.durableBatchCount() == 1);
      long firstId = first.checkpoint().orElseThrow();

      loss.happen(group, 0);
      if (loss == Loss.DEPOSED) {
        second.page(0, 40, page(40));
        second.flush();
      }
      Thread.sleep(300); // an election
      group.elect(2, loss == Loss.DEPOSED ? ALL : List.of(1, 2), null);
      if (loss != Loss.HUNG) { // that is noticed when something is asked of it
        waitUntil(() -> first.checkpoint().orElse(firstId) != firstId);
      }
      CompletableFuture<CommittedCheckpoint> one = first.commit();
      second.page(0, 3, page(3));
      CommittedCheckpoint two = await(second.commit());

      assertEquals(loss == Loss.HUNG, await(one).id() == firstId);
      assertEquals(head, stored(group, image, await(one).id()).base);
      assertEquals(await(one).id(), stored(group, image, two.id()).base);
      requireContent(group, image, two.id(), 3);
      assertEquals(3, stored(group, image, two.id()).slimBytes().size());
      assertEquals(two.id(), image.stream().head().orElseThrow());
      // And the stream goes on.
      CheckpointWriter third = image.stream().openIncremental(second);
      third.page(0, 4, page(4));
      requireContent(group, image, await(third.commit()).id(), 4);
    }
  }

  @ParameterizedTest
  @EnumSource(Loss.class)
  void commitWhoseAnswerWasLostIsSettledAtTheNewLeader(Loss loss) throws InterruptedException {
    try (FakeGroup group = new FakeGroup();
        Protected image = Protected.image(group.client(), "vm", WriteOptions.DEFAULT)) {
      long head = image.full(0).id();
      group.faults(0).onResponse = r -> r.hasCommitted() ? Action.SWALLOW : Action.PASS;
      CheckpointWriter writer = image.stream().openIncremental(head);
      writer.page(0, 1, page(1));
      CompletableFuture<CommittedCheckpoint> outcome = writer.commit();
      waitUntil(() -> head(group, image) != head);
      long id = head(group, image);
      loss.happen(group, 0);
      group.elect(1, loss == Loss.DEPOSED ? ALL : List.of(1, 2), null);
      assertEquals(id, await(outcome).id());
      assertEquals(id, head(group, image));
    }
  }

  /** The new leader does not have the bytes: settling aborts, and they are sent once more. */
  @Test
  void commitThatTheNewLeaderCouldNotFinishIsSentAgain() throws InterruptedException {
    try (FakeGroup group = new FakeGroup();
        Protected image = Protected.image(group.client(), "vm", WriteOptions.DEFAULT)) {
      long head = image.full(0).id();
      AtomicInteger batches = new AtomicInteger();
      group.faults(0).onRequest =
          r -> {
            if (r.hasBatch()) {
              return batches.incrementAndGet() == 1 ? Action.PASS : Action.SWALLOW;
            }
            return r.hasCommit() ? Action.SWALLOW : Action.PASS;
          };
      CheckpointWriter first = image.stream().openIncremental(head);
      first.page(0, 1, page(1));
      first.flush();
      first.page(0, 2, page(2));
      CompletableFuture<CommittedCheckpoint> one = first.commit();
      CheckpointWriter second = image.stream().openIncremental(first);
      second.page(0, 3, page(3));
      CompletableFuture<CommittedCheckpoint> two = second.commit();
      waitUntil(() -> second.checkpoint().isPresent());
      long aborted = first.checkpoint().orElseThrow();
      group.servers.get(0).close();
      group.elect(1, List.of(1, 2), null);
      assertTrue(await(one).id() > aborted);
      assertTrue(await(two).id() > await(one).id());
      assertEquals(CheckpointState.CHECKPOINT_STATE_ABORTED, stored(group, image, aborted).state);
      requireContent(group, image, await(two).id(), 3);
    }
  }

  @Test
  void beyondTheBudgetTheFailureIsTheApplications() throws InterruptedException {
    try (FakeGroup group = new FakeGroup();
        Protected image =
            Protected.image(
                group.client(), "vm", WriteOptions.DEFAULT.withReplayBytes(3 * 4096 + 500))) {
      long head = image.full(0).id();
      CheckpointWriter writer = image.stream().openIncremental(head);
      for (int i = 1; i <= 4; i++) {
        writer.page(0, i, page(i));
        writer.flush();
      }
      waitUntil(() -> writer.checkpoint().isPresent());
      group.servers.get(0).close();
      group.elect(1, List.of(1, 2), null);
      assertThrows(UnavailableException.class, () -> await(writer.attempt().outcome));
      // What it kept was given back: a smaller one is sent again.
      CheckpointWriter next = image.stream().openIncremental(head);
      next.page(0, 1, page(1));
      next.flush();
      waitUntil(() -> next.checkpoint().isPresent());
      group.elect(2, List.of(1, 2), null);
      requireContent(group, image, await(next.commit()).id(), 1);
    }
  }

  /** Whatever they are opened on breaks: each ends once, and the stream is as good as new. */
  @Test
  void aLineThatIsMovedTooOftenEnds() throws InterruptedException {
    try (FakeGroup group = new FakeGroup();
        Protected image = Protected.image(group.client(), "vm", WriteOptions.DEFAULT)) {
      long head = image.full(0).id();
      CheckpointWriter first = sent(image.stream().openIncremental(head), 1);
      CheckpointWriter second = sent(image.stream().openIncremental(first), 2);
      waitUntil(() -> second.checkpoint().isPresent());
      for (int server : ALL) {
        group.faults(server).onRequest = r -> r.hasOpen() ? Action.BREAK : Action.PASS;
      }
      group.servers.get(0).close();
      group.elect(1, List.of(1, 2), null);
      assertThrows(UnavailableException.class, () -> await(first.attempt().outcome));
      assertThrows(HydrantException.class, () -> await(second.attempt().outcome));
      for (int server : ALL) {
        group.faults(server).onRequest = _ -> Action.PASS;
      }
      CheckpointWriter next = image.stream().openIncremental(head);
      next.page(0, 1, page(1));
      requireContent(group, image, await(next.commit()).id(), 1);
    }
  }

  /** The leader's disk was lost, and what listens at its address belongs to no group. */
  @Test
  void aBlankServerDoesNotRefuseForTheGroup() throws InterruptedException {
    try (FakeGroup group = new FakeGroup();
        Protected image =
            Protected.image(group.client(), "vm", WriteOptions.DEFAULT.withReplayBytes(500))) {
      CheckpointWriter writer = image.stream().openIncremental(image.full(0).id());
      writer.page(0, 1, page(1));
      writer.flush();
      waitUntil(() -> writer.checkpoint().isPresent());
      group.elect(1, List.of(1, 2), null);
      group.faults(0).breaking =
          FakeStore.refusal(Reason.REASON_NOT_INITIALISED, Status.Code.FAILED_PRECONDITION, "");
      group.faults(0).onRequest = _ -> Action.BREAK;
      writer.page(0, 2, page(2));
      writer.flush();
      assertThrows(UnavailableException.class, () -> await(writer.attempt().outcome));
    }
  }

  @Test
  void anotherProtectorIsNotOverwritten() throws InterruptedException {
    try (FakeGroup group = new FakeGroup();
        HydrantClient other = group.client();
        Protected image = Protected.image(group.client(), "vm", WriteOptions.DEFAULT)) {
      long head = image.full(0).id();
      CheckpointWriter writer = image.stream().openIncremental(head);
      writer.page(0, 1, page(1));
      writer.flush();
      waitUntil(() -> writer.durableBatchCount() == 1);
      group.elect(1, ALL, null);
      other.takeOverProtection(HydrantClient.name("vm"));
      RejectedException refused =
          assertThrows(RejectedException.class, () -> await(writer.commit()));
      assertEquals(Reason.REASON_STALE_EPOCH, refused.reason());
      assertEquals(head, head(group, image));
    }
  }

  @Test
  void withoutALeaderItEndsAtTheDeadline() {
    try (FakeGroup group = new FakeGroup();
        Protected image = Protected.image(group.client(), "vm", WriteOptions.DEFAULT)) {
      long head = image.full(0).id();
      group.nobodyLeads();
      CheckpointWriter writer = image.stream().openIncremental(head);
      assertThrows(
          UnavailableException.class,
          () -> {
            writer.page(0, 1, page(1));
            await(writer.commit());
          });
      group.elect(1, ALL, null);
      CheckpointWriter again = image.stream().openIncremental(head);
      again.page(0, 1, page(1));
      requireContent(group, image, await(again.commit()).id(), 1);
    }
  }

  @Test
  void closedWhileNobodyLeadsItDoesNotHang() throws InterruptedException {
    FakeGroup group = new FakeGroup();
    List<CompletableFuture<CommittedCheckpoint>> outcomes = new ArrayList<>();
    try (Protected image = Protected.image(group.client(), "vm", WriteOptions.DEFAULT)) {
      long head = image.full(0).id();
      CheckpointWriter writer = image.stream().openIncremental(head);
      writer.page(0, 1, page(1));
      writer.flush();
      waitUntil(() -> writer.durableBatchCount() == 1);
      group.nobodyLeads();
      outcomes.add(writer.commit());
    }
    group.close();
    assertThrows(HydrantException.class, () -> await(outcomes.getFirst()));
  }

  /** A protector that pipelines, while leaders come and go: it never sees an error. */
  @Test
  void steadyStreamSeesOnlyPauses() {
    Random random = new Random(SEED);
    try (FakeGroup group = new FakeGroup();
        Protected image = Protected.image(group.client(), "vm", WriteOptions.DEFAULT)) {
      image.full(0);
      CheckpointWriter newest = image.stream().openIncremental(1);
      List<CompletableFuture<CommittedCheckpoint>> outcomes = new ArrayList<>();
      long[] truth = new long[64];
      int leader = 0;
      for (int round = 1; round <= 120; round++) {
        for (int i = 0; i < 3; i++) {
          int page = i * 20 + random.nextInt(20);
          truth[page] = random.nextLong();
          newest.page(0, page, page(truth[page]));
          if (random.nextInt(20) == 0) {
            int last = leader;
            leader = random.nextInt(3);
            switch (random.nextInt(3)) {
              case 0 -> breakAtNext(group.faults(last), random.nextInt(4));
              case 1 -> loseAnswer(group.faults(last));
              default -> {}
            }
            group.elect(leader, ALL, random.nextBoolean() ? group.address(leader) : null);
          }
        }
        outcomes.add(newest.commit());
        newest = image.stream().openIncremental(newest);
      }
      newest.close();
      long head = 0;
      for (CompletableFuture<CommittedCheckpoint> outcome : outcomes) {
        long id = await(outcome).id();
        assertTrue(id > head, "in order; seed " + SEED);
        head = id;
      }
      FakeStore.Content stored = stored(group, image, head);
      for (int page = 0; page < 64; page++) {
        if (truth[page] != 0) {
          assertArrayEquals(
              page(truth[page]),
              Protected.raw(stored, 0, page).toByteArray(),
              "page %d; seed %d, repeat with -Dtest=GroupWritesTest -Dhydrant.seed=%d"
                  .formatted(page, SEED, SEED));
        }
      }
    }
  }

  private static void breakAtNext(Faults faults, int requests) {
    AtomicInteger left = new AtomicInteger(requests);
    faults.onRequest = _ -> left.getAndDecrement() == 0 ? Action.BREAK : Action.PASS;
  }

  private static void loseAnswer(Faults faults) {
    AtomicInteger left = new AtomicInteger(1);
    faults.onResponse =
        r -> r.hasCommitted() && left.getAndDecrement() == 1 ? Action.BREAK : Action.PASS;
  }

  private static void requireContent(FakeGroup group, Protected image, long id, int pages) {
    FakeStore.Content content = stored(group, image, id);
    assertEquals(CheckpointState.CHECKPOINT_STATE_COMMITTED, content.state);
    for (int page = 0; page <= pages; page++) {
      assertArrayEquals(page(page), Protected.raw(content, 0, page).toByteArray(), "page " + page);
    }
  }

  private static FakeStore.Content stored(FakeGroup group, Protected image, long id) {
    return Objects.requireNonNull(group.store.checkpoint(image.uid(), id));
  }

  private static long head(FakeGroup group, Protected image) {
    return group.store.describe(group.store.find(HydrantClient.uid(image.uid()))).getHead();
  }

  private static void waitUntil(java.util.function.BooleanSupplier condition)
      throws InterruptedException {
    for (int i = 0; i < 1000 && !condition.getAsBoolean(); i++) {
      Thread.sleep(5);
    }
    assertTrue(condition.getAsBoolean());
  }
}
