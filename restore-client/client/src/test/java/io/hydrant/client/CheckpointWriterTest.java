package io.hydrant.client;

import static io.hydrant.client.Protected.PAGE;
import static io.hydrant.client.Protected.SMALL;
import static io.hydrant.client.Protected.await;
import static io.hydrant.client.Protected.message;
import static io.hydrant.client.Protected.page;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.client.WriteOptions.ZeroPages;
import io.hydrant.v1.CheckpointState;
import io.hydrant.v1.PageEncoding;
import io.hydrant.v1.Pages;
import io.hydrant.v1.Reason;
import io.hydrant.v1.Region;
import io.hydrant.v1.RegionKind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class CheckpointWriterTest {
  private static final List<Region> LARGE = List.of(Regions.memory("ram", 32L << 20));

  @ParameterizedTest
  @EnumSource(EncodingPolicy.class)
  void everyKindOfPageArrives(EncodingPolicy encoding) {
    WriteOptions options = new WriteOptions(encoding, ZeroPages.FIND);
    try (FakeServer server = FakeServer.inProcess();
        Protected image = Protected.image(server.client(), "vm", options);
        CheckpointWriter writer = image.stream().openFull(SMALL)) {
      byte[] compressible = new byte[PAGE];
      Arrays.fill(compressible, 100, 3000, (byte) 7);
      writer.page(0, 0, page(1));
      writer.page(0, 1, compressible);
      writer.page(0, 2, new byte[PAGE]);
      writer.page(0, 3, ByteBuffer.allocateDirect(PAGE).put(page(3)).flip());
      writer.notKept(0, 4, 2);
      writer.zero(0, 6, 58);
      writer.batch(1, new long[] {0, 1}, ByteBuffer.wrap(concat(page(4), compressible)));
      writer.zero(1, 2, 6);
      writer.slim("device".getBytes(StandardCharsets.UTF_8));
      writer.slim(" state".getBytes(StandardCharsets.UTF_8));
      CommittedCheckpoint committed = await(writer.commit());

      FakeStore.Content stored = content(server, image.uid(), committed.id());
      int packed =
          encoding == EncodingPolicy.RAW
              ? PageEncoding.PAGE_ENCODING_RAW_VALUE
              : PageEncoding.PAGE_ENCODING_ZSTD_VALUE;
      assertEquals(PageEncoding.PAGE_ENCODING_RAW_VALUE, encodingOf(stored, 0, 0));
      assertEquals(packed, encodingOf(stored, 0, 1));
      assertEquals(PageEncoding.PAGE_ENCODING_ZERO_VALUE, encodingOf(stored, 0, 2));
      assertEquals(PageEncoding.PAGE_ENCODING_NOT_KEPT_VALUE, encodingOf(stored, 0, 4));
      assertEquals(packed, encodingOf(stored, 1, 1));
      assertEquals("device state", stored.slimBytes().toStringUtf8());
      assertEquals(72, stored.pageCount);
      assertEquals(image.stream().head().getAsLong(), committed.id());
      assertArrayEquals(page(3), Protected.raw(stored, 0, 3).toByteArray());
      assertArrayEquals(page(4), Protected.raw(stored, 1, 0).toByteArray());
    }
  }

  @Test
  void autoSendsRawWhatSavesLessThanAQuarter() {
    byte[] almost = page(1);
    Arrays.fill(almost, 0, PAGE / 5, (byte) 0);
    PageEncoder zstd = new PageEncoder(EncodingPolicy.ZSTD);
    PageEncoder auto = new PageEncoder(EncodingPolicy.AUTO);
    assertTrue(zstd.compress(almost, 0, PAGE) > 0);
    assertEquals(0, auto.compress(almost, 0, PAGE));
    assertEquals(0, zstd.compress(page(2), 0, PAGE));
    zstd.close();
    auto.close();
  }

  @Test
  void zeroPagesAreSentAsContentIfNotLookedFor() {
    WriteOptions options = new WriteOptions(EncodingPolicy.RAW, ZeroPages.SEND_AS_CONTENT);
    try (FakeServer server = FakeServer.inProcess();
        Protected image = Protected.image(server.client(), "vm", options);
        CheckpointWriter writer = image.stream().openFull(SMALL)) {
      writer.page(0, 0, new byte[PAGE]);
      CommittedCheckpoint committed = await(writer.commit());
      FakeStore.Content stored = content(server, image.uid(), committed.id());
      assertEquals(PageEncoding.PAGE_ENCODING_RAW_VALUE, encodingOf(stored, 0, 0));
    }
  }

  @Test
  void batchesHoldAscendingPagesOfOneTract() {
    WriteOptions options = new WriteOptions(EncodingPolicy.RAW, ZeroPages.FIND);
    try (FakeServer server = FakeServer.onLoopback();
        Protected image = Protected.image(server.client(), "vm", options);
        CheckpointWriter writer = image.stream().openFull(LARGE)) {
      // The last page of tract 0 and the first ones of tract 1, then backwards, then a long run.
      for (long page : new long[] {2046, 2047, 2048, 2049, 5, 4}) {
        writer.page(0, page, page(page));
      }
      long[] run = LongStream.range(3000, 3600).toArray();
      byte[] content = new byte[run.length * PAGE];
      for (int i = 0; i < run.length; i++) {
        System.arraycopy(page(run[i]), 0, content, i * PAGE, PAGE);
      }
      writer.batch(0, run, ByteBuffer.wrap(content));
      // The buffer is free again: what was sent must not change.
      Arrays.fill(content, (byte) 1);
      writer.zeroTracts(0, 2, 2);
      CommittedCheckpoint committed = await(writer.commit());

      FakeStore.Content stored = content(server, image.uid(), committed.id());
      List<Integer> sizes = stored.batches.stream().map(Pages::getPageCount).toList();
      assertEquals(List.of(2, 2, 1, 1, 256, 256, 88), sizes);
      assertEquals(7, writer.batchCount());
      for (long page : new long[] {2046, 2047, 2048, 2049, 5, 4, 3000, 3255, 3256, 3599}) {
        assertArrayEquals(page(page), Protected.raw(stored, 0, page).toByteArray(), "page " + page);
      }
      assertEquals(1, stored.zeroTracts.size());
    }
  }

  @Test
  void pagesLargerThanABatchGoAlone() {
    List<Region> huge =
        List.of(Regions.of("huge", RegionKind.REGION_KIND_MEMORY, 2 << 20, 8L << 20));
    try (FakeServer server = FakeServer.onLoopback();
        Protected image = Protected.image(server, "vm");
        CheckpointWriter writer = image.stream().openFull(huge)) {
      byte[] content = new byte[2 << 20];
      new Random(1).nextBytes(content);
      writer.page(0, 0, content);
      writer.page(0, 1, content);
      writer.zero(0, 2, 2);
      CommittedCheckpoint committed = await(writer.commit());
      FakeStore.Content stored = content(server, image.uid(), committed.id());
      assertEquals(List.of(1, 1, 1, 1), stored.batches.stream().map(Pages::getPageCount).toList());
    }
  }

  @Test
  void steadyStreamOverlapsCheckpoints() {
    try (FakeServer server = FakeServer.onLoopback();
        Protected image = Protected.image(server, "vm")) {
      List<CompletableFuture<CommittedCheckpoint>> outcomes = new ArrayList<>();
      CheckpointWriter last = image.stream().openFull(SMALL);
      last.page(0, 0, page(0));
      outcomes.add(last.commit());
      for (int i = 1; i <= 100; i++) {
        CheckpointWriter next = image.stream().openIncremental(last);
        next.page(0, i % 64, page(i));
        outcomes.add(next.commit());
        last = next;
      }
      long before = 0;
      for (CompletableFuture<CommittedCheckpoint> outcome : outcomes) {
        CommittedCheckpoint committed = await(outcome);
        assertTrue(committed.id() > before);
        before = committed.id();
      }
      FakeStore.Content stored = content(server, image.uid(), before);
      assertArrayEquals(page(100), Protected.raw(stored, 0, 36).toByteArray());
      assertArrayEquals(page(0 + 64), Protected.raw(stored, 0, 0).toByteArray());
    }
  }

  @Test
  void nextMayBeFilledBeforeThisOneCommits() {
    try (FakeServer server = FakeServer.onLoopback();
        Protected image = Protected.image(server, "vm")) {
      CheckpointWriter first = image.stream().openFull(SMALL);
      CheckpointWriter second = image.stream().openIncremental(first);
      first.page(0, 0, page(1));
      second.page(0, 0, page(2));
      assertThrows(IllegalStateException.class, second::commit);
      second = null;
      assertEquals(1, await(first.commit()).id());
    }
  }

  @Test
  void refusalsAreTyped() {
    try (FakeServer server = FakeServer.onLoopback();
        Protected image = Protected.image(server, "vm")) {
      RejectedException sendFull =
          assertThrows(RejectedException.class, () -> image.stream().openIncremental(0));
      assertEquals(Reason.REASON_SEND_FULL, sendFull.reason());
      CommittedCheckpoint first = image.full(1);

      CheckpointWriter wrongBase = image.stream().openIncremental(99);
      assertRejected(Reason.REASON_WRONG_BASE, wrongBase.commit());

      CheckpointWriter twice = image.stream().openIncremental(first.id());
      twice.page(0, 1, page(1));
      twice.page(0, 1, page(1));
      CompletableFuture<CommittedCheckpoint> outcome = twice.commit();
      RejectedException duplicate = assertRejected(Reason.REASON_DUPLICATE_PAGE, outcome);
      assertEquals(7, duplicate.head().orElseThrow());
      assertTrue(message(duplicate).contains("page twice"), message(duplicate));

      HydrantClient other = server.client();
      other.takeOverProtection(HydrantClient.uid(image.uid()));
      other.close();
      CheckpointWriter stale = image.stream().openIncremental(first.id());
      assertRejected(Reason.REASON_STALE_EPOCH, stale.commit());
      // The stream goes on after refusals, and what follows a refused one is refused with it.
      RejectedException follower =
          assertThrows(
              RejectedException.class, () -> await(image.stream().openIncremental(stale).commit()));
      assertEquals(Reason.REASON_ABORTED, follower.reason());
    }
  }

  @Test
  void refusalEndsWhatBuildsOnIt() {
    try (FakeServer server = FakeServer.inProcess();
        Protected image = Protected.image(server, "vm")) {
      CommittedCheckpoint first = image.full(1);
      CheckpointWriter one = image.stream().openIncremental(first.id());
      CheckpointWriter two = image.stream().openIncremental(one);
      two.page(0, 1, page(1));
      one.page(0, 1, page(1));
      one.page(0, 1, page(1));
      one.flush();
      assertRejected(Reason.REASON_DUPLICATE_PAGE, one.attempt().outcome);
      assertRejected(Reason.REASON_ABORTED, two.attempt().outcome);
      assertThrows(RejectedException.class, two::flush);
    }
  }

  @Test
  void abortAndCloseLeaveNothing() {
    try (FakeServer server = FakeServer.inProcess();
        Protected image = Protected.image(server, "vm")) {
      CommittedCheckpoint first = image.full(1);
      CheckpointWriter aborted = image.stream().openIncremental(first.id());
      aborted.page(0, 1, page(1));
      aborted.flush();
      long id = aborted.checkpoint().orElseThrow();
      assertTrue(aborted.abort());
      assertFalse(aborted.abort());
      assertThrows(CancelledException.class, () -> await(aborted.commit()));
      assertEquals(
          CheckpointState.CHECKPOINT_STATE_ABORTED, content(server, image.uid(), id).state);

      CheckpointWriter closed = image.stream().openIncremental(first.id());
      closed.close();
      assertThrows(IllegalStateException.class, closed::commit);
      CheckpointWriter last = image.stream().openIncremental(first.id());
      CompletableFuture<CommittedCheckpoint> outcome = last.commit();
      last.close();
      assertFalse(last.abort());
      long committed = await(outcome).id();
      assertEquals(committed, image.stream().head().orElseThrow());
    }
  }

  @Test
  void misuseIsNamedAndSendsNothing() {
    try (FakeServer server = FakeServer.inProcess();
        Protected image = Protected.image(server, "vm");
        CheckpointWriter writer = image.stream().openFull(SMALL)) {
      misuse("regions 0 to 1, not 2", () -> writer.page(2, 0, page(1)));
      misuse("region 'ram' has pages 0 to 63, not 64", () -> writer.page(0, 64, page(1)));
      misuse("'rom' has pages of 4096 bytes, not 5", () -> writer.page(1, 0, new byte[5]));
      misuse("2 from page 63", () -> writer.zero(0, 63, 2));
      misuse("tracts 0 to 0", () -> writer.zeroTracts(0, 0, 2));
      misuse(
          "2 pages of region 'ram' need 8192 bytes, not 4096",
          () -> writer.batch(0, new long[] {1, 2}, ByteBuffer.allocate(PAGE)));
      misuse(
          "pages 0 to 63, not 64",
          () -> writer.batch(0, new long[] {1, 64}, ByteBuffer.allocate(2 * PAGE)));
      Region odd = Regions.of("odd", RegionKind.REGION_KIND_MEMORY, 3000, 6000);
      misuse("powers of two", () -> image.stream().openFull(List.of(odd)));
      writer.page(0, 0, page(1));
      assertEquals(1, await(writer.commit()).id());
    }
  }

  @Test
  void slowServerMakesTheWriterWaitNotGrow() throws InterruptedException {
    Deadlines deadlines =
        new Deadlines(
            Duration.ofSeconds(3),
            Duration.ofMillis(700),
            Duration.ofSeconds(1),
            Duration.ofSeconds(1));
    try (FakeServer server = FakeServer.onLoopback();
        Protected image =
            Protected.image(
                server.client(server.config().withDeadlines(deadlines)),
                "vm",
                new WriteOptions(EncodingPolicy.RAW, ZeroPages.FIND))) {
      server.faults.readsRequests = false;
      List<Region> region = List.of(Regions.memory("ram", 1L << 30));
      CheckpointWriter writer = image.stream().openFull(region);
      UnavailableException late =
          assertThrows(UnavailableException.class, () -> writePages(writer));
      assertTrue(message(late).contains("made no progress for PT0.7S"), message(late));
      // The server's window, the socket's buffers and the client's budget together.
      assertTrue(writer.batchCount() < 48, "sent " + writer.batchCount() + " MiB unread");
      assertFalse(writer.isReady());

      CheckpointWriter interrupted = image.stream().openFull(region);
      Thread.currentThread().interrupt();
      assertThrows(CancelledException.class, () -> writePages(interrupted));
      assertTrue(Thread.interrupted());
      interrupted.close();
    }
  }

  @Test
  void deadlineIsForTheServerNotForTheLengthOfACheckpoint() throws InterruptedException {
    Deadlines deadlines =
        new Deadlines(
            Duration.ofSeconds(3),
            Duration.ofMillis(300),
            Duration.ofSeconds(1),
            Duration.ofSeconds(1));
    try (FakeServer server = FakeServer.onLoopback();
        Protected image =
            Protected.image(
                server.client(server.config().withDeadlines(deadlines)),
                "vm",
                WriteOptions.DEFAULT)) {
      CheckpointWriter writer = image.stream().openFull(SMALL);
      for (int page = 0; page < 4; page++) {
        writer.page(0, page, page(page));
        writer.flush();
        Thread.sleep(200);
      }
      Thread.sleep(700); // a writer that compares, and finds nothing to send
      writer.page(0, 9, page(9));
      assertEquals(1, await(writer.commit()).id());
    }
  }

  @Test
  void thirdCheckpointWaitsForOneToEnd() {
    try (FakeServer server = FakeServer.onLoopback();
        Protected image = Protected.image(server, "vm")) {
      CommittedCheckpoint first = image.full(1);
      CheckpointWriter one = image.stream().openIncremental(first.id());
      CheckpointWriter two = image.stream().openIncremental(one);
      CompletableFuture<CheckpointWriter> three =
          CompletableFuture.supplyAsync(() -> image.stream().openIncremental(two));
      assertThrows(TimeoutException.class, () -> three.get(200, TimeUnit.MILLISECONDS));
      await(one.commit());
      CheckpointWriter opened = await(three);
      two.commit();
      assertEquals(4, await(opened.commit()).id());
    }
  }

  private static void writePages(CheckpointWriter writer) {
    byte[] content = new byte[256 * PAGE];
    new Random(1).nextBytes(content);
    for (long first = 0; first < 1 << 18; first += 256) {
      writer.batch(0, LongStream.range(first, first + 256).toArray(), ByteBuffer.wrap(content));
    }
  }

  private static void misuse(String why, Runnable call) {
    IllegalArgumentException error = assertThrows(IllegalArgumentException.class, call::run);
    assertTrue(message(error).contains(why), message(error));
  }

  private static RejectedException assertRejected(
      Reason reason, CompletableFuture<CommittedCheckpoint> outcome) {
    HydrantException failure = assertThrows(HydrantException.class, () -> await(outcome));
    RejectedException rejected = assertInstanceOf(RejectedException.class, failure);
    assertEquals(reason, rejected.reason());
    return rejected;
  }

  private static FakeStore.Content content(FakeServer server, long uid, long id) {
    return Objects.requireNonNull(server.store.checkpoint(uid, id));
  }

  private static int encodingOf(FakeStore.Content content, int region, long page) {
    return Objects.requireNonNull(content.pages.get(new FakeStore.Key(region, page))).encoding();
  }

  private static byte[] concat(byte[] one, byte[] other) {
    byte[] both = Arrays.copyOf(one, one.length + other.length);
    System.arraycopy(other, 0, both, one.length, other.length);
    return both;
  }
}
