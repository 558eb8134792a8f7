package io.hydrant.client;

import io.hydrant.v1.FetchResponse;
import io.hydrant.v1.ReadClass;
import io.hydrant.v1.Reason;
import io.hydrant.v1.Region;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Fetches pages on demand over connections of their own: many requests in flight, answered in any
 * order. Every page is checked before it is handed out. A broken connection is made anew and what
 * was in flight asked again, until {@link Deadlines#fetch}.
 *
 * <p>Of a group, each fetch asks the member that should answer first. What one cannot give (not
 * here, behind, damaged, gone) the next is asked for at once; where an answer takes long, a second
 * member is asked as well, for few fetches. A page is damaged only if all members say so.
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

  private final SessionSource source;
  private final Connections connections;
  private final long limitNanos;
  private final Semaphore room;

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Member, FetchCall> calls = new HashMap<>();
  private final FetchTargets targets;
  private final FetchCall.Events events = new Answers();
  private long lastId;

  /** Failures since the last good answer: the backoff's step. */
  private int failures;

  /** Why the call that ended last has ended. */
  private Failure endedWith = Failure.of(Reason.REASON_NO_LEADER, "");

  private boolean closed;

  PageFetcher(SessionSource source) {
    this.source = source;
    this.connections = source.connections();
    this.limitNanos = connections.config().deadlines().fetch().toNanos();
    this.room = new Semaphore(connections.config().budgets().fetchBytes() / PERMIT_BYTES);
    this.targets = new FetchTargets(connections.members());
    for (Member member : connections.members().all()) {
      member.demand().getState(true); // connects now, not at the first fault
    }
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
    return answer(submit(readClass, region, pages.clone(), true));
  }

  /**
   * As the other one, but never waits: for what is only a guess.
   *
   * @return null if earlier fetches have filled the budget
   */
  public @Nullable CompletableFuture<FetchedPages> fetchIfRoom(
      ReadClass readClass, int region, long... pages) {
    PendingFetch pending = submit(readClass, region, pages.clone(), false);
    return pending == null ? null : answer(pending);
  }

  private CompletableFuture<FetchedPages> answer(@Nullable PendingFetch submitted) {
    PendingFetch pending = Objects.requireNonNull(submitted);
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
    return fetchInto(region, page, target, () -> {});
  }

  /**
   * As the other one, and does something else while the page is on its way.
   *
   * @param meanwhile runs on this thread when the request is sent, and must not block; for instance
   *     asks for what is wanted less
   */
  public PageOutcome fetchInto(int region, long page, ByteBuffer target, Runnable meanwhile) {
    if (target.remaining() < source.region(region).getPageBytes()) {
      throw new IllegalArgumentException(
          "the target has room for %d bytes, a page of region %d has %d"
              .formatted(target.remaining(), region, source.region(region).getPageBytes()));
    }
    PendingFetch pending =
        Objects.requireNonNull(submit(ReadClass.READ_CLASS_FAULT, region, new long[] {page}, true));
    meanwhile.run();
    FetchedPages fetched = check(pending, await(pending));
    fetched.copyTo(0, target);
    return fetched.outcome(0);
  }

  /** Ends the stream; what is in flight fails with {@link CancelledException}. */
  @Override
  public void close() {
    List<FetchCall> open;
    lock.lock();
    try {
      closed = true;
      open = List.copyOf(calls.values());
      calls.clear();
    } finally {
      lock.unlock();
    }
    open.forEach(call -> call.cancel("the fetcher was closed"));
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

  /**
   * @param waits for room; else null if there is none
   */
  private @Nullable PendingFetch submit(
      ReadClass readClass, int region, long[] pages, boolean waits) {
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
        new PendingFetch(
            readClass,
            region,
            pages,
            System.nanoTime() + limitNanos,
            new ReadRound(connections.members()));
    int permits = (int) (contentBytes / PERMIT_BYTES);
    if (!waits) {
      if (!room.tryAcquire(permits)) {
        return null;
      }
    } else {
      takeRoom(pending, permits);
    }
    pending.answer.whenComplete((_, failure) -> release(pending, permits, failure));
    send(pending, choose());
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

  private Member choose() {
    lock.lock();
    try {
      return targets.choose(this::inFlight);
    } finally {
      lock.unlock();
    }
  }

  /** Under the lock. */
  private int inFlight(Member member) {
    FetchCall call = calls.get(member);
    return call == null ? 0 : call.inFlightCount();
  }

  private void release(PendingFetch pending, int permits, @Nullable Throwable failure) {
    room.release(permits);
    List<FetchCall> silent = new ArrayList<>();
    lock.lock();
    try {
      pending.waiting.forEach((call, asked) -> {
        call.forget(asked.id());
        // Nothing at all came since it was asked: what follows goes on a fresh call, and what else
        // is in flight is asked again there.
        if (failure instanceof TimeoutException && isSilent(call, asked)) {
          silent.add(call);
        }
      });
      pending.waiting.clear();
      silent.forEach(this::leave);
    } finally {
      lock.unlock();
    }
    silent.forEach(call -> call.cancel("no answer came within the deadline of a fetch"));
  }

  /** Under the lock. */
  private boolean isSilent(FetchCall call, PendingFetch.Asked asked) {
    return calls.get(call.member()) == call && call.isSilentSince(asked.sentNanos());
  }

  /** Under the lock. */
  private void leave(FetchCall call) {
    calls.remove(call.member(), call);
    targets.failed(call.member());
  }

  private void send(PendingFetch pending, Member member) {
    lock.lock();
    try {
      if (closed || connections.isClosed()) {
        throw new CancelledException(what(pending) + ": the fetcher is closed", null);
      }
      FetchCall call = calls.get(member);
      if (call == null) {
        call = new FetchCall(member, source, events);
        calls.put(member, call);
        call.begin();
      }
      // Where no server answers, gRPC ends a call from within its start: asking it would be heard
      // by nobody.
      if (calls.get(member) == call) {
        call.ask(pending, ++lastId);
        lookLater(pending, call);
      } else {
        pending.attempts++;
        repeat(List.of(pending), member, endedWith);
      }
    } catch (RuntimeException e) {
      pending.answer.completeExceptionally(e);
    } finally {
      lock.unlock();
    }
  }

  // ---- answers that take long ----

  /** Under the lock. */
  private void lookLater(PendingFetch pending, FetchCall call) {
    if (!connections.members().several()) {
      return;
    }
    long nanos = targets.hedgeAfterNanos(call.member());
    ScheduledFuture<?> hedge =
        connections
            .timer()
            .schedule(() -> hedge(pending, call.member()), nanos, TimeUnit.NANOSECONDS);
    ScheduledFuture<?> leave =
        connections
            .timer()
            .schedule(
                () -> leaveIfSilent(pending, call),
                LeaderProbe.SILENCE_NANOS,
                TimeUnit.NANOSECONDS);
    pending.answer.whenComplete((_, _) -> {
      hedge.cancel(false);
      leave.cancel(false);
    });
  }

  private void hedge(PendingFetch pending, Member first) {
    Optional<Member> second = Optional.empty();
    lock.lock();
    try {
      if (!pending.answer.isDone() && pending.waiting.size() == 1) {
        second = targets.hedge(first, this::inFlight);
      }
    } finally {
      lock.unlock();
    }
    second.ifPresent(member -> send(pending, member));
  }

  private void leaveIfSilent(PendingFetch pending, FetchCall call) {
    boolean silent;
    lock.lock();
    try {
      PendingFetch.Asked asked = pending.waiting.get(call);
      silent = asked != null && isSilent(call, asked);
      if (silent) {
        leave(call);
      }
    } finally {
      lock.unlock();
    }
    if (silent) {
      call.cancel("no answer came for long");
    }
  }

  // ---- asking again ----

  /** Asks the next member at once, or all again after a pause; gives up if that is of no use. */
  private void repeat(List<PendingFetch> broken, Member member, Failure failure) {
    RetryPolicy retries = connections.config().retries();
    Map<PendingFetch, Member> paused = new LinkedHashMap<>();
    for (PendingFetch pending : broken) {
      switch (pending.round.failed(member, failure)) {
        case ReadRound.Next.Ask(Member next) -> send(pending, next);
        case ReadRound.Next.Pause(Member next) when pending.attempts < retries.attemptsMax() ->
            paused.put(pending, next);
        case ReadRound.Next.Pause _, ReadRound.Next.GiveUp _ ->
            pending.answer.completeExceptionally(failure.toException(what(pending)));
      }
    }
    if (paused.isEmpty()) {
      return;
    }
    long pauseNanos = retries.pauseNanos(countFailure(), ThreadLocalRandom.current());
    connections.run(() -> {
      pause(pauseNanos);
      paused.forEach((pending, next) -> {
        next.connectSoon();
        if (pending.deadlineNanos - System.nanoTime() <= 0) {
          pending.answer.completeExceptionally(failure.toException(what(pending)));
        } else if (!pending.answer.isDone()) {
          send(pending, next);
        }
      });
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

  private static void pause(long nanos) {
    try {
      TimeUnit.NANOSECONDS.sleep(nanos);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** On the network thread; short. */
  private final class Answers implements FetchCall.Events {
    @Override
    public void answered(FetchCall call, FetchResponse answer) {
      PendingFetch pending;
      boolean others = false;
      boolean good = answer.getReason() == Reason.REASON_UNSPECIFIED;
      lock.lock();
      try {
        pending = call.take(answer.getId());
        if (good) {
          failures = 0;
        }
        if (pending != null) {
          PendingFetch.Asked asked = pending.waiting.remove(call);
          others = !pending.waiting.isEmpty();
          if (good && asked != null) {
            targets.answered(call.member(), System.nanoTime() - asked.sentNanos());
          }
        }
      } finally {
        lock.unlock();
      }
      if (pending == null) {
        return; // too late, or sent twice
      }
      if (good) {
        pending.answer.complete(answer);
        return;
      }
      Failure failure = Failure.of(answer.getReason(), answer.getMessage());
      boolean again = failure.retryable() || failure.onlyThere();
      if (!again) {
        pending.answer.complete(answer);
      } else if (others) {
        pending.round.noted(call.member(), failure);
      } else {
        repeat(List.of(pending), call.member(), failure);
      }
    }

    @Override
    public void ended(FetchCall call, Failure why) {
      List<PendingFetch> broken = new ArrayList<>();
      boolean given;
      lock.lock();
      try {
        endedWith = why;
        leave(call);
        for (PendingFetch pending : call.takeAll()) {
          pending.waiting.remove(call);
          if (pending.waiting.isEmpty()) {
            broken.add(pending);
          }
        }
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
      repeat(broken, call.member(), why);
    }
  }
}
