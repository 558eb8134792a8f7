package io.hydrant.node.peer;

import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.replica.Statement.Says;
import io.hydrant.node.replication.FailStop;
import io.hydrant.peer.v1.StageRequest;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/** What this replica takes in its present life, by checkpoint, over all streams. */
final class Receptions {
  /**
   * Two open ones of each of many images, and those that ended lately. Beyond, frames are refused:
   * the pages are repaired later.
   */
  static final int RECEPTIONS_MAX = 16_384;

  /** What is committed and whose leader has gone silent for so long will not be completed by it. */
  private static final int IDLE_NUDGES_MAX = 40;

  /** Who has sent nothing for so long sends nothing more, as far as repair is concerned: 2 s. */
  private static final int LIVE_NUDGES = 8;

  private final PeerStore store;
  private final FailStop failStop;
  private final Executor pool;
  private final Map<CheckpointKey, Reception> receptions = new ConcurrentHashMap<>();

  Receptions(PeerStore store, FailStop failStop, Executor pool) {
    this.pool = pool;
    this.store = store;
    this.failStop = failStop;
  }

  /** Takes a frame. Blocks on the disk. */
  void take(CheckpointKey key, StageRequest frame, Reception.Outlet from) {
    if (receptions.size() >= RECEPTIONS_MAX && !receptions.containsKey(key)) {
      from.say(
          new Says.Refuses(
              Rejection.OVERLOADED, key + ": too many checkpoints are received at once"));
      return;
    }
    receptions
        .computeIfAbsent(key, _ -> new Reception(key, store, failStop, pool))
        .take(frame, from);
  }

  /** From time to time. */
  void nudge() {
    receptions.forEach((key, reception) -> {
      reception.nudge();
      ImageState.Fate fate = store.catalog().fate(key);
      boolean over =
          switch (fate) {
            case ABORTED -> true;
            // Late frames may complete it still.
            case COMMITTED, RETIRED -> reception.isOver(IDLE_NUDGES_MAX);
            case OPEN, UNKNOWN -> false;
          };
      if (over) {
        receptions.remove(key);
      }
    });
  }

  /**
   * Whether bytes of a checkpoint, or of one before it that it may build on, came a moment ago:
   * what is not here of it may be on its way.
   */
  boolean isOnItsWay(CheckpointKey key) {
    return receptions.entrySet().stream()
        .anyMatch(entry ->
            entry.getKey().image().equals(key.image())
                && entry.getKey().checkpoint().compareTo(key.checkpoint()) <= 0
                && !entry.getValue().isOver(LIVE_NUDGES));
  }

  int size() {
    return receptions.size();
  }
}
