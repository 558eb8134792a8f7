package io.hydrant.node.restore;

import com.google.protobuf.ByteString;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.store.PageBatch;
import io.hydrant.engine.store.PageReader;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.Refusal;
import io.hydrant.node.api.ApiErrors;
import io.hydrant.node.api.ApiException;
import io.hydrant.v1.FetchRequest;
import io.hydrant.v1.FetchResponse;
import io.hydrant.v1.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One FetchPages stream. A request is read and answered on the thread on which gRPC delivers it,
 * without another hop, as long as the stream's turn lasts ({@link Turns}); behind it, and while the
 * client does not take its answers, requests wait, at most the window. Called by gRPC, one call at
 * a time, and by the pool.
 */
final class FetchStream implements StreamObserver<FetchRequest> {
  /**
   * Requests received and not answered: enough to keep the thread busy over the network's round
   * trip. Requests are small; what is bounded here is how many wait for a slow client.
   */
  static final int WINDOW_REQUESTS = 64;

  /**
   * Of one request: its pages at ten bytes each and a token, twice over. So a stream's requests
   * that wait hold at most half a MiB.
   */
  static final int REQUEST_BYTES_MAX = 8 << 10;

  /** Many times a real one's. */
  private static final int TOKEN_BYTES_MAX = 1 << 10;

  private final RestoreReads reads;
  private final ServerCallStreamObserver<FetchResponse> observer;
  private final Turns turns;
  private final ConcurrentLinkedQueue<Waiting> waiting = new ConcurrentLinkedQueue<>();
  private volatile boolean halfClosed;
  private volatile boolean ended;

  // Of the thread that answers.
  private @Nullable ReadPoint point;
  private ByteString token = ByteString.EMPTY;

  /**
   * A request to be answered.
   *
   * @param refusal why it was not kept whole; null if it was
   */
  private record Waiting(FetchRequest request, @Nullable ApiException refusal) {}

  FetchStream(RestoreReads reads, Executor pool, ServerCallStreamObserver<FetchResponse> observer) {
    this.reads = reads;
    this.observer = observer;
    this.turns = new Turns(pool, this::piece);
  }

  /** Within the service method, because only there handlers may be set. */
  void start(int sendAheadBytes, Runnable onEnd) {
    observer.disableAutoRequest();
    observer.setOnReadyThreshold(sendAheadBytes);
    observer.setOnCancelHandler(onEnd);
    observer.setOnCloseHandler(onEnd);
    observer.setOnReadyHandler(turns::wake);
    observer.request(WINDOW_REQUESTS);
  }

  @Override
  public void onNext(FetchRequest request) {
    waiting.add(admitted(request));
    turns.wake();
  }

  /** What must not wait, because it is too large, is refused before it does. */
  private static Waiting admitted(FetchRequest request) {
    if (request.getToken().size() > TOKEN_BYTES_MAX) {
      return refused(
          FetchRequest.newBuilder().setId(request.getId()),
          "token of %d bytes: that is not the one that OpenRestore gave"
              .formatted(request.getToken().size()));
    }
    FetchRequest.Builder kept =
        FetchRequest.newBuilder().setId(request.getId()).setToken(request.getToken());
    if (request.getPageCount() > PageReader.PAGES_MAX) {
      return refused(
          kept,
          "%d pages; a FetchRequest has at most %d, send several"
              .formatted(request.getPageCount(), PageReader.PAGES_MAX));
    }
    if (request.getSerializedSize() > REQUEST_BYTES_MAX) {
      return refused(
          kept,
          "a FetchRequest of %d bytes, of which most are no field of it; at most %d are read"
              .formatted(request.getSerializedSize(), REQUEST_BYTES_MAX));
    }
    return new Waiting(request, null);
  }

  private static Waiting refused(FetchRequest.Builder kept, String why) {
    return new Waiting(kept.build(), new ApiException(Reason.REASON_LIMIT_EXCEEDED, why));
  }

  @Override
  public void onError(Throwable failure) {
    ended = true;
    waiting.clear();
  }

  @Override
  public void onCompleted() {
    halfClosed = true;
    turns.wake();
  }

  /** Answers the next request. */
  private long piece() {
    if (ended || observer.isCancelled()) {
      waiting.clear();
      return Turns.NOTHING;
    }
    // Before the look at the queue: nothing is added behind it.
    boolean last = halfClosed;
    if (!observer.isReady() && !waiting.isEmpty()) {
      return Turns.NOTHING;
    }
    Waiting next = waiting.poll();
    if (next != null) {
      return answer(next.request(), next.refusal());
    }
    if (last) {
      ended = true;
      observer.onCompleted();
    }
    return Turns.NOTHING;
  }

  private long answer(FetchRequest request, @Nullable ApiException refusal) {
    FetchResponse.Builder response = FetchResponse.newBuilder().setId(request.getId());
    try {
      if (refusal != null && request.getToken().isEmpty()) {
        throw refusal;
      }
      ReadPoint current = begin(request);
      if (current == null) {
        return Turns.NOTHING;
      }
      if (refusal != null) {
        throw refusal;
      }
      read(current, request, response);
    } catch (Refusal | IOException | RuntimeException e) {
      reads.counters().refused();
      ApiErrors.Answer answer = ApiErrors.answer(e);
      response.setReason(answer.reason()).setMessage(answer.message());
    }
    FetchResponse answer = response.build();
    observer.onNext(answer);
    observer.request(1);
    return answer.getSerializedSize();
  }

  /** What the stream reads, by the token of its first message; null: the stream was ended. */
  private @Nullable ReadPoint begin(FetchRequest request) {
    try {
      if (point == null) {
        token = request.getToken();
        point = reads.sessions().readPoint(token);
      } else if (!request.getToken().isEmpty() && !request.getToken().equals(token)) {
        throw ApiException.invalid("token: a stream belongs to one session; open another stream");
      }
      return point;
    } catch (Refusal | RuntimeException e) {
      ended = true;
      waiting.clear();
      observer.onError(ApiErrors.status(e));
      return null;
    }
  }

  private void read(ReadPoint current, FetchRequest request, FetchResponse.Builder response)
      throws Refusal, IOException {
    if (!RestoreCounters.isGiven(request.getReadClass())) {
      throw ApiException.invalid("read_class must be given");
    }
    RegionTable regions = current.checkpoint().regions();
    int count = request.getPageCount();
    int pageBytes =
        regions.has(request.getRegion()) ? regions.get(request.getRegion()).pageBytes() : 0;
    long[] pages = new long[count];
    for (int i = 0; i < count; i++) {
      pages[i] = request.getPage(i);
    }
    ByteBuffer target = reads.buffer(pageBytes);
    PageBatch batch = reads.pages().read(current, request.getRegion(), pages, target);
    reads.sessions().requireLive(current.session().id());
    target.flip();
    reads.counters().served(request.getReadClass(), count, target.remaining());
    response.setPages(PageMessages.pages(request.getRegion(), batch, target));
  }
}
