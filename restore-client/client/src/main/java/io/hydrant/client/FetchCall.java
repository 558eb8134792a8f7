package io.hydrant.client;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.hydrant.v1.FetchRequest;
import io.hydrant.v1.FetchResponse;
import io.hydrant.v1.RestoreServiceGrpc;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One FetchPages call to one member. Guarded by the fetcher's lock; callbacks run on the network
 * thread and are short.
 */
final class FetchCall extends ClientCall.Listener<FetchResponse> {
  private static final MethodDescriptor<FetchRequest, FetchResponse> METHOD =
      AliasingMarshaller.answers(RestoreServiceGrpc.getFetchPagesMethod(), FetchResponse.parser());

  private final Member member;
  private final SessionSource source;
  private final Events events;
  private final ClientCall<FetchRequest, FetchResponse> call;
  private final Map<Long, PendingFetch> inFlight = new HashMap<>();
  private boolean introduced;

  /** In terms of {@link System#nanoTime}. */
  private long lastAnswerNanos = System.nanoTime();

  /** What comes from the network, or from within {@link #begin}. */
  interface Events {
    void answered(FetchCall call, FetchResponse answer);

    void ended(FetchCall call, Failure why);
  }

  FetchCall(Member member, SessionSource source, Events events) {
    this.member = member;
    this.source = source;
    this.events = events;
    this.call = member.demand().newCall(METHOD, CallOptions.DEFAULT);
  }

  void begin() {
    call.start(this, new Metadata());
    // What may come is bounded by what was asked for.
    call.request(Integer.MAX_VALUE);
  }

  Member member() {
    return member;
  }

  int inFlightCount() {
    return inFlight.size();
  }

  void ask(PendingFetch pending, long id) {
    pending.asked(this, id);
    inFlight.put(id, pending);
    FetchRequest.Builder request =
        FetchRequest.newBuilder()
            .setId(id)
            .setReadClass(pending.readClass)
            .setRegion(pending.region);
    for (long page : pending.pages) {
      request.addPage(page);
    }
    if (!introduced) {
      introduced = true;
      request.setToken(source.token());
    }
    call.sendMessage(request.build());
  }

  /** Null if it came too late, or twice. */
  @Nullable PendingFetch take(long id) {
    lastAnswerNanos = System.nanoTime();
    return inFlight.remove(id);
  }

  void forget(long id) {
    inFlight.remove(id);
  }

  /** All that is in flight; it is not any more. */
  List<PendingFetch> takeAll() {
    List<PendingFetch> all = List.copyOf(inFlight.values());
    inFlight.clear();
    return all;
  }

  boolean isSilentSince(long nanos) {
    return lastAnswerNanos - nanos < 0;
  }

  void cancel(String why) {
    call.cancel(why, null);
  }

  @Override
  public void onMessage(FetchResponse answer) {
    events.answered(this, answer);
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    events.ended(
        this,
        status.isOk()
            ? Failure.of(Status.UNAVAILABLE.withDescription("the server ended the stream"), null)
            : Failure.of(status, trailers));
  }
}
