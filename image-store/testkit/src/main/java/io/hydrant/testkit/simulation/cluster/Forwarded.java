package io.hydrant.testkit.simulation.cluster;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Durability;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.replica.Statement.Says;
import io.hydrant.engine.replica.Voters;
import io.hydrant.engine.store.StagedCheckpoint;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What a leader knows of one checkpoint that is under way, or that it asks the others after. */
final class Forwarded {
  final CheckpointKey key;
  final Epoch epoch;
  final Durability durability;
  final StagedCheckpoint here;

  /** Whether its bytes did not come through this leader. */
  final boolean asked;

  final CompletableFuture<Held> held = new CompletableFuture<>();
  private final TreeMap<String, Long> reached = new TreeMap<>();
  private final TreeSet<String> answered = new TreeSet<>();
  private long available;
  private Command.@Nullable Content claimed;
  private Command.@Nullable Content own;
  private long finishedNanos;

  /** What is held, and by whom. */
  record Held(Command.Content content, List<String> holders) {}

  Forwarded(
      CheckpointKey key, Epoch epoch, Durability durability, StagedCheckpoint here, boolean asked) {
    this.key = key;
    this.epoch = epoch;
    this.durability = durability;
    this.here = here;
    this.asked = asked;
  }

  /** Frames below it are there to be sent. */
  long available() {
    return available;
  }

  void took(String self) {
    reached.put(self, ++available);
  }

  void said(String node, Says says) {
    switch (says) {
      case Says.Took took -> reached.merge(node, took.nextSequence(), Math::max);
      case Says.Holds _ -> {
        answered.add(node);
        reached.put(node, available);
      }
      case Says.Refuses _ -> answered.add(node);
      case Says.Gap _ -> {}
    }
  }

  long reachedByMajority(Voters voters) {
    return voters.reachedByMajority(reached);
  }

  boolean hasAnswered(String node) {
    return answered.contains(node);
  }

  void finishing(Command.Content claim, long nanos) {
    if (claimed == null) {
      claimed = claim;
      finishedNanos = nanos;
    }
  }

  Command.@Nullable Content claimed() {
    return claimed;
  }

  void holdsHere(Command.Content content) {
    own = content;
  }

  Command.@Nullable Content own() {
    return own;
  }

  long waitedNanos(long nanos) {
    return claimed == null || held.isDone() ? 0 : nanos - finishedNanos;
  }
}
