package io.hydrant.engine.replica;

import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.Durability;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Who holds which checkpoint, as the leader may count it (PROTOCOL R7): a replica's own words with
 * its own digest, in the life that greeted last. What was sent counts for nothing, and so does what
 * an earlier life stated, since a restart may have lost it. This replica is in it like the others.
 *
 * <p>Bounded by the checkpoints under way: a statement on any other, which may come late, leaves
 * nothing behind. Safe for use by many threads.
 */
public final class HolderTable {
  private final Map<String, PeerLife> present = new HashMap<>();

  /** Holders by name, so that entries name them in one order. */
  private final Map<CheckpointKey, TreeMap<String, Digest>> stated = new HashMap<>();

  /** Statements on this checkpoint count from now on. */
  public synchronized void begin(CheckpointKey key) {
    stated.putIfAbsent(key, new TreeMap<>());
  }

  /** A replica said who it is. If it is a new life, its earlier statements are void. */
  public synchronized void greeted(PeerLife peer) {
    PeerLife before = present.put(peer.node(), peer);
    if (!peer.equals(before)) {
      stated.values().forEach(holders -> holders.remove(peer.node()));
    }
  }

  /** Notes what a replica says; nothing if it is not its present life that speaks. */
  public synchronized void stated(Statement statement) {
    PeerLife peer = statement.peer();
    TreeMap<String, Digest> holders = stated.get(statement.key());
    if (holders == null || !peer.equals(present.get(peer.node()))) {
      return;
    }
    switch (statement.says()) {
      case Statement.Says.Holds holds -> holders.put(peer.node(), holds.digest());
      case Statement.Says.Refuses _ -> holders.remove(peer.node());
      // Old news, if the replica holds it already: what is durable stays so for this life.
      case Statement.Says.Took _, Statement.Says.Gap _ -> {}
    }
  }

  /** The checkpoint is final: nobody asks any more. */
  public synchronized void forget(CheckpointKey key) {
    stated.remove(key);
  }

  /**
   * The holders that the commit entry names, if they are enough.
   *
   * @param digest of the commit; who states another one holds something else
   * @return sorted; among them those that do not vote, as a hint for repair. Empty if the voters
   *     among them are too few
   */
  public synchronized Optional<List<String>> holders(
      CheckpointKey key, Digest digest, Voters voters, Durability durability) {
    TreeMap<String, Digest> holding = new TreeMap<>(stated.getOrDefault(key, new TreeMap<>()));
    holding.values().removeIf(own -> !own.equals(digest));
    boolean enough =
        switch (durability) {
          case QUORUM -> voters.isMajority(holding.keySet());
          case ALL -> voters.isAll(holding.keySet());
        };
    return enough ? Optional.of(List.copyOf(holding.keySet())) : Optional.empty();
  }
}
