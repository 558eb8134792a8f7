package io.hydrant.node.peer;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Entry;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.store.ImageStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A replicated log that never fails: every replica applies an entry before the next one comes. */
final class GroupLog {
  private final List<ImageStore> replicas = new ArrayList<>();
  private long index;

  synchronized void join(ImageStore replica) {
    replicas.add(replica);
  }

  /** Applies nothing to it until it joins again, at the position where the others are then. */
  synchronized void leave(ImageStore replica) {
    replicas.remove(replica);
  }

  /** What the first replica answers; all answer the same. */
  synchronized Outcome apply(Command command) throws IOException {
    index++;
    Outcome answer = null;
    for (ImageStore replica : replicas) {
      Outcome own =
          replica.apply(
              new EntryPosition(1, index),
              new Entry(index, RequestId.NONE, RequestId.NONE, command));
      if (answer != null && !answer.equals(own)) {
        throw new AssertionError(answer + " here, " + own + " there");
      }
      answer = own;
    }
    if (answer == null) {
      throw new IllegalStateException("nobody is there");
    }
    return answer;
  }
}
