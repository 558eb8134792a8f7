package io.hydrant.testkit.history;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Collects a history. Safe for use by several threads. */
public final class Recorder {
  private final Map<String, Integer> keepLast = new ConcurrentHashMap<>();
  private final List<Operation> operations = new ArrayList<>();

  public void image(String name, int keepsLast) {
    keepLast.put(name, keepsLast);
  }

  public synchronized void add(Operation operation) {
    operations.add(operation);
  }

  /** What happened so far. */
  public synchronized History history(Optional<Quiet> quiet) {
    return new History(keepLast, operations, quiet);
  }
}
