package io.hydrant.node.peer;

import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.replica.Statement;
import io.hydrant.engine.replica.Statement.Says;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.StagedCheckpoint;
import io.hydrant.node.ingest.BatchReader;
import io.hydrant.node.ingest.HeapBytes;
import io.hydrant.node.replication.FailStop;
import io.hydrant.node.replication.Replication;
import io.hydrant.peer.v1.StageRequest;
import java.io.IOException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What this replica has taken of one checkpoint in this life, whichever stream brought it: takes
 * frames in order and says what became of them (PROTOCOL, steps "receive frames" and "state
 * durable").
 *
 * <pre>
 * frame's sequence   answer
 * the next           taken; took, from time to time; holds, once all of it is durable
 * lower              ignored; what is known by now
 * higher             gap, once
 * the open, put off  this replica lags, or has too many: gap, from time to time, so that it is sent again
 * any, once refused  ignored; the refusal again if the frame comes anew
 * </pre>
 */
final class Reception {
  /** After so much, the sender is told: far less than what makes it slow its protector down. */
  private static final int TELL_BYTES = 1 << 20;

  /** After so much, a sync is asked for, so that the disk works while the rest arrives. */
  private static final int SYNC_BYTES = 4 << 20;

  private final CheckpointKey key;
  private final PeerStore store;
  private final FailStop failStop;
  private final Executor pool;

  private @Nullable StagedCheckpoint staged;
  private @Nullable RegionTable regions;
  private Outlet outlet = says -> {};
  private long expected;
  private long gapTold = -1;

  /** The open was refused for now: nothing else is taken before it comes again. */
  private boolean putOff;

  private int durablePatches;
  private boolean durablePending;
  private int untoldBytes;
  private int unsyncedBytes;
  private boolean untold;
  private int idleNudges;

  /** Holds or refuses; null while it is neither. */
  private Statement.@Nullable Says end;

  /** Where statements go; any thread. */
  @FunctionalInterface
  interface Outlet {
    void say(Says says);
  }

  /**
   * @param pool for what comes after a sync: the syncing thread must not wait for whoever appends
   */
  Reception(CheckpointKey key, PeerStore store, FailStop failStop, Executor pool) {
    this.key = key;
    this.store = store;
    this.pool = pool;
    this.failStop = failStop;
  }

  /** Takes a frame if it is the next one. Blocks on the disk. */
  synchronized void take(StageRequest frame, Outlet from) {
    outlet = from;
    idleNudges = 0;
    long sequence = frame.getSequence();
    if (sequence < expected || end != null && sequence == expected) {
      from.say(end == null ? progress() : end);
    } else if (end == null && sequence > expected) {
      if (gapTold != expected && !putOff) {
        gapTold = expected;
        from.say(new Says.Gap(expected));
      }
    } else if (end == null) {
      next(frame);
    }
  }

  private void next(StageRequest frame) {
    try {
      step(frame);
      putOff = false;
      expected++;
      untold = true;
      if (untoldBytes >= TELL_BYTES) {
        tell();
      }
      if (unsyncedBytes >= SYNC_BYTES) {
        askDurable();
      }
    } catch (Refusal e) {
      if (staged == null && isForNow(e.rejection())) {
        putOff = true;
      } else {
        end(StageMessages.refuses(e));
      }
    } catch (IllegalArgumentException e) {
      end(new Says.Refuses(Rejection.INVALID, key + ": " + e.getMessage()));
    } catch (IOException e) {
      fault(e);
    }
  }

  /** Entries that this replica has still to apply make room: it is no reason to lack the bytes. */
  private static boolean isForNow(Rejection rejection) {
    return switch (rejection) {
      case BEHIND, LIMIT_EXCEEDED, OVERLOADED -> true;
      default -> false;
    };
  }

  private void step(StageRequest frame) throws Refusal, IOException {
    switch (frame.getStepCase()) {
      case OPEN -> {
        CheckpointInfo opened = StageMessages.opened(key, frame.getOpen());
        staged = store.receive(key, opened);
        regions = opened.regions();
      }
      case BATCH -> {
        BatchReader.Batch batch =
            BatchReader.read(requireOpen(regions), BatchReader.pages(frame.getBatch()));
        requireOpen(staged).patch(batch.region(), batch.tract(), batch.table(), batch.payload());
        taken(frame.getBatch().size());
      }
      case ZERO_TRACTS ->
          requireOpen(staged)
              .zeroTracts(
                  frame.getZeroTracts().getRegion(),
                  frame.getZeroTracts().getFirstTract(),
                  frame.getZeroTracts().getTractCount());
      case SLIM -> {
        requireOpen(staged)
            .slim(
                frame.getSlim().getOffset(),
                frame.getSlim().getChecksum(),
                HeapBytes.of(frame.getSlim().getData()));
        taken(frame.getSlim().getData().size());
      }
      case FINISH -> finish(StageMessages.claimed(frame.getFinish()));
      case STEP_NOT_SET -> throw new Refusal(Rejection.INVALID, key + ": a frame without a step");
    }
  }

  private void taken(int bytes) {
    untoldBytes += bytes;
    unsyncedBytes += bytes;
  }

  private <T> T requireOpen(@Nullable T opened) throws Refusal {
    if (opened == null) {
      throw new Refusal(Rejection.INVALID, key + ": its first frame is no open");
    }
    return opened;
  }

  private void finish(Command.Content claimed) throws Refusal, IOException {
    requireOpen(staged)
        .finish(claimed)
        .whenCompleteAsync(
            (own, failure) -> {
              if (own != null) {
                end(new Says.Holds(own.digest()));
              } else {
                failed(failure);
              }
            },
            pool);
  }

  private void failed(@Nullable Throwable failure) {
    Throwable cause =
        failure == null ? new IllegalStateException("no cause") : Replication.cause(failure);
    if (cause instanceof Refusal refusal) {
      end(StageMessages.refuses(refusal));
    } else {
      fault(cause);
    }
  }

  /** Nothing is stated any more: the process stops (PROTOCOL R13). */
  private void fault(Throwable cause) {
    failStop.stop("receiving " + key + " failed", cause);
  }

  private synchronized void end(Says says) {
    if (end == null) {
      end = says;
      staged = null;
      outlet.say(says);
    }
  }

  /** From time to time: what the sender has not been told yet, and a sync for what waits for it. */
  synchronized void nudge() {
    idleNudges++;
    if (end == null && putOff) {
      outlet.say(new Says.Gap(expected));
    } else if (end == null && untold) {
      tell();
      askDurable();
    }
  }

  private void tell() {
    untold = false;
    untoldBytes = 0;
    outlet.say(progress());
  }

  private Says progress() {
    return new Says.Took(expected, durablePatches);
  }

  private void askDurable() {
    StagedCheckpoint receiver = staged;
    if (receiver == null || durablePending || receiver.patches() == durablePatches) {
      return;
    }
    durablePending = true;
    unsyncedBytes = 0;
    receiver.durable(receiver.patches()).whenCompleteAsync(this::durable, pool);
  }

  private synchronized void durable(@Nullable Integer patches, @Nullable Throwable failure) {
    durablePending = false;
    if (patches == null) {
      failed(failure);
    } else if (end == null) {
      durablePatches = patches;
      tell();
    }
  }

  /** Whether it has said its last word, or nobody has sent anything for so many nudges. */
  synchronized boolean isOver(int nudges) {
    return end != null || idleNudges >= nudges;
  }
}
