package io.hydrant.client;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.hydrant.v1.FetchRequest;
import io.hydrant.v1.FetchResponse;
import io.hydrant.v1.ReadClass;
import io.hydrant.v1.Reason;
import io.hydrant.v1.Region;
import io.hydrant.v1.RestoreServiceGrpc;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Fetches pages on demand over a connection of its own: many requests in flight, answered in any
 * order. Every page is checked before it is handed out. A broken connection is made anew and what
 * was in flight asked again, until {@link Deadlines#fetch}.
 *
 * <p><b>Bounds.</b> Content asked for and not answered stays below {@link Budgets#fetchBytes}: a
 * fetch beyond it waits for earlier ones, within its deadline.
 *
 * <p><b>Errors.</b> {@link DamagedPageException}: never try to go on without the page. {@link
 * UnavailableException}: no good answer within the deadline. {@link RejectedException}: for
 * instance the session has expired.
 *
 * <p>Safe for use by several threads.
 */
public final class PageFetcher implements AutoCloseable {
  /** The API's bounds of one request. */
  public static final int PAGES_MAX = 256;

  public static final int CONTENT_BYTES_MAX = 1 << 20;

  private static final int PERMIT_BYTES = Regions.PAGE_BYTES;

  private static final MethodDescriptor<FetchRequest, FetchResponse> METHOD =
      AliasingMarshaller.answers(RestoreServiceGrpc.getFetchPagesMethod(), FetchResponse.parser());

  private final SessionSource source;
  private final Connections connections;
  private final long limitNanos;
  private final Semaphore room;

  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Call current;
  private long lastId;

  /** Failures since the last good answer: the backoff's step. */
  private int failures;

  private boolean closed;

  PageFetcher(SessionSource source) {
    this.source = source;
    this.connections = source.connections();
    this.limitNanos = connections.config().deadlines().fetch().toNanos();
    this.room = new Semaphore(connections.config().budgets().fetchBytes() / PERMIT_BYTES);
    connections.members().leader().demand().getState(true); // connects now, not at the first fault
  }

  /** Fetches pages at the urgency of a fault; see {@link #fetch(ReadClass, int, long[])}. */
  public CompletableFuture<FetchedPages> fetch(int region, long... pages) {
    return fetch(ReadClass.READ_CLASS_FAULT, region, pages);
  }

  /**
   * Fetches pages.
   *
   * @param pages 1 to {@value #PAGES_MAX} of one region, at most 1 MiB of content or one page, in
   *     any order
   * @return completes on a thread that may block; fails with a {@link HydrantException}. Cancelling
   *     it does not call the request back.
   */
  public CompletableFuture<FetchedPages> fetch(ReadClass readClass, int region, long... pages) {
    PendingFetch pending = submit(readClass, region, pages.clone());
    CompletableFuture<FetchedPages> result = new CompletableFuture<>();
    pending
        .answer
        .orTimeout(Math.max(1, pending.deadlineNanos - System.nanoTime()), TimeUnit.NANOSECONDS)
        .whenComplete(
            (answer, failure) -> connections.run(() -> finish(pending, answer, failure, result)));
    return result;
  }

  /**
   * Fetches one page with the least delay: no thread but the network's is between the caller and
   * the server.
   *
   * @param target gets the page's bytes at its position, which moves behind them; zeros if the page
   *     is known to be zero or not kept. Unchanged if this throws.
   * @throws HydrantException no page was served
   */
  public PageOutcome fetchInto(int region, long page, ByteBuffer target) {
    if (target.remaining() < source.region(region).getPageBytes()) {
      throw new IllegalArgumentException(
          "the target has room for %d bytes, a page of region %d has %d"
              .formatted(target.remaining(), region, source.region(region).getPageBytes()));
    }
    PendingFetch pending = submit(ReadClass.READ_CLASS_FAULT, region, new long[] {page});
    FetchedPages fetched = check(pending, await(pending));
    fetched.copyTo(0, target);
    return fetched.outcome(0);
  }

  /** Ends the stream; what is in flight fails with {@link CancelledException}. */
  @Override
  public void close() {
    Call call;
    lock.lock();
    try {
      closed = true;
      call = current;
      current = null;
    } finally {
      lock.unlock();
    }
    if (call != null) {
      call.cancel("the fetcher was closed");
    }
  }

  private void finish(
      PendingFetch pending,
      @Nullable FetchResponse answer,
      @Nullable Throwable failure,
      CompletableFuture<FetchedPages> result) {
    try {
      if (answer == null) {
        throw failureOf(pending, failure);
      }
      result.complete(check(pending, answer));
    } catch (RuntimeException e) {
      result.completeExceptionally(e);
    }
  }

  private FetchResponse await(PendingFetch pending) {
    try {
      long leftNanos = pending.deadlineNanos - System.nanoTime();
      return pending.answer.get(leftNanos, TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw failureOf(pending, e.getCause());
    } catch (TimeoutException e) {
      pending.answer.completeExceptionally(e);
      throw failureOf(pending, e);
    } catch (InterruptedException e) {
      pending.answer.completeExceptionally(e);
      Thread.currentThread().interrupt();
      throw new CancelledException(what(pending) + ": interrupted", e);
    }
  }

  private HydrantException failureOf(PendingFetch pending, @Nullable Throwable failure) {
    return switch (failure) {
      case HydrantException known -> known;
      case TimeoutException e ->
          new UnavailableException(
              what(pending)
                  + ": no answer within "
                  + connections.config().deadlines().fetch()
                  + "; check the server and the connection, and fetch again",
              e);
      case null, default -> new UnavailableException(what(pending) + ": " + failure, failure);
    };
  }

  private FetchedPages check(PendingFetch pending, FetchResponse answer) {
    if (answer.getReason() != Reason.REASON_UNSPECIFIED) {
      throw Failure.of(answer.getReason(), answer.getMessage()).toException(what(pending));
    }
    PageVerifier verifier = source.verifiers().take();
    try {
      return FetchedPages.of(source, verifier, answer.getPages(), pending.region, pending.pages);
    } finally {
      source.verifiers().giveBack(verifier);
    }
  }

  private String what(PendingFetch pending) {
    return pending.pages.length == 1
        ? "%s: fetching page %d of region %d"
            .formatted(source.name(), pending.pages[0], pending.region)
        : "%s: fetching %d pages of region %d"
            .formatted(source.name(), pending.pages.length, pending.region);
  }

  // ---- sending ----

  private PendingFetch submit(ReadClass readClass, int region, long[] pages) {
    Region spec = source.region(region);
    long contentBytes = (long) pages.length * spec.getPageBytes();
    if (pages.length < 1
        || pages.length > PAGES_MAX
        || (contentBytes > CONTENT_BYTES_MAX && pages.length > 1)) {
      throw new IllegalArgumentException(
          "a fetch asks for 1 to %d pages and at most %d bytes of content, not for %d pages of %d"
              .formatted(PAGES_MAX, CONTENT_BYTES_MAX, pages.length, spec.getPageBytes()));
    }
    for (long page : pages) {
      source.requirePages(region, page, 1);
    }
    PendingFetch pending =
        new PendingFetch(readClass, region, pages, System.nanoTime() + limitNanos);
    int permits = (int) (contentBytes / PERMIT_BYTES);
    takeRoom(pending, permits);
    pending.answer.whenComplete((_, failure) -> release(pending, permits, failure));
    send(pending);
    return pending;
  }

  private void takeRoom(PendingFetch pending, int permits) {
    if (room.tryAcquire(permits)) {
      return;
    }
    try {
      if (!room.tryAcquire(permits, limitNanos, TimeUnit.NANOSECONDS)) {
        throw new UnavailableException(
            what(pending)
                + ": earlier fetches have filled the budget of bytes in flight for "
                + connections.config().deadlines().fetch(),
            null);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException(what(pending) + ": interrupted", e);
    }
  }

  private void release(PendingFetch pending, int permits, @Nullable Throwable failure) {
    room.release(permits);
    Call silent = null;
    lock.lock();
    try {
      Call call = current;
      if (call != null
          && call.inFlight.remove(pending.id, pending)
          && failure instanceof TimeoutException
          && call.lastAnswerNanos - pending.sentNanos < 0) {
        // Nothing at all came since it was asked: what follows goes on a fresh call, and what else
        // is in flight is asked again there.
        silent = call;
        current = null;
      }
    } finally {
      lock.unlock();
    }
    if (silent != null) {
      silent.cancel("no answer came within the deadline of a fetch");
    }
  }

  private void send(PendingFetch pending) {
    lock.lock();
    try {
      if (closed || connections.isClosed()) {
        throw new CancelledException(what(pending) + ": the fetcher is closed", null);
      }
      Call call = current;
      boolean first = call == null;
      if (call == null) {
        call = new Call();
        current = call;
        call.begin();
        Failure refused = call.failure;
        if (refused != null) {
          // Where no server answers, gRPC ends a call from within its start: asking it would be
          // heard by nobody.
          pending.attempts++;
          repeat(List.of(pending), refused);
          return;
        }
      }
      call.ask(pending, first);
    } catch (RuntimeException e) {
      pending.answer.completeExceptionally(e);
    } finally {
      lock.unlock();
    }
  }

  /** Asks again after a pause, or gives up if the deadline would pass. */
  private void repeat(List<PendingFetch> broken, Failure failure) {
    List<PendingFetch> again = new ArrayList<>();
    RetryPolicy retries = connections.config().retries();
    for (PendingFetch pending : broken) {
      boolean tooOften = pending.attempts >= retries.attemptsMax();
      if (!failure.retryable() || tooOften) {
        pending.answer.completeExceptionally(failure.toException(what(pending)));
      } else {
        again.add(pending);
      }
    }
    if (again.isEmpty()) {
      return;
    }
    long pauseNanos = retries.pauseNanos(countFailure(), ThreadLocalRandom.current());
    connections.run(() -> {
      pause(pauseNanos);
      for (PendingFetch pending : again) {
        if (pending.deadlineNanos - System.nanoTime() <= 0) {
          pending.answer.completeExceptionally(failure.toException(what(pending)));
        } else if (!pending.answer.isDone()) {
          send(pending);
        }
      }
    });
  }

  private int countFailure() {
    lock.lock();
    try {
      return ++failures;
    } finally {
      lock.unlock();
    }
  }

  private void pause(long nanos) {
    try {
      TimeUnit.NANOSECONDS.sleep(nanos);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    connections.members().leader().demand().resetConnectBackoff();
  }

  /** One FetchPages call. Its callbacks run on the network thread and are short. */
  private final class Call extends ClientCall.Listener<FetchResponse> {
    private final Map<Long, PendingFetch> inFlight = new HashMap<>();
    private final ClientCall<FetchRequest, FetchResponse> call =
        connections.members().leader().demand().newCall(METHOD, CallOptions.DEFAULT);

    /** In terms of {@link System#nanoTime}; guarded by the fetcher's lock. */
    private long lastAnswerNanos = System.nanoTime();

    /** Why it has ended, if it has; guarded by the fetcher's lock. */
    private @Nullable Failure failure;

    void begin() {
      call.start(this, new Metadata());
      // What may come is bounded by what was asked for.
      call.request(Integer.MAX_VALUE);
    }

    void ask(PendingFetch pending, boolean first) {
      pending.id = ++lastId;
      pending.attempts++;
      pending.sentNanos = System.nanoTime();
      inFlight.put(pending.id, pending);
      FetchRequest.Builder request =
          FetchRequest.newBuilder()
              .setId(pending.id)
              .setReadClass(pending.readClass)
              .setRegion(pending.region);
      for (long page : pending.pages) {
        request.addPage(page);
      }
      if (first) {
        request.setToken(source.token());
      }
      call.sendMessage(request.build());
    }

    void cancel(String why) {
      call.cancel(why, null);
    }

    @Override
    public void onMessage(FetchResponse answer) {
      PendingFetch pending;
      lock.lock();
      try {
        lastAnswerNanos = System.nanoTime();
        pending = inFlight.remove(answer.getId());
        if (answer.getReason() == Reason.REASON_UNSPECIFIED) {
          failures = 0;
        }
      } finally {
        lock.unlock();
      }
      if (pending == null) {
        return; // too late, or sent twice
      }
      if (answer.getReason() != Reason.REASON_UNSPECIFIED) {
        Failure failure = Failure.of(answer.getReason(), answer.getMessage());
        if (failure.retryable()) {
          repeat(List.of(pending), failure);
          return;
        }
      }
      pending.answer.complete(answer);
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      List<PendingFetch> broken;
      boolean given;
      Failure why =
          status.isOk()
              ? Failure.of(Status.UNAVAILABLE.withDescription("the server ended the stream"), null)
              : Failure.of(status, trailers);
      lock.lock();
      try {
        failure = why;
        if (current == this) {
          current = null;
        }
        broken = List.copyOf(inFlight.values());
        inFlight.clear();
        given = closed || connections.isClosed();
      } finally {
        lock.unlock();
      }
      if (given) {
        for (PendingFetch pending : broken) {
          pending.answer.completeExceptionally(
              new CancelledException(what(pending) + ": the fetcher was closed", null));
        }
        return;
      }
      repeat(broken, why);
    }
  }
}
