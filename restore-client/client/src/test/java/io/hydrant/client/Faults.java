package io.hydrant.client;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.hydrant.v1.BeginRestorePart;
import io.hydrant.v1.FetchRequest;
import io.hydrant.v1.FetchResponse;
import io.hydrant.v1.PageDigestPart;
import io.hydrant.v1.Pages;
import io.hydrant.v1.ServerInfo;
import io.hydrant.v1.SettleResponse;
import io.hydrant.v1.SlimPart;
import io.hydrant.v1.WriteCheckpointRequest;
import io.hydrant.v1.WriteCheckpointResponse;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What a fake server does wrong. Set before the calls that it concerns. */
final class Faults {
  enum Action {
    PASS,
    /** Ends the stream, a write stream with {@link Faults#breaking}. */
    BREAK,
    /** Acts as if it had not come, or sends nothing. */
    SWALLOW
  }

  /** Before a request of a write stream takes effect. */
  volatile Function<WriteCheckpointRequest, Action> onRequest = _ -> Action.PASS;

  volatile StatusRuntimeException breaking =
      Status.UNAVAILABLE.withDescription("fault").asRuntimeException();

  /** After an answer's cause took effect, before the answer is sent. */
  volatile Function<WriteCheckpointResponse, Action> onResponse = _ -> Action.PASS;

  /** Replaces an answer of a write stream. */
  volatile UnaryOperator<WriteCheckpointResponse> response = UnaryOperator.identity();

  /** Replaces an answer to Settle; null: UNAVAILABLE. */
  volatile Function<SettleResponse, @Nullable SettleResponse> settle = answer -> answer;

  volatile Function<FetchRequest, Action> onFetch = _ -> Action.PASS;
  volatile Function<FetchResponse, List<FetchResponse>> fetched = List::of;

  /** Null: break the stream. */
  volatile Function<Pages, @Nullable Pages> prefetched = pages -> pages;

  volatile Function<SlimPart, @Nullable SlimPart> slim = part -> part;
  volatile Function<PageDigestPart, @Nullable PageDigestPart> digests = part -> part;

  /** Replaces what begins a restore, part by part; null: break the stream. */
  volatile Function<BeginRestorePart, @Nullable BeginRestorePart> begun = part -> part;

  /** Throws to refuse a unary call; gets the method's name. */
  volatile Consumer<String> unary = _ -> {};

  /** How a member that does not lead refuses what only the leader may do; null: it leads. */
  volatile @Nullable Supplier<StatusRuntimeException> notLeading;

  /** As if it were stopped: takes calls, and never answers. */
  volatile boolean silent;

  volatile ServerInfo info =
      ServerInfo.newBuilder().setVersion("fake").putLimits("batch_bytes", 1 << 20).build();

  /** Whether the write stream reads on. */
  volatile boolean readsRequests = true;

  volatile int prefetchPagesPerMessage = 256;
  volatile int leaseMillis = 60_000;
}
