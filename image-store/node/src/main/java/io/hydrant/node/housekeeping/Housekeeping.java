package io.hydrant.node.housekeeping;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.RetentionPlan;
import io.hydrant.engine.catalog.RetentionPolicy;
import io.hydrant.engine.catalog.SessionInfo;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.replica.ClockCheck;
import io.hydrant.node.ingest.OpenCheckpoints;
import io.hydrant.node.replication.Proposals;
import io.hydrant.node.restore.Leases;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the leader proposes by itself. It frees nothing: applied entries do (PROTOCOL R9, R20, R21),
 * and the catalog checks each of these proposals again. One that fails comes again with a later
 * step.
 *
 * <p>What is proposed by age waits while this node's clock is far off its group's (R21); retirement
 * by number goes on.
 *
 * <ul>
 *   <li>Retire: what an image's retention keeps no longer ({@link RetentionPlan}); about once a
 *       second, so that a fast stream of checkpoints does not double its entries.
 *   <li>Unpin: a session was not renewed in time.
 *   <li>Abort: an open checkpoint showed no sign of life for the silence.
 * </ul>
 */
public final class Housekeeping {
  private static final long RETIRE_EVERY_NANOS = Duration.ofSeconds(1).toNanos();

  /**
   * Ten times the time between two steps: this process (SIGSTOP) or its machine was stopped, and
   * must not count the time against others. A slow step only makes things expire later.
   */
  private static final long PAUSE_NANOS = Duration.ofSeconds(1).toNanos();

  /** Of one entry: keeps it at a few KiB. */
  private static final int RETIRE_CHECKPOINTS_MAX = 1_000;

  private static final Logger LOG = LoggerFactory.getLogger(Housekeeping.class);

  private final Catalog catalog;
  private final Proposals proposals;
  private final Leases leases;
  private final OpenCheckpoints open;
  private final Duration silence;
  private final Time time;
  private final RetirementTime retirementTime;

  /** Subjects of proposals that were not answered yet. */
  private final Set<Object> pending = ConcurrentHashMap.newKeySet();

  private long retiredNanos;
  private long stepNanos;
  private boolean clockOff;

  /**
   * @param nanoTime as {@link System#nanoTime}
   * @param wallMillis this node's clock, with which the entries that it proposes are stamped
   * @param clockOffMillis how far this node's clock is ahead of its group's; 0 for a group of one
   */
  public record Time(LongSupplier nanoTime, LongSupplier wallMillis, LongSupplier clockOffMillis) {}

  public Housekeeping(
      Catalog catalog,
      Proposals proposals,
      Leases leases,
      OpenCheckpoints open,
      Duration silence,
      Time time) {
    this.catalog = catalog;
    this.proposals = proposals;
    this.leases = leases;
    this.open = open;
    this.silence = silence;
    this.time = time;
    this.retirementTime = new RetirementTime(catalog, time);
    this.retiredNanos = time.nanoTime().getAsLong();
    this.stepNanos = retiredNanos;
  }

  /** Looks at everything once; one thread, several times a second. */
  public void step() {
    long now = time.nanoTime().getAsLong();
    boolean paused = now - stepNanos > PAUSE_NANOS;
    stepNanos = now;
    if (paused) {
      // Renewals that came meanwhile wait in the sockets: nobody was silent but this process.
      LOG.warn("this process did not run for a while: leases and silences begin anew");
      leases.restart();
      open.restart();
      return;
    }
    if (!proposals.leads()) {
      return;
    }
    boolean clockGood = isClockGood();
    if (now - retiredNanos >= RETIRE_EVERY_NANOS) {
      retiredNanos = now;
      retire(retirementTime.now(clockGood));
    }
    if (clockGood) {
      for (SessionInfo session : leases.expired(catalog)) {
        propose(session.id(), new Command.Unpin(session.id(), Optional.of(session.renewals())));
      }
      abortSilent();
    }
  }

  private boolean isClockGood() {
    long off = time.clockOffMillis().getAsLong();
    boolean isOff = ClockCheck.isOff(off);
    if (isOff != clockOff) {
      clockOff = isOff;
      if (isOff) {
        LOG.warn(
            "this leader's clock is {} ms off its group's: leases and silences do not end until it is set",
            off);
      } else {
        LOG.info("this leader's clock agrees with its group's again");
        // Whoever was late meanwhile gets a whole period, as from a new leader.
        leases.restart();
        open.restart();
      }
    }
    return !isOff;
  }

  private void retire(OptionalLong nowMillis) {
    for (ImageState image : catalog.images()) {
      RetentionPolicy retention = image.retention();
      List<CheckpointId> retirable =
          nowMillis.isPresent()
              ? RetentionPlan.retirable(image, retention, nowMillis.getAsLong())
              : RetentionPlan.retirableByNumber(image, retention);
      if (!retirable.isEmpty()) {
        List<CheckpointId> oldest =
            retirable.subList(0, Math.min(retirable.size(), RETIRE_CHECKPOINTS_MAX));
        propose(image.id(), new Command.Retire(image.id(), oldest));
      }
    }
  }

  private void abortSilent() {
    Set<CheckpointKey> keys = new HashSet<>();
    for (ImageState image : catalog.images()) {
      for (CheckpointId id : image.open().keySet()) {
        CheckpointKey key = new CheckpointKey(image.id(), id);
        keys.add(key);
        if (open.silentNanos(key) > silence.toNanos()) {
          LOG.info("{} showed no sign of life for {}: aborting it", key, silence);
          propose(key, new Command.Abort(key, Optional.empty()));
        }
      }
    }
    open.retain(keys);
  }

  private void propose(Object subject, Command command) {
    if (!pending.add(subject)) {
      return;
    }
    proposals
        .propose(command)
        .whenComplete((outcome, failure) -> {
          pending.remove(subject);
          if (failure != null) {
            LOG.warn("{} failed, comes again: {}", command, failure.toString());
          } else if (outcome instanceof Outcome.Rejected rejected) {
            LOG.debug("{} was rejected: {}", command, rejected.message());
          }
        });
  }
}
