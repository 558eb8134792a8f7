package io.hydrant.client;

import static io.hydrant.client.HydrantClient.name;
import static io.hydrant.client.HydrantClient.uid;
import static io.hydrant.client.Protected.message;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.hydrant.v1.AcquireProtectionResponse;
import io.hydrant.v1.Durability;
import io.hydrant.v1.Image;
import io.hydrant.v1.PinnedDelete;
import io.hydrant.v1.Reason;
import io.hydrant.v1.Retention;
import io.hydrant.v1.RetentionTier;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class HydrantClientTest {
  @Test
  void imagesFromTheirBeginningToTheirEnd() {
    try (FakeServer server = FakeServer.onLoopback();
        HydrantClient client = server.client()) {
      Image image = client.createImage("vm-0", 5);
      assertEquals(5, image.getRetention().getKeepLast());
      for (int i = 1; i < 8; i++) {
        client.createImage("vm-" + i, 0);
      }
      client.createImage("other", 0);
      assertEquals(9, client.images().size());
      assertEquals(8, client.images("vm-").size());
      assertEquals("vm-7", client.images("vm-").getLast().getName());
      assertEquals(image.getUid(), client.image(name("vm-0")).getUid());
      assertEquals(9, client.setRetention(uid(image.getUid()), 9).getRetention().getKeepLast());
      assertEquals(List.of(), client.checkpoints(name("vm-0")));
      assertTrue(client.deleteImage(name("vm-0"), PinnedDelete.PINNED_DELETE_REFUSE));
      rejected(
          Reason.REASON_UNKNOWN_IMAGE,
          "reading image 'vm-0': no such image",
          () -> client.image(name("vm-0")));
      rejected(
          Reason.REASON_NAME_TAKEN,
          "creating image 'vm-1': name is taken",
          () -> client.createImage("vm-1", 0));
      assertEquals("fake", client.serverInfo().getVersion());
      assertEquals(0, client.stats().getGaugesOrThrow("staged_bytes"));
    }
  }

  @Test
  void theWholeRetentionIsSaid() {
    try (FakeServer server = FakeServer.onLoopback();
        HydrantClient client = server.client()) {
      Retention retention =
          Retention.newBuilder()
              .setKeepLast(3)
              .setKeepForMillis(60_000)
              .addTiers(RetentionTier.newBuilder().setWindowMillis(600_000).setSpacingMillis(1_000))
              .build();
      Image image = client.createImage("vm", retention, Durability.DURABILITY_QUORUM);
      assertEquals(retention, image.getRetention());
      Retention last = Retention.newBuilder().setKeepLast(7).build();
      assertEquals(last, client.setRetention(name("vm"), last).getRetention());
      assertEquals(retention, client.setRetention(name("vm"), retention).getRetention());
    }
  }

  @Test
  void theQuotaIsSaid() {
    try (FakeServer server = FakeServer.onLoopback();
        HydrantClient client = server.client()) {
      Image image =
          client.createImage(
              "vm", Retention.getDefaultInstance(), Durability.DURABILITY_QUORUM, 10L << 30);
      assertEquals(10L << 30, image.getQuotaBytes());
      assertEquals(20L << 30, client.setQuota(name("vm"), 20L << 30).getQuotaBytes());
      assertEquals(0, client.setQuota(name("vm"), 0).getQuotaBytes());
      assertEquals(0, client.createImage("other", 1).getQuotaBytes());
    }
  }

  @Test
  void aCheckpointIsRestoredByItsName() {
    try (FakeServer server = FakeServer.onLoopback();
        Protected vm = Protected.image(server, "vm")) {
      long first = vm.full(1).id();
      vm.full(2);
      HydrantClient client = vm.client();
      assertEquals(
          List.of("golden"), client.nameCheckpoint(name("vm"), first, "golden").getNamesList());
      CheckpointChoice golden = new CheckpointChoice.Named("golden");
      try (RestoreSession session = client.openRestore(name("vm"), golden, Duration.ZERO)) {
        assertEquals(first, session.checkpoint().getId());
      }
      try (FencedRestore fenced = client.restoreAndFence(name("vm"), golden, Duration.ZERO)) {
        assertEquals(first, fenced.acquired().getHead());
      }
      assertTrue(client.releaseName(name("vm"), "golden"));
      assertFalse(client.releaseName(name("vm"), "golden"));
      rejected(
          Reason.REASON_UNKNOWN_CHECKPOINT,
          "opening a restore of checkpoint 'golden' of image 'vm'",
          () -> client.openRestore(name("vm"), golden, Duration.ZERO));
    }
  }

  @Test
  void epochsAreCompared() {
    try (FakeServer server = FakeServer.onLoopback();
        HydrantClient client = server.client()) {
      client.createImage("vm", 0);
      AcquireProtectionResponse first = client.acquireProtection(name("vm"), 0);
      assertEquals(1, first.getEpoch());
      rejected(
          Reason.REASON_STALE_EPOCH,
          "acquiring the protection of image 'vm'",
          () -> client.acquireProtection(name("vm"), 0));
      assertEquals(2, client.takeOverProtection(name("vm")).getEpoch());
    }
  }

  @Test
  void restoreAndFenceIsOneTakeOverHoweverOftenItIsAsked() {
    try (FakeServer server = FakeServer.onLoopback();
        Protected vm = Protected.image(server, "vm")) {
      long first = vm.full(1).id();
      vm.full(2);
      AtomicInteger count = new AtomicInteger();
      server.faults.unary =
          call -> {
            if (call.equals("acquireProtection") && count.incrementAndGet() % 3 != 0) {
              throw Status.UNAVAILABLE.withDescription("lost").asRuntimeException();
            }
          };
      HydrantClient client = vm.client();
      try (FencedRestore fenced = client.restoreAndFence(name("vm"), first, Duration.ZERO, 1)) {
        assertEquals(3, count.get());
        assertEquals(2, fenced.epoch());
        assertEquals(first, fenced.acquired().getHead());
        assertEquals(first, fenced.session().checkpoint().getId());
        assertEquals(1, server.store.sessionCount());
        rejected(Reason.REASON_STALE_EPOCH, "", () -> vm.full(3));
        rejected(
            Reason.REASON_STALE_EPOCH,
            "image 'vm'",
            () -> client.restoreAndFence(name("vm"), 0, Duration.ZERO, 1));
        assertEquals(2, client.image(name("vm")).getEpoch());
      }
      assertEquals(0, server.store.sessionCount());
      try (FencedRestore again = client.restoreAndFence(name("vm"), 0, Duration.ZERO)) {
        assertEquals(3, again.epoch());
        assertEquals(first, again.session().checkpoint().getId());
      }
    }
  }

  @Test
  void lostAnswersAreAskedForAgainWithoutDoingItTwice() {
    try (FakeServer server = FakeServer.onLoopback();
        HydrantClient client = server.client()) {
      AtomicInteger count = new AtomicInteger();
      server.faults.unary =
          _ -> {
            if (count.incrementAndGet() % 3 != 0) {
              throw Status.UNAVAILABLE.withDescription("lost").asRuntimeException();
            }
          };
      assertEquals(1, client.createImage("vm", 0).getUid());
      assertEquals(1, client.acquireProtection(name("vm"), 0).getEpoch());
      assertEquals(1, client.images().size());
    }
  }

  @Test
  void changesWithoutAnAnswerAreUnknownNotFailed() {
    Deadlines deadlines =
        new Deadlines(
            Duration.ofMillis(1500),
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            Duration.ofSeconds(1));
    try (FakeServer server = FakeServer.onLoopback();
        HydrantClient client =
            server.client(
                server
                    .config()
                    .withDeadlines(deadlines)
                    .withRetries(
                        new RetryPolicy(4, Duration.ofMillis(1), Duration.ofMillis(20))))) {
      server.faults.unary =
          _ -> {
            throw Status.UNAVAILABLE.withDescription("lost").asRuntimeException();
          };
      UnknownOutcomeException unknown =
          assertThrows(UnknownOutcomeException.class, () -> client.createImage("vm", 0));
      assertTrue(message(unknown).contains("creating image 'vm'"), message(unknown));
      UnavailableException reads =
          assertThrows(UnavailableException.class, () -> client.image(name("vm")));
      assertTrue(message(reads).contains("127.0.0.1:" + server.port()), message(reads));
      // A reason says that it did not happen.
      server.faults.unary =
          _ -> {
            throw FakeStore.refusal(Reason.REASON_NO_LEADER, Status.Code.UNAVAILABLE, "election");
          };
      assertThrows(UnavailableException.class, () -> client.createImage("vm2", 0));
      // An answer that never comes.
      server.faults.unary =
          _ -> {
            try {
              Thread.sleep(2000);
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          };
      assertThrows(UnknownOutcomeException.class, () -> client.createImage("vm3", 0));
    }
  }

  @Test
  void nobodyThereIsSaidInTime() {
    int port;
    try (FakeServer server = FakeServer.onLoopback()) {
      port = server.port();
    }
    ClientConfig config =
        ClientConfig.of("127.0.0.1:" + port)
            .withRetries(new RetryPolicy(4, Duration.ofMillis(1), Duration.ofMillis(5)));
    try (HydrantClient client = HydrantClient.connect(config)) {
      UnavailableException gone =
          assertThrows(UnavailableException.class, () -> client.createImage("vm", 0));
      assertTrue(message(gone).contains("no server answers there"), message(gone));
      assertTrue(message(gone).contains("127.0.0.1:" + port), message(gone));
      Thread.currentThread().interrupt();
      assertThrows(CancelledException.class, client::serverInfo);
      assertTrue(Thread.interrupted());
    }
  }

  @Test
  void closedClientSaysSo() {
    try (FakeServer server = FakeServer.onLoopback()) {
      HydrantClient client = server.client();
      assertNotNull(client.serverInfo());
      client.close();
      client.close();
      assertThrows(IllegalStateException.class, client::serverInfo);
    }
  }

  @Test
  void configurationIsChecked() {
    invalid("must be HOST:PORT", () -> ClientConfig.of("localhost"));
    invalid("brackets", () -> ClientConfig.of("::1:70"));
    invalid("HOST:PORT", () -> ClientConfig.of("localhost:1,"));
    assertEquals(2, ClientConfig.of("127.0.0.1:1,[::1]:2").endpoints().size());
    invalid("must be 1 to 65535", () -> ClientConfig.of("localhost:0"));
    invalid("not on this machine", () -> ClientConfig.of("192.0.2.1:7070"));
    assertEquals("[::1]:70", Endpoint.parse("[::1]:70").toString());
    assertEquals(
        "192.0.2.1:7070",
        ClientConfig.insecure("192.0.2.1:7070").endpoints().getFirst().toString());
    invalid(
        "1 to 9 endpoints",
        () ->
            new ClientConfig(
                List.of(),
                NetworkTrust.LOOPBACK_ONLY,
                Deadlines.DEFAULT,
                RetryPolicy.DEFAULT,
                Budgets.DEFAULT));
    invalid("at least 2,097,152 bytes", () -> new Budgets(1 << 20, 1, 4 << 20));
    invalid(
        "deadline 'call' must be positive",
        () -> new Deadlines(Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO));
    invalid("not shrink", () -> new RetryPolicy(1, Duration.ofSeconds(2), Duration.ofSeconds(1)));
  }

  @Test
  void backoffGrowsWithinItsBounds() {
    RetryPolicy policy = new RetryPolicy(9, Duration.ofMillis(10), Duration.ofMillis(500));
    Random random = new Random(1);
    for (int attempt = 1; attempt < 100; attempt++) {
      long step = Math.min(10_000_000L << Math.min(attempt - 1, 20), 500_000_000L);
      long pause = policy.pauseNanos(attempt, random);
      assertTrue(pause >= step / 2 && pause <= step, "attempt " + attempt + ": " + pause);
    }
  }

  @Test
  void everyReasonHasAKind() {
    for (Reason reason : Reason.values()) {
      Failure failure = Failure.of(reason, "");
      assertTrue(message(failure.toException("x")).startsWith("x: "));
    }
  }

  private static void rejected(Reason reason, String why, Runnable call) {
    RejectedException error = assertThrows(RejectedException.class, call::run);
    assertEquals(reason, error.reason());
    assertTrue(message(error).contains(why), message(error));
  }

  private static void invalid(String why, Runnable call) {
    IllegalArgumentException error = assertThrows(IllegalArgumentException.class, call::run);
    assertTrue(message(error).contains(why), message(error));
  }
}
