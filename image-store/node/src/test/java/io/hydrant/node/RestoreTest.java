package io.hydrant.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.hydrant.v1.CloseRestoreRequest;
import io.hydrant.v1.DeleteImageRequest;
import io.hydrant.v1.FetchRequest;
import io.hydrant.v1.FetchResponse;
import io.hydrant.v1.OpenRestoreRequest;
import io.hydrant.v1.OpenRestoreResponse;
import io.hydrant.v1.PageDigestsRequest;
import io.hydrant.v1.PageRange;
import io.hydrant.v1.Pages;
import io.hydrant.v1.PinnedDelete;
import io.hydrant.v1.PrefetchRequest;
import io.hydrant.v1.ReadClass;
import io.hydrant.v1.ReadSlimRequest;
import io.hydrant.v1.Reason;
import io.hydrant.v1.RenewRestoreRequest;
import io.hydrant.v1.RestoreServiceGrpc;
import io.hydrant.v1.StatsRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The way out: sessions, fetches, prefetch, and what is refused. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RestoreTest {
  private static final int PAGES = 8_192;

  private NodeFixture fixture;
  private TestImage image;
  private long full;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    fixture =
        new NodeFixture(
            directory, Map.of("restore.streams-max", "6", "restore.sessions-max", "40"));
    image = fixture.image("vm", PAGES);
    full = fixture.writeFull(image, 1);
  }

  @AfterAll
  void stop() throws Exception {
    fixture.close();
    assertEquals(List.of(), fixture.faults());
  }

  private void close(OpenRestoreResponse session) {
    fixture
        .restores()
        .closeRestore(CloseRestoreRequest.newBuilder().setToken(session.getToken()).build());
  }

  private static FetchRequest.Builder request(OpenRestoreResponse session, long... pages) {
    FetchRequest.Builder request =
        FetchRequest.newBuilder()
            .setToken(session.getToken())
            .setId(1)
            .setReadClass(ReadClass.READ_CLASS_FAULT);
    for (long page : pages) {
      request.addPage(page);
    }
    return request;
  }

  @Test
  void manyFetchesInFlightAreAllAnswered() throws Exception {
    OpenRestoreResponse session = fixture.openRestore(image, full);
    FetchCalls calls = new FetchCalls(fixture.channel());
    int count = 1_000;
    for (int i = 0; i < count; i++) {
      FetchRequest.Builder request = request(session, i * 7 % PAGES, i * 13 % PAGES).setId(i);
      calls.send(i == 0 ? request.build() : request.clearToken().build());
    }
    calls.halfClose();
    Map<Long, FetchResponse> answers = new HashMap<>();
    for (Object next = calls.next(); !next.equals("completed"); next = calls.next()) {
      FetchResponse answer = (FetchResponse) next;
      answers.put(answer.getId(), answer);
    }
    assertEquals(count, answers.size());
    answers.forEach((id, answer) -> {
      byte[] data = answer.getPages().getData().toByteArray();
      assertEquals(2 * Draft.PAGE_BYTES, data.length, answer::getMessage);
      assertEquals(
          ByteString.copyFrom(Draft.content(1, id * 13 % PAGES)),
          ByteString.copyFrom(data, Draft.PAGE_BYTES, Draft.PAGE_BYTES));
    });
    close(session);
  }

  @Test
  void anOversizedFetchIsRefusedAndTheStreamGoesOn() throws Exception {
    OpenRestoreResponse session = fixture.openRestore(image, full);
    FetchCalls calls = new FetchCalls(fixture.channel());
    FetchRequest.Builder request =
        request(session, 1).setToken(ByteString.copyFrom(new byte[2000]));
    assertEquals(Reason.REASON_LIMIT_EXCEEDED, calls.fetch(request.build()).getReason());
    assertTrue(calls.fetch(request(session, 0).build()).hasPages());
    calls.halfClose();
    assertEquals("completed", calls.next());
    close(session);
  }

  private void assertFetchRefused(Reason reason, FetchRequest.Builder request) throws Exception {
    FetchCalls calls = new FetchCalls(fixture.channel());
    OpenRestoreResponse session = fixture.openRestore(image, full);
    FetchResponse refused = calls.fetch(request.setToken(session.getToken()).build());
    assertEquals(reason, refused.getReason(), refused::toString);
    assertTrue(!refused.hasPages() && !refused.getMessage().isEmpty());
    // The stream goes on.
    assertTrue(calls.fetch(request(session, 0).build()).hasPages());
    calls.halfClose();
    assertEquals("completed", calls.next());
    close(session);
  }

  @Test
  void badFetchesAreRefusedOneByOne() throws Exception {
    OpenRestoreResponse any = OpenRestoreResponse.getDefaultInstance();
    assertFetchRefused(Reason.REASON_INVALID, request(any, PAGES));
    assertFetchRefused(Reason.REASON_INVALID, request(any, -1));
    assertFetchRefused(Reason.REASON_INVALID, request(any, 1).setRegion(1));
    assertFetchRefused(Reason.REASON_INVALID, request(any, 1).clearReadClass());
    assertFetchRefused(Reason.REASON_LIMIT_EXCEEDED, request(any));
    long[] many = new long[257];
    assertFetchRefused(Reason.REASON_LIMIT_EXCEEDED, request(any, many));
  }

  @Test
  void aStreamWithoutAValidTokenEnds() throws Exception {
    OpenRestoreResponse session = fixture.openRestore(image, full);
    FetchRequest none = request(session, 0).clearToken().build();
    assertStreamRefused(Reason.REASON_INVALID, Status.Code.INVALID_ARGUMENT, none);
    byte[] token = session.getToken().toByteArray();
    for (int i = 0; i < token.length; i++) {
      byte[] damaged = token.clone();
      damaged[i] ^= 4;
      assertStreamRefused(
          Reason.REASON_INVALID,
          Status.Code.INVALID_ARGUMENT,
          none.toBuilder().setToken(ByteString.copyFrom(damaged)).build());
    }
    FetchCalls calls = new FetchCalls(fixture.channel());
    assertTrue(calls.fetch(request(session, 0).build()).hasPages());
    OpenRestoreResponse other = fixture.openRestore(image, full);
    calls.send(request(other, 0).build());
    Failures.assertRefused(Reason.REASON_INVALID, Status.Code.INVALID_ARGUMENT, calls.next());
    close(session);
    close(other);
  }

  private void assertStreamRefused(Reason reason, Status.Code code, FetchRequest request)
      throws Exception {
    FetchCalls calls = new FetchCalls(fixture.channel());
    calls.send(request);
    Failures.assertRefused(reason, code, calls.next());
  }

  @Test
  void aClosedSessionReadsNothingAnyMore() throws Exception {
    OpenRestoreResponse session = fixture.openRestore(image, full);
    FetchCalls calls = new FetchCalls(fixture.channel());
    assertTrue(calls.fetch(request(session, 0).build()).hasPages());
    close(session);
    assertEquals(
        Reason.REASON_UNKNOWN_SESSION, calls.fetch(request(session, 0).build()).getReason());
    calls.halfClose();
    assertStreamRefused(
        Reason.REASON_UNKNOWN_SESSION, Status.Code.NOT_FOUND, request(session, 0).build());
    Failures.assertRefused(
        Reason.REASON_UNKNOWN_SESSION, Status.Code.NOT_FOUND, () -> close(session));
    Failures.assertRefused(
        Reason.REASON_UNKNOWN_SESSION,
        Status.Code.NOT_FOUND,
        () ->
            fixture
                .restores()
                .renewRestore(
                    RenewRestoreRequest.newBuilder().setToken(session.getToken()).build()));
    Failures.assertRefused(
        Reason.REASON_UNKNOWN_SESSION,
        Status.Code.NOT_FOUND,
        () ->
            fixture
                .restores()
                .readSlim(ReadSlimRequest.newBuilder().setToken(session.getToken()).build())
                .hasNext());
  }

  @Test
  void whatCannotBeRestoredIsNotOpened() throws Exception {
    Failures.assertRefused(
        Reason.REASON_UNKNOWN_CHECKPOINT,
        Status.Code.NOT_FOUND,
        () -> fixture.openRestore(image, 9_999));
    Failures.assertRefused(
        Reason.REASON_UNKNOWN_CHECKPOINT,
        Status.Code.NOT_FOUND,
        () -> fixture.openRestore(image, -1));
    Failures.assertRefused(
        Reason.REASON_UNKNOWN_IMAGE,
        Status.Code.NOT_FOUND,
        () -> fixture.openRestore(new TestImage(9_999, "", 0, 1), 0));
    WriteStream stream = new WriteStream(fixture.channel()).openOn(1, image, full);
    long open = stream.next().getOpened().getCheckpoint();
    Failures.assertRefused(
        Reason.REASON_NOT_COMMITTED,
        Status.Code.FAILED_PRECONDITION,
        () -> fixture.openRestore(image, open));
    stream.abort(1);
    stream.next();
    stream.halfClose();
    Failures.assertRefused(
        Reason.REASON_INVALID,
        Status.Code.INVALID_ARGUMENT,
        () ->
            fixture
                .restores()
                .openRestore(
                    OpenRestoreRequest.newBuilder()
                        .setImage(NodeFixture.ref(image))
                        .setLeaseMillis(1)
                        .build()));
    Failures.assertRefused(
        Reason.REASON_INVALID,
        Status.Code.INVALID_ARGUMENT,
        () ->
            fixture
                .restores()
                .openRestore(
                    OpenRestoreRequest.newBuilder()
                        .setImage(NodeFixture.ref(image))
                        .setRequestId(ByteString.copyFromUtf8("short"))
                        .build()));
  }

  @Test
  void aRepeatedOpenGetsTheSameSession() {
    OpenRestoreRequest request =
        OpenRestoreRequest.newBuilder()
            .setImage(NodeFixture.ref(image))
            .setRequestId(NodeFixture.token())
            .build();
    OpenRestoreResponse session = fixture.restores().openRestore(request);
    assertEquals(session.getToken(), fixture.restores().openRestore(request).getToken());
    assertEquals(60_000, session.getLeaseMillis());
    assertEquals(
        60_000,
        fixture
            .restores()
            .renewRestore(RenewRestoreRequest.newBuilder().setToken(session.getToken()).build())
            .getLeaseMillis());
    close(session);
  }

  @Test
  void aPinnedImageIsNotDeletedUnlessDeferred() throws Exception {
    TestImage other = fixture.image("doomed", 16);
    fixture.writeFull(other, 3);
    OpenRestoreResponse session = fixture.openRestore(other, 0);
    DeleteImageRequest delete =
        DeleteImageRequest.newBuilder().setImage(NodeFixture.ref(other)).build();
    Failures.assertRefused(
        Reason.REASON_PINNED,
        Status.Code.FAILED_PRECONDITION,
        () -> fixture.images().deleteImage(delete));
    assertTrue(
        !fixture
            .images()
            .deleteImage(delete.toBuilder().setWhenPinned(PinnedDelete.PINNED_DELETE_DEFER).build())
            .getDeleted());
    assertTrue(fixture.fetch(request(session, 3).build()).hasPages());
    close(session);
    Failures.assertRefused(
        Reason.REASON_UNKNOWN_IMAGE, Status.Code.NOT_FOUND, () -> fixture.openRestore(other, 0));
  }

  @Test
  void rangesBeyondTheRegionAreRefused() {
    OpenRestoreResponse session = fixture.openRestore(image, full);
    for (PageRange bad :
        List.of(
            PageRange.newBuilder().setFirstPage(PAGES - 1).setPageCount(2).build(),
            PageRange.newBuilder().setFirstPage(0).setPageCount(0).build(),
            PageRange.newBuilder().setFirstPage(-1).setPageCount(1).build(),
            PageRange.newBuilder().setFirstPage(1).setPageCount(Long.MAX_VALUE).build(),
            PageRange.newBuilder().setRegion(1).setPageCount(1).build())) {
      Failures.assertRefused(
          Reason.REASON_INVALID,
          Status.Code.INVALID_ARGUMENT,
          () -> fixture.restores().prefetch(prefetch(session).addRange(bad).build()).hasNext());
      Failures.assertRefused(
          Reason.REASON_INVALID,
          Status.Code.INVALID_ARGUMENT,
          () ->
              fixture
                  .restores()
                  .pageDigests(
                      PageDigestsRequest.newBuilder()
                          .setToken(session.getToken())
                          .setRange(bad)
                          .build())
                  .hasNext());
    }
    Failures.assertRefused(
        Reason.REASON_INVALID,
        Status.Code.INVALID_ARGUMENT,
        () -> fixture.restores().prefetch(prefetch(session).clearReadClass().build()).hasNext());
    assertTrue(!fixture.restores().prefetch(prefetch(session).build()).hasNext());
    close(session);
  }

  private static PrefetchRequest.Builder prefetch(OpenRestoreResponse session) {
    return PrefetchRequest.newBuilder()
        .setToken(session.getToken())
        .setReadClass(ReadClass.READ_CLASS_FILL);
  }

  /**
   * A client that takes nothing must cost the server no thread and no more than a bounded part of
   * memory.
   */
  @Test
  void aSlowClientHoldsNobodyUp() throws Exception {
    OpenRestoreResponse session = fixture.openRestore(image, full);
    AtomicInteger messages = new AtomicInteger();
    AtomicLong pages = new AtomicLong();
    CountDownLatch ended = new CountDownLatch(4);
    ClientCallStreamObserver<?>[] slow = new ClientCallStreamObserver<?>[4];
    long before = served();
    for (int i = 0; i < slow.length; i++) {
      int number = i;
      RestoreServiceGrpc.newStub(fixture.channel())
          .prefetch(
              prefetch(session).addRange(PageRange.newBuilder().setPageCount(PAGES)).build(),
              new ClientResponseObserver<PrefetchRequest, Pages>() {
                @Override
                public void beforeStart(ClientCallStreamObserver<PrefetchRequest> call) {
                  call.disableAutoRequestWithInitial(1);
                  slow[number] = call;
                }

                @Override
                public void onNext(Pages part) {
                  messages.incrementAndGet();
                  pages.addAndGet(part.getPageCount());
                }

                @Override
                public void onError(Throwable failure) {
                  throw new AssertionError(failure);
                }

                @Override
                public void onCompleted() {
                  ended.countDown();
                }
              });
    }
    awaitQuiet();
    // Each stream has sent what the windows take, far from its 32 messages.
    assertTrue(served() - before < 4L * 16 * 256, "served " + (served() - before));
    assertTrue(
        fixture.restores().prefetch(prefetch(session).addRange(range(7)).build()).hasNext(),
        "others are served meanwhile");
    for (ClientCallStreamObserver<?> call : slow) {
      call.request(Integer.MAX_VALUE);
    }
    assertTrue(ended.await(10, TimeUnit.SECONDS));
    assertEquals(4L * PAGES, pages.get());
    close(session);
  }

  private static PageRange range(long page) {
    return PageRange.newBuilder().setFirstPage(page).setPageCount(1).build();
  }

  private long served() {
    return fixture
        .server()
        .stats(StatsRequest.getDefaultInstance())
        .getCountersOrThrow("served_fill_page_count");
  }

  private void awaitQuiet() throws InterruptedException {
    long last = -1;
    for (long now = served(); now != last; now = served()) {
      last = now;
      Thread.sleep(200);
    }
  }

  @Test
  void moreStreamsThanAllowedAreRefused() throws Exception {
    OpenRestoreResponse session = fixture.openRestore(image, full);
    List<FetchCalls> open = new ArrayList<>();
    StatusRuntimeException refused = null;
    for (int i = 0; i < 7 && refused == null; i++) {
      FetchCalls calls = new FetchCalls(fixture.channel());
      calls.send(request(session, i).build());
      if (calls.next() instanceof StatusRuntimeException failure) {
        refused = failure;
      } else {
        open.add(calls);
      }
    }
    Failures.assertRefused(
        Reason.REASON_OVERLOADED, Status.Code.RESOURCE_EXHAUSTED, Objects.requireNonNull(refused));
    for (FetchCalls calls : open) {
      calls.halfClose();
      assertEquals("completed", calls.next());
    }
    close(session);
  }

  @Test
  void moreSessionsThanAllowedAreRefused() {
    List<OpenRestoreResponse> open = new ArrayList<>();
    try {
      Failures.assertRefused(
          Reason.REASON_OVERLOADED,
          Status.Code.RESOURCE_EXHAUSTED,
          () -> {
            for (int i = 0; i <= 40; i++) {
              open.add(fixture.openRestore(image, full));
            }
          });
    } finally {
      open.forEach(this::close);
    }
  }
}
