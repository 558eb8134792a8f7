package io.hydrant.node.restore;

import com.google.protobuf.ByteString;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.store.PageBatch;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.Refusal;
import io.hydrant.node.api.ApiErrors;
import io.hydrant.node.api.ApiException;
import io.hydrant.v1.FetchRequest;
import io.hydrant.v1.FetchResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * One FetchPages stream. A request is read and answered on the thread on which gRPC delivers it,
 * without another hop; while the client does not take its answers, requests wait, at most the
 * window. Called by gRPC, one call at a time.
 */
final class FetchStream implements StreamObserver<FetchRequest> {
  /**
   * Requests received and not answered: enough to keep the thread busy over the network's round
   * trip. Requests are small; what is bounded here is how many wait for a slow client.
   */
  static final int WINDOW_REQUESTS = 64;

  private final RestoreReads reads;
  private final ServerCallStreamObserver<FetchResponse> observer;
  private final ArrayDeque<FetchRequest> waiting = new ArrayDeque<>();
  private @Nullable ReadPoint point;
  private ByteString token = ByteString.EMPTY;
  private boolean halfClosed;
  private boolean ended;

  FetchStream(RestoreReads reads, ServerCallStreamObserver<FetchResponse> observer) {
    this.reads = reads;
    this.observer = observer;
  }

  /** Within the service method, because only there handlers may be set. */
  void start(int sendAheadBytes, Runnable onEnd) {
    observer.disableAutoRequest();
    observer.setOnReadyThreshold(sendAheadBytes);
    observer.setOnCancelHandler(onEnd);
    observer.setOnCloseHandler(onEnd);
    observer.setOnReadyHandler(this::answerWaiting);
    observer.request(WINDOW_REQUESTS);
  }

  @Override
  public void onNext(FetchRequest request) {
    if (waiting.isEmpty() && observer.isReady()) {
      answer(request);
    } else {
      waiting.add(request);
    }
  }

  @Override
  public void onError(Throwable failure) {
    ended = true;
    waiting.clear();
  }

  @Override
  public void onCompleted() {
    halfClosed = true;
    answerWaiting();
  }

  private void answerWaiting() {
    while (!waiting.isEmpty() && !ended && observer.isReady()) {
      answer(waiting.remove());
    }
    if (halfClosed && waiting.isEmpty() && !ended) {
      ended = true;
      observer.onCompleted();
    }
  }

  private void answer(FetchRequest request) {
    if (ended || observer.isCancelled()) {
      return;
    }
    ReadPoint current = begin(request);
    if (current == null) {
      return;
    }
    FetchResponse.Builder response = FetchResponse.newBuilder().setId(request.getId());
    try {
      read(current, request, response);
    } catch (Refusal | IOException | RuntimeException e) {
      reads.counters().refused();
      ApiErrors.Answer answer = ApiErrors.answer(e);
      response.setReason(answer.reason()).setMessage(answer.message());
    }
    observer.onNext(response.build());
    observer.request(1);
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
