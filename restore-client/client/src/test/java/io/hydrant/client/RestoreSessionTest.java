package io.hydrant.client;

import static io.hydrant.client.Protected.PAGE;
import static io.hydrant.client.Protected.await;
import static io.hydrant.client.Protected.message;
import static io.hydrant.client.RestoredImage.PAGES;
import static io.hydrant.client.RestoredImage.bytes;
import static io.hydrant.client.RestoredImage.outcome;
import static io.hydrant.client.RestoredImage.range;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.hydrant.client.PrefetchOptions.EmptyPages;
import io.hydrant.v1.PageDigestPart;
import io.hydrant.v1.PageRange;
import io.hydrant.v1.Pages;
import io.hydrant.v1.ReadClass;
import io.hydrant.v1.Reason;
import io.hydrant.v1.Region;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RestoreSessionTest {
  private static final PrefetchOptions SKIP =
      new PrefetchOptions(ReadClass.READ_CLASS_FILL, EmptyPages.SKIP);

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void prefetchDeliversEveryPageOnce(boolean inProcess) throws IOException {
    try (FakeServer server = inProcess ? FakeServer.inProcess() : FakeServer.onLoopback();
        RestoredImage image = RestoredImage.open(server)) {
      Collected all = new Collected();
      image
          .session()
          .prefetch(
              List.of(range(0, 100, 900), range(1, 3, 5), range(0, 0, 100)),
              PrefetchOptions.DEFAULT,
              all);
      all.require(1005, true);
      assertTrue(all.runs < 500, "neighbours are joined: " + all.runs);
      Collected some = new Collected();
      image.session().prefetch(List.of(range(0, 0, PAGES)), SKIP, some);
      some.require(found(0, PAGES), false);
    }
  }

  @Test
  void wholeImageInParallel() throws IOException {
    try (FakeServer server = FakeServer.onLoopback();
        RestoredImage image = RestoredImage.open(server)) {
      for (int streams : new int[] {1, 2, 5}) {
        Collected all = new Collected();
        image.session().restoreTo(all, PrefetchOptions.DEFAULT, streams);
        all.require(PAGES + 16, true);
      }
    }
  }

  @Test
  void sharesCoverTheImageOnce() {
    List<Region> regions =
        List.of(
            Regions.memory("a", 50L << 20),
            Regions.memory("b", 4096),
            Regions.memory("c", 8 << 20));
    for (int streams = 1; streams < 12; streams++) {
      long[] next = new long[3];
      List<List<PageRange>> shares = ParallelRestore.shares(regions, streams);
      assertTrue(shares.size() <= streams);
      for (List<PageRange> share : shares) {
        for (PageRange range : share) {
          assertEquals(next[range.getRegion()], range.getFirstPage());
          next[range.getRegion()] += range.getPageCount();
        }
      }
      assertArrayEquals(new long[] {12800, 1, 2048}, next);
    }
  }

  @Test
  void brokenPrefetchGoesOnBehindTheLastPage() throws IOException {
    for (int at = 1; at <= 20; at++) {
      try (FakeServer server = FakeServer.inProcess();
          RestoredImage image = RestoredImage.open(server)) {
        server.faults.prefetchPagesPerMessage = 100;
        AtomicInteger count = new AtomicInteger();
        int every = at;
        server.faults.prefetched =
            pages -> count.incrementAndGet() % (every + 1) == 0 ? null : pages;
        Collected all = new Collected();
        image
            .session()
            .prefetch(List.of(range(0, 0, PAGES), range(1, 0, 16)), PrefetchOptions.DEFAULT, all);
        all.require(PAGES + 16, true);
        Collected some = new Collected();
        image.session().prefetch(List.of(range(0, 0, PAGES)), SKIP, some);
        some.require(found(0, PAGES), false);
      }
    }
  }

  @Test
  void prefetchRefusesWhatItMust() {
    try (FakeServer server = FakeServer.onLoopback();
        RestoredImage image = RestoredImage.open(server)) {
      server.faults.prefetchPagesPerMessage = 64;
      refused(image, DamagedPageException.class, RestoredImage::corrupt);
      UnaryOperator<Pages> wrongNumber =
          pages -> pages.toBuilder().setPage(5, pages.getPage(6)).build();
      refused(image, ProtocolViolationException.class, wrongNumber);
      UnaryOperator<Pages> otherRegion = pages -> pages.toBuilder().setRegion(9).build();
      refused(image, ProtocolViolationException.class, otherRegion);
      // By content, not by counting: a call that was cancelled before may still be sending.
      UnaryOperator<Pages> dropped =
          pages -> pages.getPage(0) == 128 ? Pages.getDefaultInstance() : pages;
      refused(image, ProtocolViolationException.class, dropped);
      server.faults.prefetched =
          pages -> pages.getPage(0) >= 960 ? Pages.getDefaultInstance() : pages;
      ProtocolViolationException early =
          assertThrows(ProtocolViolationException.class, () -> readAll(image, new Collected()));
      assertTrue(message(early).contains("before its last page"), message(early));
      // Twice the same pages.
      AtomicReference<Pages> second = new AtomicReference<>();
      UnaryOperator<Pages> again =
          pages -> {
            if (pages.getPage(0) == 64) {
              second.set(pages);
            }
            Pages before = second.get();
            return pages.getPage(0) == 128 && before != null ? before : pages;
          };
      refused(image, ProtocolViolationException.class, again);
    }
  }

  @Test
  void sinkThatFailsEndsTheRead() {
    try (FakeServer server = FakeServer.onLoopback();
        RestoredImage image = RestoredImage.open(server)) {
      for (int streams : new int[] {1, 3}) {
        Collected full =
            new Collected() {
              @Override
              public void zero(int region, long firstPage, long count) throws IOException {
                throw new IOException("disk full");
              }
            };
        IOException failed =
            assertThrows(
                IOException.class,
                () -> image.session().restoreTo(full, PrefetchOptions.DEFAULT, streams));
        assertEquals("disk full", failed.getMessage());
      }
    }
  }

  @Test
  void slimStateIsCheckedAndReadAgainAfterABreak() {
    try (FakeServer server = FakeServer.onLoopback();
        RestoredImage image = RestoredImage.open(server)) {
      assertArrayEquals(RestoredImage.slim(), image.session().slim());
      AtomicInteger count = new AtomicInteger();
      server.faults.slim = part -> count.incrementAndGet() == 2 ? null : part;
      assertArrayEquals(RestoredImage.slim(), image.session().slim());
      server.faults.slim = part -> part.toBuilder().setChecksum(1).build();
      assertThrows(DamagedPageException.class, () -> image.session().slim());
      server.faults.slim = part -> part.toBuilder().setOffset(part.getOffset() + 1).build();
      assertThrows(ProtocolViolationException.class, () -> image.session().slim());
      server.faults.slim =
          part -> part.getOffset() > 0 ? part.toBuilder().clearData().build() : part;
      assertThrows(HydrantException.class, () -> image.session().slim());
    }
  }

  @Test
  void pageDigestsAreThoseOfThePages() {
    try (FakeServer server = FakeServer.onLoopback();
        RestoredImage image = RestoredImage.open(server)) {
      server.faults.prefetchPagesPerMessage = 100;
      AtomicInteger count = new AtomicInteger();
      server.faults.digests = part -> count.incrementAndGet() == 3 ? null : part;
      PageChecksum checksum = new PageChecksum();
      AtomicInteger pages = new AtomicInteger();
      image
          .session()
          .pageDigests(
              range(0, 10, 500),
              part -> {
                for (int row = 0; row < part.getChecksumCount(); row++) {
                  long page = part.getFirstPage() + row;
                  assertEquals(10 + pages.getAndIncrement(), page);
                  int expected =
                      outcome(0, page) == PageOutcome.FOUND
                          ? checksum.of(0, page, bytes(0, page))
                          : 0;
                  assertEquals(expected, part.getChecksum(row));
                }
              });
      assertEquals(500, pages.get());
      server.faults.digests =
          part -> part.toBuilder().setFirstPage(part.getFirstPage() + 1).build();
      assertThrows(
          ProtocolViolationException.class,
          () -> image.session().pageDigests(range(0, 10, 500), (PageDigestPart _) -> {}));
    }
  }

  @Test
  void leaseIsRenewedUntilTheEnd() throws InterruptedException {
    try (FakeServer server = FakeServer.onLoopback()) {
      server.faults.leaseMillis = 60;
      try (RestoredImage image = RestoredImage.open(server)) {
        AtomicInteger failures = new AtomicInteger();
        server.faults.unary =
            method -> {
              if (method.equals("renewRestore") && failures.incrementAndGet() <= 2) {
                throw FakeStore.refusal(
                    Reason.REASON_NO_LEADER, Status.Code.UNAVAILABLE, "no leader");
              }
            };
        waitUntil(() -> server.store.renewals >= 5);
        assertTrue(image.session().lost().isEmpty());
        image.session().close();
        assertEquals(0, server.store.sessionCount());
        Thread.sleep(50);
        int renewals = server.store.renewals;
        Thread.sleep(100);
        assertEquals(renewals, server.store.renewals);
        assertThrows(IllegalStateException.class, () -> image.session().slim());
      }
    }
  }

  @Test
  void lostLeaseIsSaid() throws InterruptedException {
    try (FakeServer server = FakeServer.onLoopback()) {
      server.faults.leaseMillis = 60;
      try (RestoredImage image = RestoredImage.open(server)) {
        server.store.closeSession(image.session().token());
        waitUntil(() -> image.session().lost().isPresent());
        assertTrue(message(image.session().lost().orElseThrow()).contains("has ended"));
        RejectedException gone =
            assertThrows(RejectedException.class, () -> readAll(image, new Collected()));
        assertEquals(Reason.REASON_UNKNOWN_SESSION, gone.reason());
      }
    }
  }

  @Test
  void closingNeverFailsWhatWasDone() {
    RestoredImage image;
    RestoreSession session;
    try (FakeServer server = FakeServer.onLoopback()) {
      Deadlines deadlines =
          new Deadlines(
              Duration.ofMillis(300),
              Duration.ofSeconds(1),
              Duration.ofSeconds(1),
              Duration.ofSeconds(1));
      image = RestoredImage.open(server, server.config().withDeadlines(deadlines));
      session = image.session();
    }
    session.close(); // the server is gone
    image.client().close();
  }

  @Test
  void anotherProcessGoesOn() throws IOException {
    try (FakeServer server = FakeServer.onLoopback();
        RestoredImage image = RestoredImage.open(server);
        HydrantClient other = server.client()) {
      byte[] exported = image.session().export();
      image.session().detach();
      assertEquals(1, server.store.sessionCount());
      try (RestoreSession resumed = other.resumeRestore(exported)) {
        assertEquals(image.session().checkpoint(), resumed.checkpoint());
        ByteBuffer target = ByteBuffer.allocate(PAGE);
        assertEquals(outcome(0, 7), resumed.fetcher().fetchInto(0, 7, target));
      }
      assertEquals(0, server.store.sessionCount());
      assertThrows(IllegalArgumentException.class, () -> other.resumeRestore(new byte[0]));
      assertThrows(IllegalArgumentException.class, () -> other.resumeRestore(new byte[] {1, 2, 3}));
    }
  }

  @Test
  void uncommittedAndUnknownCheckpointsCannotBeRestored() {
    try (FakeServer server = FakeServer.inProcess();
        Protected image = Protected.image(server, "vm")) {
      CommittedCheckpoint first = image.full(1);
      CheckpointWriter open = image.stream().openIncremental(first.id());
      open.page(0, 0, Protected.page(1));
      open.flush();
      CheckpointWriter next = image.stream().openIncremental(open);
      assertThrows(IllegalStateException.class, next::commit);
      RejectedException uncommitted =
          assertThrows(
              RejectedException.class,
              () -> image.client().openRestore(HydrantClient.name("vm"), 2, Duration.ZERO));
      assertEquals(Reason.REASON_NOT_COMMITTED, uncommitted.reason());
      RejectedException unknown =
          assertThrows(
              RejectedException.class,
              () -> image.client().openRestore(HydrantClient.name("vm"), 99, Duration.ZERO));
      assertEquals(Reason.REASON_UNKNOWN_CHECKPOINT, unknown.reason());
      assertTrue(message(unknown).contains("checkpoint 99 of image 'vm'"), message(unknown));
      assertEquals(2, await(open.commit()).id());
    }
  }

  private static void refused(
      RestoredImage image, Class<? extends HydrantException> kind, UnaryOperator<Pages> change) {
    image.server().faults.prefetched = change::apply;
    Collected all = new Collected();
    assertThrows(kind, () -> readAll(image, all));
    // What was handed out before is right all the same.
    all.require(all.outcomes.size(), true);
  }

  private static void readAll(RestoredImage image, PageSink sink) throws IOException {
    image.session().prefetch(List.of(range(0, 0, PAGES)), PrefetchOptions.DEFAULT, sink);
  }

  private static int found(int region, int pages) {
    int found = 0;
    for (int page = 0; page < pages; page++) {
      found += outcome(region, page) == PageOutcome.FOUND ? 1 : 0;
    }
    return found;
  }

  private static void waitUntil(BooleanSupplier condition) throws InterruptedException {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() - start < 10e9, "never came true");
      Thread.sleep(5);
    }
  }

  /** Keeps outcomes, and compares contents as they come. */
  private static class Collected implements PageSink {
    final Map<FakeStore.Key, PageOutcome> outcomes = new ConcurrentHashMap<>();
    int runs;

    @Override
    public void found(int region, long firstPage, ByteBuffer content) throws IOException {
      assertTrue(content.isReadOnly());
      assertEquals(0, content.remaining() % PAGE);
      countRun();
      for (int i = 0; i < content.remaining() / PAGE; i++) {
        put(region, firstPage + i, PageOutcome.FOUND);
        assertEquals(
            bytes(region, firstPage + i), content.slice(content.position() + i * PAGE, PAGE));
      }
    }

    @Override
    public void zero(int region, long firstPage, long count) throws IOException {
      for (long page = firstPage; page < firstPage + count; page++) {
        put(region, page, PageOutcome.ZERO);
      }
    }

    @Override
    public void notKept(int region, long firstPage, long count) throws IOException {
      for (long page = firstPage; page < firstPage + count; page++) {
        put(region, page, PageOutcome.NOT_KEPT);
      }
    }

    private synchronized void put(int region, long page, PageOutcome outcome) {
      FakeStore.Key key = new FakeStore.Key(region, page);
      assertFalse(outcomes.containsKey(key), "twice: " + key);
      outcomes.put(key, outcome);
    }

    private synchronized void countRun() {
      runs++;
    }

    void require(int pages, boolean withEmpty) {
      assertEquals(pages, outcomes.size());
      outcomes.forEach((key, outcome) -> {
        assertEquals(outcome(key.region(), key.page()), outcome, key.toString());
        assertTrue(withEmpty || outcome == PageOutcome.FOUND);
      });
    }
  }
}
