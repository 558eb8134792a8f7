package io.hydrant.client;

import static io.hydrant.client.HydrantClient.name;
import static java.time.Duration.ofMillis;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.hydrant.v1.Reason;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Unary calls find the member that can answer. */
final class GroupCallsTest {
  private static final List<Integer> ALL = List.of(0, 1, 2);

  @Test
  void hintIsFollowed() {
    try (FakeGroup group = new FakeGroup();
        HydrantClient client = group.client()) {
      group.lead(2);
      assertEquals(1, client.createImage("vm", 0).getUid());
      assertEquals(1, client.acquireProtection(name("vm"), 0).getEpoch());
    }
  }

  @Test
  void wrongHintsDoNotMislead() {
    try (FakeGroup group = new FakeGroup();
        HydrantClient client = group.client()) {
      for (String hint : List.of(group.address(0), "127.0.0.1:1", "192.0.2.1:7070", "nonsense")) {
        group.elect(2, ALL, hint);
        client.createImage("vm-" + hint.length() + hint, 0);
        group.elect(1, ALL, hint);
        client.createImage("again-" + hint, 0);
      }
    }
  }

  /** A hint may name a machine to which the configuration does not allow to send pages. */
  @Test
  void hintsOutsideAreNotFollowed() {
    try (FakeGroup group = new FakeGroup()) {
      ClientConfig config = group.config();
      Members members = HydrantClient.members(config);
      assertEquals(null, members.hinted("192.0.2.1:7070"));
      assertEquals(3, members.all().size());
      assertEquals(group.address(1), String.valueOf(members.hinted(group.address(1))));
      assertEquals(group.address(1), members.leader().toString());
      members.close();
    }
  }

  @Test
  void oneEndpointIsEnoughToFindTheGroup() {
    try (FakeGroup group = new FakeGroup();
        HydrantClient client =
            HydrantClient.connect(
                ClientConfig.of(group.address(0)).withDeadlines(FakeServer.QUICK))) {
      group.elect(1, ALL, null);
      assertEquals(1, client.createImage("vm", 0).getUid());
      group.servers.get(1).close();
      group.elect(2, List.of(0, 2), null);
      assertEquals(2, client.createImage("vm2", 0).getUid());
    }
  }

  @Test
  void lostMemberIsNotMissed() {
    try (FakeGroup group = new FakeGroup();
        HydrantClient client = group.client()) {
      client.createImage("vm", 0);
      group.servers.get(0).close();
      assertEquals(1, client.images().size());
      group.lead(1);
      assertEquals(2, client.createImage("vm2", 0).getUid());
    }
  }

  /** Its disk was wiped: a blank server waits at its address until it takes a member's place. */
  @Test
  void blankServerIsPassedOver() {
    try (FakeGroup group = new FakeGroup();
        HydrantClient client = group.client()) {
      StatusRuntimeException refusal =
          FakeStore.refusal(
              Reason.REASON_NOT_INITIALISED, Status.Code.FAILED_PRECONDITION, "blank");
      Supplier<StatusRuntimeException> blank = () -> refusal;
      Consumer<String> refuse =
          _ -> {
            throw refusal;
          };
      group.lead(1);
      group.faults(0).notLeading = blank;
      group.faults(0).unary = refuse;
      assertEquals(1, client.createImage("vm", 0).getUid());
      assertEquals(1, client.images().size());
      for (int server = 1; server < 3; server++) {
        group.faults(server).notLeading = blank;
        group.faults(server).unary = refuse;
      }
      RejectedException all = assertThrows(RejectedException.class, () -> client.images());
      assertEquals(Reason.REASON_NOT_INITIALISED, all.reason());
    }
  }

  /** The blank one may be the last that is asked before the tries are used up. */
  @Test
  void blankServerDoesNotAnswerForItsGroup() {
    StatusRuntimeException blank =
        FakeStore.refusal(Reason.REASON_NOT_INITIALISED, Status.Code.FAILED_PRECONDITION, "blank");
    try (FakeGroup group = new FakeGroup()) {
      ClientConfig config =
          group.config().withRetries(new RetryPolicy(2, ofMillis(1), ofMillis(1)));
      for (int server = 1; server < 3; server++) {
        group.faults(server).unary =
            _ -> {
              throw Status.UNAVAILABLE.asRuntimeException();
            };
      }
      group.faults(0).unary =
          _ -> {
            throw blank;
          };
      try (HydrantClient client = HydrantClient.connect(config)) {
        assertThrows(UnavailableException.class, client::images);
      }
      AtomicInteger asked = new AtomicInteger();
      group.faults(0).unary =
          _ -> {
            throw asked.getAndIncrement() == 0 ? Status.CANCELLED.asRuntimeException() : blank;
          };
      try (HydrantClient client = HydrantClient.connect(config)) {
        assertThrows(UnknownOutcomeException.class, () -> client.createImage("vm", 0));
        assertEquals(2, asked.get());
      }
    }
  }

  @Test
  void electionIsWaitedFor() throws InterruptedException {
    try (FakeGroup group = new FakeGroup();
        HydrantClient client = group.client()) {
      group.nobodyLeads();
      CompletableFuture<Long> made =
          CompletableFuture.supplyAsync(() -> client.createImage("vm", 0).getUid());
      Thread.sleep(400);
      assertTrue(!made.isDone());
      group.elect(1, ALL, null);
      long start = System.nanoTime();
      assertEquals(1, Protected.await(made));
      assertTrue(System.nanoTime() - start < 2e9);
    }
  }

  @Test
  void withoutAnyLeaderItIsSaid() {
    try (FakeGroup group = new FakeGroup();
        HydrantClient client = group.client()) {
      group.nobodyLeads();
      assertThrows(UnavailableException.class, () -> client.createImage("vm", 0));
      assertEquals(0, client.images().size());
    }
  }

  /** Stopped: it takes the call and never answers, and no connection breaks. */
  @Test
  void hungLeaderIsLeftForTheNewOne() {
    try (FakeGroup group = new FakeGroup();
        HydrantClient client = group.client()) {
      client.createImage("vm", 0);
      group.faults(0).silent = true;
      group.elect(2, List.of(1, 2), null);
      long start = System.nanoTime();
      assertEquals(1, client.acquireProtection(name("vm"), 0).getEpoch());
      assertEquals(1, client.images().size());
      assertTrue(System.nanoTime() - start < 2.5e9, "within the deadline of 3 s");
    }
  }

  @Test
  void hungMemberIsLeftByReads() {
    try (FakeGroup group = new FakeGroup();
        HydrantClient client = group.client()) {
      client.createImage("vm", 0);
      group.faults(0).silent = true;
      assertEquals(1, client.images().size());
    }
  }
}
