package io.hydrant.testkit.history;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All that the clients of one store did, and what they were told.
 *
 * @param keepLast by image: how many checkpoints are retained
 * @param operations in any order
 * @param quiet how the replicas stood in the end; empty: not looked at
 */
public record History(
    Map<String, Integer> keepLast, List<Operation> operations, Optional<Quiet> quiet) {
  public History {
    keepLast = Map.copyOf(keepLast);
    operations = List.copyOf(operations);
  }
}
