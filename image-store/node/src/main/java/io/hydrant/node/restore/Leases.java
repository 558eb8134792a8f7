package io.hydrant.node.restore;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.catalog.SessionInfo;
import io.hydrant.engine.model.SessionId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * When this leader saw each session's last renewal applied, by its own clock (PROTOCOL R20). A
 * session that it has not seen before, for instance after a restart, has just been renewed as far
 * as it is concerned.
 *
 * <p>A renewal is an entry only if a third of the lease has passed since the last; one that is
 * answered without an entry is good for a whole lease all the same, because expiry waits for that
 * third, too.
 *
 * <p>Safe from any thread.
 */
public final class Leases {
  private static final int QUIET_PART = 3;
  private static final long NANOS_PER_MILLI = 1_000_000;

  private final LongSupplier nanoTime;
  private final ConcurrentHashMap<SessionId, Seen> seen = new ConcurrentHashMap<>();

  private record Seen(long renewals, long nanos) {}

  public Leases(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** Whether a renewal must be an entry. */
  boolean isEntryDue(SessionInfo session) {
    return sinceRenewal(session) >= leaseNanos(session) / QUIET_PART;
  }

  /** Sessions that were not renewed in time. */
  public List<SessionInfo> expired(Catalog catalog) {
    List<SessionInfo> expired = new ArrayList<>();
    for (ImageState image : catalog.images()) {
      for (SessionInfo session : image.sessions().values()) {
        long leaseNanos = leaseNanos(session);
        if (sinceRenewal(session) > leaseNanos + leaseNanos / QUIET_PART) {
          expired.add(session);
        }
      }
    }
    seen.keySet().removeIf(id -> catalog.session(id).isEmpty());
    return expired;
  }

  /** A new leader grants a whole period. */
  public void restart() {
    seen.clear();
  }

  private long sinceRenewal(SessionInfo session) {
    long now = nanoTime.getAsLong();
    Seen last =
        seen.compute(
            session.id(),
            (_, known) ->
                known == null || known.renewals() != session.renewals()
                    ? new Seen(session.renewals(), now)
                    : known);
    return now - last.nanos();
  }

  private static long leaseNanos(SessionInfo session) {
    return session.leaseMillis() * NANOS_PER_MILLI;
  }
}
