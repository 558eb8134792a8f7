package io.hydrant.node.peer;

import io.hydrant.engine.replica.Voters;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** What the data plane needs to know of the group, and asks of it. Called by many threads. */
public interface PeerGroup {
  /** Whose statements count now. */
  Voters voters();

  /** All members, voting or not, but this one. */
  List<PeerAddress> others();

  /** Name of who leads, as far as known. */
  Optional<String> leader();

  /** Completes while the log is well: when a majority confirms that this replica leads. */
  CompletableFuture<Long> current();

  /** Hands leadership over to a voter; must not block. */
  void handOver(String node);
}
