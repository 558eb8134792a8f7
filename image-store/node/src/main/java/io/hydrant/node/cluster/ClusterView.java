package io.hydrant.node.cluster;

import io.hydrant.engine.replica.Voters;
import io.hydrant.node.data.MemberAddress;
import io.hydrant.v1.Health;
import java.util.List;
import java.util.Optional;

/** The group as this node knows it. Any thread. */
public interface ClusterView {
  /** This node. */
  String self();

  /** Whose statements count now. */
  Voters voters();

  /** Voters first, then by name. */
  List<MemberState> members();

  /** A member's addresses, as the log has them. */
  Optional<MemberAddress> member(String node);

  /** Who leads, as far as known. */
  Optional<MemberAddress> leader();

  /** Term of the log in which it leads. */
  long term();

  Health health();
}
