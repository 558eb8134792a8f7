package io.hydrant.client;

import static io.hydrant.client.Protected.PAGE;
import static io.hydrant.client.Protected.await;
import static io.hydrant.client.Protected.message;
import static io.hydrant.client.RestoredImage.bytes;
import static io.hydrant.client.RestoredImage.outcome;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.hydrant.client.Faults.Action;
import io.hydrant.v1.FetchResponse;
import io.hydrant.v1.Pages;
import io.hydrant.v1.Reason;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class PageFetcherTest {
  private static final long SEED = Long.getLong("hydrant.seed", 20261120L);

  @Test
  void everyOutcomeIsDistinct() {
    try (FakeServer server = FakeServer.onLoopback();
        RestoredImage image = RestoredImage.open(server);
        PageFetcher fetcher = image.session().fetcher()) {
      ByteBuffer target = ByteBuffer.allocate(2 * PAGE);
      for (long page = 0; page < 40; page++) {
        target.clear().position(5);
        assertEquals(outcome(0, page), fetcher.fetchInto(0, page, target));
        assertEquals(5 + PAGE, target.position());
        assertEquals(bytes(0, page), target.slice(5, PAGE), "page " + page);
      }
      FetchedPages fetched = await(fetcher.fetch(1, 4, 0, 3, 9));
      assertEquals(4, fetched.size());
      requireRight(fetched);
      assertInstanceOf(FetchedPage.Zero.class, await(fetcher.fetch(1, 0)).get(0));
      assertInstanceOf(FetchedPage.NotKept.class, await(fetcher.fetch(1, 6)).get(0));
      FetchedPage.Found found =
          assertInstanceOf(FetchedPage.Found.class, await(fetcher.fetch(1, 3)).get(0));
      assertEquals(bytes(1, 3), found.content());
      assertTrue(found.content().isReadOnly());
    }
  }

  @Test
  void manyInFlightAnsweredInAnyOrder() {
    Random random = new Random(SEED);
    List<FetchResponse> held = Collections.synchronizedList(new ArrayList<>());
    try (FakeServer server = FakeServer.onLoopback();
        RestoredImage image = RestoredImage.open(server);
        PageFetcher fetcher = image.session().fetcher()) {
      server.faults.fetched =
          answer -> {
            held.add(answer);
            if (held.size() < 7) {
              return List.of();
            }
            List<FetchResponse> now = new ArrayList<>(held);
            held.clear();
            Collections.shuffle(now, random);
            now.addAll(now.subList(0, 2)); // some twice
            return now;
          };
      List<CompletableFuture<FetchedPages>> all = new ArrayList<>();
      for (int i = 0; i < 700; i++) {
        long[] pages = random.longs(1 + random.nextInt(16), 0, RestoredImage.PAGES).toArray();
        all.add(fetcher.fetch(0, pages));
      }
      for (CompletableFuture<FetchedPages> one : all) {
        requireRight(await(one));
      }
    }
  }

  @Test
  void damagedBytesAreRefused() {
    try (FakeServer server = FakeServer.onLoopback();
        RestoredImage image = RestoredImage.open(server);
        PageFetcher fetcher = image.session().fetcher()) {
      server.faults.fetched = pages(RestoredImage::corrupt);
      ByteBuffer target = ByteBuffer.allocate(PAGE);
      // Page 6 travels raw, page 0 as zstd.
      for (long page : new long[] {0, 6}) {
        DamagedPageException damaged =
            assertThrows(DamagedPageException.class, () -> fetcher.fetchInto(0, page, target));
        assertTrue(message(damaged).contains("image 1, checkpoint 1: page " + page));
        assertTrue(message(damaged).contains("was refused"), message(damaged));
        assertEquals(0, target.position());
        assertThrows(DamagedPageException.class, () -> await(fetcher.fetch(0, 2, page)));
      }
      server.faults.fetched =
          answer ->
              List.of(
                  FetchResponse.newBuilder()
                      .setId(answer.getId())
                      .setReason(Reason.REASON_DAMAGED)
                      .setMessage("segment 7, offset 4096")
                      .build());
      DamagedPageException stored =
          assertThrows(DamagedPageException.class, () -> fetcher.fetchInto(0, 1, target));
      assertTrue(message(stored).contains("segment 7, offset 4096"), message(stored));
    }
  }

  @Test
  void answersThatBreakTheRulesAreRefused() {
    try (FakeServer server = FakeServer.onLoopback();
        RestoredImage image = RestoredImage.open(server);
        PageFetcher fetcher = image.session().fetcher()) {
      violation(server, fetcher, p -> p.toBuilder().setPage(0, 2).build());
      violation(server, fetcher, p -> p.toBuilder().setRegion(1).build());
      violation(server, fetcher, p -> p.toBuilder().clearPage().build());
      violation(server, fetcher, p -> p.toBuilder().clearChecksum().build());
      violation(server, fetcher, p -> p.toBuilder().addLength(4096).build());
      violation(server, fetcher, p -> p.toBuilder().setEncoding(bytesOf(4, 0)).build());
      violation(server, fetcher, p -> p.toBuilder().setEncoding(bytesOf(1, 0)).build());
      violation(server, fetcher, p -> p.toBuilder().setEncoding(bytesOf(2, 0)).build());
      violation(server, fetcher, p -> p.toBuilder().setEncoding(bytesOf(0)).build());
      violation(
          server, fetcher, p -> p.toBuilder().setData(p.getData().concat(bytesOf(1))).build());
      violation(server, fetcher, p -> p.toBuilder().setData(p.getData().substring(0, 100)).build());
      violation(server, fetcher, p -> Pages.getDefaultInstance());
      // Two pages exchanged, each sound in itself: its number is part of its checksum.
      server.faults.fetched =
          pages(p ->
              p.toBuilder()
                  .setData(p.getData().substring(PAGE).concat(p.getData().substring(0, PAGE)))
                  .setChecksum(0, p.getChecksum(1))
                  .setChecksum(1, p.getChecksum(0))
                  .build());
      assertThrows(DamagedPageException.class, () -> await(fetcher.fetch(0, 6, 8)));
    }
  }

  @Test
  void brokenStreamsAreMadeAnew() {
    AtomicInteger count = new AtomicInteger();
    try (FakeServer server = FakeServer.onLoopback();
        RestoredImage image = RestoredImage.open(server);
        PageFetcher fetcher = image.session().fetcher()) {
      server.faults.onFetch = _ -> count.incrementAndGet() % 9 == 0 ? Action.BREAK : Action.PASS;
      ByteBuffer target = ByteBuffer.allocate(PAGE);
      for (long page = 0; page < 30; page++) {
        assertEquals(outcome(0, page), fetcher.fetchInto(0, page, target.clear()));
        assertEquals(bytes(0, page), target.flip());
      }
      List<CompletableFuture<FetchedPages>> all = new ArrayList<>();
      for (long page = 0; page < 100; page++) {
        all.add(fetcher.fetch(0, page, page + 200));
      }
      for (CompletableFuture<FetchedPages> one : all) {
        requireRight(await(one));
      }
      assertTrue(count.get() > 130, "nothing was asked again");
    }
  }

  @Test
  void passingRefusalsAreRepeated() {
    AtomicInteger count = new AtomicInteger();
    try (FakeServer server = FakeServer.inProcess();
        RestoredImage image = RestoredImage.open(server);
        PageFetcher fetcher = image.session().fetcher()) {
      Reason[] passing = {Reason.REASON_NOT_HERE, Reason.REASON_BEHIND, Reason.REASON_OVERLOADED};
      server.faults.fetched =
          answer -> {
            int at = count.getAndIncrement();
            return List.of(
                at < passing.length
                    ? FetchResponse.newBuilder()
                        .setId(answer.getId())
                        .setReason(passing[at])
                        .build()
                    : answer);
          };
      requireRight(await(fetcher.fetch(0, 5)));
      assertEquals(4, count.get());
    }
  }

  @Test
  void silenceEndsAtTheDeadline() {
    Deadlines deadlines =
        new Deadlines(
            Duration.ofSeconds(2),
            Duration.ofSeconds(2),
            Duration.ofSeconds(2),
            Duration.ofMillis(500));
    try (FakeServer server = FakeServer.onLoopback();
        RestoredImage image = RestoredImage.open(server, server.config().withDeadlines(deadlines));
        PageFetcher fetcher = image.session().fetcher()) {
      server.faults.onFetch = _ -> Action.SWALLOW;
      ByteBuffer target = ByteBuffer.allocate(PAGE);
      UnavailableException late =
          assertThrows(UnavailableException.class, () -> fetcher.fetchInto(0, 1, target));
      assertTrue(message(late).contains("no answer within PT0.5S"), message(late));
      assertThrows(UnavailableException.class, () -> await(fetcher.fetch(0, 1, 2)));
      server.faults.onFetch = _ -> Action.PASS;
      assertEquals(outcome(0, 1), fetcher.fetchInto(0, 1, target));
      target.clear();
      server.faults.onFetch = _ -> Action.BREAK;
      assertThrows(UnavailableException.class, () -> fetcher.fetchInto(0, 1, target));
    }
  }

  @Test
  void serverThatComesBackIsAskedAgain() throws InterruptedException {
    FakeServer before = FakeServer.onLoopback();
    int port = before.port();
    try (RestoredImage image =
            RestoredImage.open(
                before,
                before
                    .config()
                    .withDeadlines(
                        new Deadlines(
                            Duration.ofSeconds(3),
                            Duration.ofSeconds(3),
                            Duration.ofSeconds(3),
                            Duration.ofSeconds(8))));
        PageFetcher fetcher = image.session().fetcher()) {
      requireRight(await(fetcher.fetch(0, 1)));
      before.close();
      Thread.sleep(200);
      CompletableFuture<FetchedPages> whileDown = fetcher.fetch(0, 2);
      Thread.sleep(1000);
      CompletableFuture<FetchedPages> alsoWhileDown = fetcher.fetch(0, 3);
      try (FakeServer _ = FakeServer.onLoopback(before.store, port)) {
        requireRight(await(whileDown));
        requireRight(await(alsoWhileDown));
      }
    }
  }

  @Test
  void silentCallIsLeftForAFreshOne() {
    Deadlines deadlines =
        new Deadlines(
            Duration.ofSeconds(2),
            Duration.ofSeconds(2),
            Duration.ofSeconds(2),
            Duration.ofMillis(400));
    AtomicBoolean swallows = new AtomicBoolean(true);
    try (FakeServer server = FakeServer.onLoopback();
        RestoredImage image = RestoredImage.open(server, server.config().withDeadlines(deadlines));
        PageFetcher fetcher = image.session().fetcher()) {
      AtomicInteger tokens = new AtomicInteger();
      server.faults.onFetch =
          request -> {
            tokens.addAndGet(request.getToken().isEmpty() ? 0 : 1); // the first of a call
            return swallows.get() ? Action.SWALLOW : Action.PASS;
          };
      assertThrows(UnavailableException.class, () -> await(fetcher.fetch(0, 1)));
      swallows.set(false);
      requireRight(await(fetcher.fetch(0, 1)));
      requireRight(await(fetcher.fetch(0, 2)));
      assertEquals(2, tokens.get());
    }
  }

  @Test
  void bytesInFlightAreBounded() {
    try (FakeServer server = FakeServer.onLoopback();
        RestoredImage image =
            RestoredImage.open(
                server,
                server
                    .config()
                    .withBudgets(new Budgets(4 << 20, 2 << 20, 4 << 20))
                    .withDeadlines(
                        new Deadlines(
                            Duration.ofSeconds(2),
                            Duration.ofSeconds(2),
                            Duration.ofSeconds(2),
                            Duration.ofMillis(300))));
        PageFetcher fetcher = image.session().fetcher()) {
      AtomicInteger asked = new AtomicInteger();
      server.faults.onFetch =
          request -> {
            asked.addAndGet(request.getPageCount());
            return Action.SWALLOW;
          };
      long[] many = LongStream.range(0, 256).toArray();
      CompletableFuture<FetchedPages> one = fetcher.fetch(0, many);
      CompletableFuture<FetchedPages> two = fetcher.fetch(0, many);
      assertThrows(UnavailableException.class, () -> await(fetcher.fetch(0, 1)));
      assertTrue(asked.get() <= 513, "asked for " + asked.get());
      assertThrows(UnavailableException.class, () -> await(one));
      assertThrows(UnavailableException.class, () -> await(two));
    }
  }

  @Test
  void endsAreSaid() {
    try (FakeServer server = FakeServer.onLoopback();
        RestoredImage image = RestoredImage.open(server)) {
      PageFetcher fetcher = image.session().fetcher();
      misuse("regions 0 to 1, not 7", () -> fetcher.fetch(7, 1));
      misuse("pages 0 to 1023", () -> fetcher.fetch(0, 1024));
      misuse("1 to 256 pages", () -> fetcher.fetch(0));
      misuse("1 to 256 pages", () -> fetcher.fetch(0, new long[257]));
      misuse("room for 5", () -> fetcher.fetchInto(0, 1, ByteBuffer.allocate(5)));

      server.faults.onFetch = _ -> Action.SWALLOW;
      CompletableFuture<FetchedPages> open = fetcher.fetch(0, 1);
      fetcher.close();
      assertThrows(CancelledException.class, () -> await(open));
      assertThrows(CancelledException.class, () -> await(fetcher.fetch(0, 1)));

      server.store.closeSession(image.session().token());
      PageFetcher orphan = image.session().fetcher();
      RejectedException gone =
          assertThrows(RejectedException.class, () -> await(orphan.fetch(0, 1)));
      assertEquals(Reason.REASON_UNKNOWN_SESSION, gone.reason());
    }
  }

  private static void violation(
      FakeServer server, PageFetcher fetcher, UnaryOperator<Pages> change) {
    server.faults.fetched = pages(change);
    assertThrows(ProtocolViolationException.class, () -> await(fetcher.fetch(0, 6, 8)));
  }

  private static Function<FetchResponse, List<FetchResponse>> pages(UnaryOperator<Pages> change) {
    return answer -> List.of(answer.toBuilder().setPages(change.apply(answer.getPages())).build());
  }

  private static ByteString bytesOf(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return ByteString.copyFrom(bytes);
  }

  private static void requireRight(FetchedPages fetched) {
    ByteBuffer target = ByteBuffer.allocate(PAGE);
    for (int row = 0; row < fetched.size(); row++) {
      long page = fetched.page(row);
      assertEquals(outcome(fetched.region(), page), fetched.outcome(row), "page " + page);
      assertEquals(fetched.outcome(row), fetched.get(row).outcome());
      fetched.copyTo(row, target.clear());
      assertEquals(bytes(fetched.region(), page), target.flip(), "page " + page);
    }
  }

  private static void misuse(String why, Runnable call) {
    IllegalArgumentException error = assertThrows(IllegalArgumentException.class, call::run);
    assertTrue(message(error).contains(why), message(error));
  }
}
