package io.hydrant.engine.replica;

/**
 * One process life of one replica. What it stated counts in the life in which it was said (PROTOCOL
 * R7): the next one may have lost what was not synced.
 *
 * @param node the replica's name
 * @param life random, made anew by every process; lives have no order
 */
public record PeerLife(String node, long life) {
  public PeerLife {
    if (node.isEmpty()) {
      throw new IllegalArgumentException("a replica has a name");
    }
  }

  @Override
  public String toString() {
    return "%s/%016x".formatted(node, life);
  }
}
