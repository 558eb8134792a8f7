package io.hydrant.client;

import static io.hydrant.client.Protected.PAGE;
import static io.hydrant.client.Protected.await;
import static io.hydrant.client.RestoredImage.PAGES;
import static io.hydrant.client.RestoredImage.bytes;
import static io.hydrant.client.RestoredImage.outcome;
import static io.hydrant.client.RestoredImage.range;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.hydrant.client.Faults.Action;
import io.hydrant.v1.FetchResponse;
import io.hydrant.v1.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** PROTOCOL R11: what one replica cannot give is asked of another, and is never zeros. */
final class GroupReadsTest {
  private static RestoredImage restored(FakeGroup group) {
    return RestoredImage.open(group.servers.getFirst(), group.config());
  }

  private static void refuseFetches(Faults faults, Reason reason, AtomicInteger asked) {
    faults.fetched =
        answer -> {
          asked.incrementAndGet();
          return List.of(
              FetchResponse.newBuilder()
                  .setId(answer.getId())
                  .setReason(reason)
                  .setMessage("of " + answer.getId())
                  .build());
        };
  }

  private static void refuseStreams(Faults faults, Reason reason) {
    Status.Code code =
        switch (reason) {
          case REASON_DAMAGED -> Status.Code.DATA_LOSS;
          case REASON_NOT_INITIALISED -> Status.Code.FAILED_PRECONDITION;
          default -> Status.Code.UNAVAILABLE;
        };
    StatusRuntimeException refusal = FakeStore.refusal(reason, code, "not from me");
    faults.prefetched =
        _ -> {
          throw refusal;
        };
    faults.slim =
        _ -> {
          throw refusal;
        };
  }

  private static void requirePage(PageFetcher fetcher, long page) {
    ByteBuffer target = ByteBuffer.allocate(PAGE);
    assertEquals(outcome(0, page), fetcher.fetchInto(0, page, target));
    assertEquals(bytes(0, page), target.flip());
  }

  private static void requireAll(RestoredImage image) throws IOException {
    AtomicInteger pages = new AtomicInteger();
    image
        .session()
        .prefetch(
            List.of(range(0, 0, PAGES)),
            new PageSink() {
              @Override
              public void found(int region, long firstPage, ByteBuffer content) {
                for (int i = 0; i < content.remaining() / PAGE; i++) {
                  long page = firstPage + i;
                  assertEquals(PageOutcome.FOUND, outcome(region, page));
                  assertEquals(bytes(region, page), content.slice(i * PAGE, PAGE));
                  pages.incrementAndGet();
                }
              }

              @Override
              public void zero(int region, long firstPage, long count) {
                pages.addAndGet((int) count);
              }

              @Override
              public void notKept(int region, long firstPage, long count) {
                pages.addAndGet((int) count);
              }
            });
    assertEquals(PAGES, pages.get());
    assertArrayEquals(RestoredImage.slim(), image.session().slim());
  }

  @ParameterizedTest
  @CsvSource({
    "REASON_NOT_HERE, 1",
    "REASON_BEHIND, 1",
    "REASON_DAMAGED, 1",
    "REASON_NOT_HERE, 2",
    "REASON_DAMAGED, 2",
    "REASON_SHUTTING_DOWN, 2",
    "REASON_NOT_INITIALISED, 2"
  })
  void whatSomeMembersCannotGiveTheOthersCan(String name, int unable) throws IOException {
    Reason reason = Reason.valueOf(name);
    try (FakeGroup group = new FakeGroup();
        RestoredImage image = restored(group)) {
      AtomicInteger refused = new AtomicInteger();
      for (int server = 0; server < unable; server++) {
        refuseFetches(group.faults(server), reason, refused);
        refuseStreams(group.faults(server), reason);
      }
      PageFetcher fetcher = image.session().fetcher();
      for (int page = 0; page < 60; page++) {
        requirePage(fetcher, page);
      }
      assertTrue(refused.get() > 0, "the others were not asked at all");
      for (int i = 0; i < 3; i++) {
        requireAll(image);
      }
    }
  }

  @Test
  void damagedOnlyIfAllSaySo() {
    try (FakeGroup group = new FakeGroup();
        RestoredImage image = restored(group)) {
      List<AtomicInteger> asked =
          List.of(new AtomicInteger(), new AtomicInteger(), new AtomicInteger());
      for (int server = 0; server < 3; server++) {
        refuseFetches(group.faults(server), Reason.REASON_DAMAGED, asked.get(server));
        refuseStreams(group.faults(server), Reason.REASON_DAMAGED);
      }
      PageFetcher fetcher = image.session().fetcher();
      assertThrows(DamagedPageException.class, () -> await(fetcher.fetch(0, 3)));
      // More than once where a slow answer was hedged.
      asked.forEach(times -> assertTrue(times.get() > 0, "a server was not asked at all"));
      assertThrows(DamagedPageException.class, () -> requireAll(image));
      // One of them is only not there: it may hold a good copy.
      AtomicInteger behind = new AtomicInteger();
      group.faults(2).fetched =
          answer ->
              behind.incrementAndGet() > 2
                  ? List.of(answer)
                  : List.of(
                      FetchResponse.newBuilder()
                          .setId(answer.getId())
                          .setReason(Reason.REASON_BEHIND)
                          .build());
      requirePage(fetcher, 3);
    }
  }

  @Test
  void noneHasItWithinTheDeadline() {
    try (FakeGroup group = new FakeGroup();
        RestoredImage image = restored(group)) {
      AtomicInteger asked = new AtomicInteger();
      for (int server = 0; server < 3; server++) {
        refuseFetches(group.faults(server), Reason.REASON_NOT_HERE, asked);
      }
      PageFetcher fetcher = image.session().fetcher();
      assertThrows(UnavailableException.class, () -> await(fetcher.fetch(0, 3)));
      assertTrue(asked.get() < 1000, "asked " + asked.get() + " times");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void membersMayGoWhileARestoreRuns(boolean hung) throws IOException {
    try (FakeGroup group = new FakeGroup();
        RestoredImage image = restored(group)) {
      PageFetcher fetcher = image.session().fetcher();
      for (int page = 0; page < 200; page++) {
        if (page == 100) {
          if (hung) {
            group.faults(0).silent = true;
          } else {
            group.servers.getFirst().close();
          }
          group.elect(1, List.of(1, 2), null);
        }
        requirePage(fetcher, page);
      }
      for (int i = 0; i < 3; i++) {
        requireAll(image);
      }
      assertTrue(image.session().lost().isEmpty());
    }
  }

  /** Answers that take long are asked for twice, but not all of them. */
  @Test
  void hedgingIsBounded() {
    try (FakeGroup group = new FakeGroup();
        RestoredImage image = restored(group)) {
      AtomicInteger asked = new AtomicInteger();
      for (int server = 0; server < 3; server++) {
        group.faults(server).onFetch =
            _ -> {
              if (asked.incrementAndGet() % 3 == 0) {
                sleep(15);
              }
              return Action.PASS;
            };
      }
      PageFetcher fetcher = image.session().fetcher();
      for (int page = 0; page < 200; page++) {
        requirePage(fetcher, page);
      }
      assertTrue(asked.get() > 200 && asked.get() <= 211, "asked " + asked.get() + " times");
    }
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
