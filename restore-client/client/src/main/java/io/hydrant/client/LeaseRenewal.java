package io.hydrant.client;

import io.grpc.StatusRuntimeException;
import io.hydrant.v1.RenewRestoreRequest;
import io.hydrant.v1.RenewRestoreResponse;
import io.hydrant.v1.RestoreServiceGrpc;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Renews a session's lease at a third of it, more often while renewing fails. */
final class LeaseRenewal implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LeaseRenewal.class);

  /** Renewed at a third, so that two renewals may fail before the lease ends. */
  private static final int RENEWALS_PER_LEASE = 3;

  private static final int TRIES_PER_LEASE = 20;

  private final SessionSource source;
  private final UnaryCalls calls;

  /** Used by one renewal after the other. */
  private final CallTarget target;

  private long leaseMillis;
  private boolean stopped;
  private @Nullable HydrantException lost;

  LeaseRenewal(SessionSource source, long leaseMillis) {
    this.source = source;
    this.calls = new UnaryCalls(source.connections());
    this.target = new CallTarget(source.connections(), UnaryCalls.Route.LEADER);
    this.leaseMillis = Math.max(1, leaseMillis);
  }

  synchronized void start() {
    schedule(leaseMillis / RENEWALS_PER_LEASE);
  }

  /** Why the session is gone, if it is. */
  synchronized Optional<HydrantException> lost() {
    return Optional.ofNullable(lost);
  }

  @Override
  public synchronized void close() {
    stopped = true;
  }

  private synchronized void schedule(long millis) {
    if (stopped) {
      return;
    }
    Connections connections = source.connections();
    try {
      connections
          .timer()
          .schedule(() -> connections.run(this::renew), Math.max(1, millis), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      stopped = true; // the client was closed
    }
  }

  private void renew() {
    long lease;
    synchronized (this) {
      if (stopped) {
        return;
      }
      lease = leaseMillis;
    }
    RenewRestoreRequest request = RenewRestoreRequest.newBuilder().setToken(source.token()).build();
    try {
      long nanos = TimeUnit.MILLISECONDS.toNanos(Math.max(1, lease / RENEWALS_PER_LEASE));
      RenewRestoreResponse renewed =
          calls.once(target, RestoreServiceGrpc.getRenewRestoreMethod(), request, nanos);
      synchronized (this) {
        leaseMillis = Math.max(1, renewed.getLeaseMillis());
        schedule(leaseMillis / RENEWALS_PER_LEASE);
      }
    } catch (StatusRuntimeException e) {
      Failure failure = Failure.of(e.getStatus(), e.getTrailers());
      target.failed(failure, e.getTrailers());
      failed(failure, lease);
    }
  }

  private synchronized void failed(Failure failure, long lease) {
    if (stopped) {
      return;
    }
    if (failure.kind() == Failure.Kind.REJECTED) {
      stopped = true;
      lost = failure.toException(source.name() + ": renewing the restore session");
      log.warn("{}", lost.getMessage());
      return;
    }
    schedule(lease / TRIES_PER_LEASE);
  }
}
