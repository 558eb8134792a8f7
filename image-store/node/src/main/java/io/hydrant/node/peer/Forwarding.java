package io.hydrant.node.peer;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Durability;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.replica.Statement.Says;
import io.hydrant.engine.replica.Voters;
import io.hydrant.engine.store.Refusal;
import io.hydrant.node.ingest.Held;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What the leader knows of one checkpoint that is under way, or that a new leader asks after. Safe
 * for use by many threads.
 */
final class Forwarding {
  private final CheckpointKey key;
  private final Epoch epoch;
  private final RegionTable regions;
  private final Durability durability;
  private final boolean asked;

  /** Frames below it were taken here, and are there to be sent. */
  private long available;

  /** By node: frames below it were taken there. */
  private final Map<String, Long> reached = new HashMap<>();

  /** By node: batches that are durable there. */
  private final Map<String, Long> durable = new HashMap<>();

  private final List<Waiter> waiters = new ArrayList<>();

  /** By node, the last refusal: for the message if too few hold it. */
  private final Map<String, String> refusals = new TreeMap<>();

  /** For the message, too; what counts is in the table of holders. */
  private final Set<String> holding = new TreeSet<>();

  private final CompletableFuture<Held> held = new CompletableFuture<>();
  private Command.@Nullable Content claimed;
  private Command.@Nullable Content own;
  private long finishedNanos;
  private long askedNanos;

  private record Waiter(int patches, CompletableFuture<Integer> durable) {}

  /**
   * @param asked whether its bytes did not come through this leader, so that the others are asked
   */
  Forwarding(
      CheckpointKey key, Epoch epoch, RegionTable regions, Durability durability, boolean asked) {
    this.key = key;
    this.epoch = epoch;
    this.regions = regions;
    this.durability = durability;
    this.asked = asked;
  }

  Epoch epoch() {
    return epoch;
  }

  /** Whether the others are asked what they hold, since nothing of it was sent from here. */
  boolean isAsked() {
    return asked;
  }

  CheckpointKey key() {
    return key;
  }

  RegionTable regions() {
    return regions;
  }

  Durability durability() {
    return durability;
  }

  /** Frames below it are there to be sent. */
  synchronized long available() {
    return available;
  }

  /** The next frame was taken by this replica. */
  synchronized void took(String self) {
    reached.put(self, ++available);
  }

  /** A replica said so; this one among them. */
  synchronized void said(String node, Says says) {
    switch (says) {
      case Says.Took took -> {
        reached.merge(node, took.nextSequence(), Math::max);
        durable.merge(node, (long) took.durablePatches(), Math::max);
      }
      case Says.Holds _ -> {
        holding.add(node);
        reached.put(node, available);
        durable.put(node, Long.MAX_VALUE);
      }
      case Says.Gap _ -> {}
      case Says.Refuses refuses -> refusals.put(node, refuses.message());
    }
  }

  /** Frames below it are with a majority. */
  synchronized long reachedByMajority(Voters voters) {
    return voters.reachedByMajority(reached);
  }

  /** Completes with how many batches a majority has durably, once it has so many. */
  synchronized CompletableFuture<Integer> durable(int patches) {
    CompletableFuture<Integer> future = new CompletableFuture<>();
    waiters.add(new Waiter(patches, future));
    return future;
  }

  /** Completes what waited for batches to be durable. */
  void tellDurable(Voters voters) {
    List<Runnable> tell = new ArrayList<>();
    synchronized (this) {
      long most = voters.reachedByMajority(durable);
      Iterator<Waiter> each = waiters.iterator();
      while (each.hasNext()) {
        Waiter waiter = each.next();
        if (waiter.patches() <= most) {
          each.remove();
          tell.add(() -> waiter.durable().complete(waiter.patches()));
        }
      }
    }
    tell.forEach(Runnable::run);
  }

  /** The protector has ended it, or asks what became of it. */
  synchronized void finishing(Command.Content claim, long nowNanos) {
    if (claimed == null) {
      claimed = claim;
      finishedNanos = nowNanos;
      askedNanos = nowNanos;
    }
  }

  /** What its end claims; null before its end. */
  synchronized Command.@Nullable Content claimed() {
    return claimed;
  }

  /** This replica holds it. */
  synchronized void holdsHere(Command.Content content) {
    own = content;
  }

  /** What this replica holds; null if it does not. */
  synchronized Command.@Nullable Content own() {
    return own;
  }

  /** Completes with the holders once they are enough. */
  CompletableFuture<Held> held() {
    return held;
  }

  /** Since when its end waits for enough holders; 0 if it does not wait. */
  synchronized long waitedNanos(long nowNanos) {
    return claimed == null || held.isDone() ? 0 : nowNanos - finishedNanos;
  }

  /** As {@link #waitedNanos}, whoever may have said meanwhile that it is still looking. */
  synchronized long askedForNanos(long nowNanos) {
    return claimed == null || held.isDone() ? 0 : nowNanos - askedNanos;
  }

  /** It will not be held by enough replicas. */
  void fail(Throwable why) {
    held.completeExceptionally(why);
  }

  /** Refuses whatever comes once it has failed. */
  void requireLive() throws Refusal {
    if (held.isCompletedExceptionally() && held.exceptionNow() instanceof Refusal refusal) {
      throw refusal;
    }
  }

  /** A replica is still looking for what it holds, so it is waited for. */
  synchronized void looking(long nowNanos) {
    if (asked) {
      finishedNanos = nowNanos;
    }
  }

  /** Whether a replica has said its last word. */
  synchronized boolean hasAnswered(String node) {
    return holding.contains(node) || refusals.containsKey(node);
  }

  /** Who has it, for people. */
  synchronized Refusal tooFew(String why, Voters voters) {
    return new Refusal(
        Rejection.NO_MAJORITY,
        "%s: %s; voters %s, held by %s%s; try again, and see to the others' health"
            .formatted(
                key,
                why,
                voters.voters(),
                holding,
                refusals.isEmpty() ? "" : ", refused by " + refusals));
  }
}
