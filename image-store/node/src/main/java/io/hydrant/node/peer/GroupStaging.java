package io.hydrant.node.peer;

import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.replica.Frame;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.StagedCheckpoint;
import io.hydrant.node.ingest.Held;
import io.hydrant.node.ingest.StagedGroup;
import io.hydrant.node.ingest.Staging;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What ingest stages, in a group of several. */
final class GroupStaging implements Staging {
  private final PeerStore store;
  private final LeaderStreams leader;
  private final LongSupplier applied;
  private final Map<CheckpointKey, ForwardedCheckpoint> forwarded = new ConcurrentHashMap<>();

  /**
   * @param applied index of the last applied entry
   */
  GroupStaging(PeerStore store, LeaderStreams leader, LongSupplier applied) {
    this.store = store;
    this.leader = leader;
    this.applied = applied;
  }

  @Override
  public CompletableFuture<?> readyToAdmit(ImageId image) {
    return READY;
  }

  @Override
  public void admitOpen(Command.Open open) throws Refusal, IOException {
    store.admitOpen(open);
  }

  @Override
  public StagedGroup staged(CheckpointKey key, Epoch epoch) throws Refusal {
    ForwardedCheckpoint known = known(key);
    if (known != null) {
      return known;
    }
    CheckpointInfo opened = opened(key);
    Forwarding forwarding = begin(key, epoch, opened, false);
    ForwardedCheckpoint staged =
        new ForwardedCheckpoint(store.staged(key, epoch), forwarding, leader);
    forwarded.put(key, staged);
    leader.forward(forwarding, new Frame.Step.Open(opened, applied.getAsLong()), 0);
    return staged;
  }

  @Override
  public void requireHeld(ImageId image, Held held) throws Refusal {
    leader.requireHeld(store.durability(image), held);
  }

  @Override
  public CompletableFuture<Held> held(CheckpointKey key, Epoch epoch, Command.Content claimed)
      throws Refusal, IOException {
    ForwardedCheckpoint known = known(key);
    if (known != null) {
      return known.finish(claimed);
    }
    StagedCheckpoint here = store.staged(key, epoch);
    Forwarding forwarding = begin(key, epoch, opened(key), true);
    CompletableFuture<Held> held;
    try {
      held = new ForwardedCheckpoint(here, forwarding, leader).finish(claimed);
    } catch (Refusal | IOException e) {
      leader.forget(key);
      throw e;
    }
    return held.whenComplete((_, _) -> leader.forget(key));
  }

  /** From time to time: lets go of what is over. */
  void tidy() {
    forwarded.keySet().removeIf(key -> leader.underWay(key).isEmpty());
  }

  private Forwarding begin(CheckpointKey key, Epoch epoch, CheckpointInfo opened, boolean asked) {
    return leader.begin(
        new Forwarding(key, epoch, opened.regions(), store.durability(key.image()), asked));
  }

  private CheckpointInfo opened(CheckpointKey key) throws Refusal {
    return store
        .catalog()
        .image(key.image())
        .map(image -> image.open().get(key.checkpoint()))
        .orElseThrow(
            () -> new Refusal(Rejection.ABORTED, key + " was aborted already; open a new one"));
  }

  /** What this leader forwards already; null if it does not, or gave it up. */
  private @Nullable ForwardedCheckpoint known(CheckpointKey key) {
    return leader.underWay(key).isEmpty() ? null : forwarded.get(key);
  }
}
