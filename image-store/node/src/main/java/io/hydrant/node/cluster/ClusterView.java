package io.hydrant.node.cluster;

import io.hydrant.engine.replica.Copies;
import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.replica.Voters;
import io.hydrant.node.data.MemberAddress;
import io.hydrant.v1.Health;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The group as this node knows it. Any thread. */
public interface ClusterView {
  /** This node. */
  String self();

  /** Whose statements count now. */
  Voters voters();

  /** Voters first, then by name. */
  List<MemberState> members();

  /** What those that are there have and lack, by node; this one among them. */
  Map<String, InventoryView> seen();

  /** A member's addresses, as the log has them. */
  Optional<MemberAddress> member(String node);

  /** Who leads, as far as known. */
  Optional<MemberAddress> leader();

  /** Term of the log in which it leads. */
  long term();

  Health health();

  /** How many voters have what some replica lacks. */
  Copies copies();

  /** How far this node's clock is ahead of the median of those that are there. */
  long clockOffMillis();

  /** Whether most of the group refuses this node: it must not act as one of it. */
  boolean isIsolated();
}
