package io.hydrant.raftlog;

import java.util.List;
import java.util.stream.IntStream;

final class MemoryGroupTest extends GroupContract {
  private final List<Peer> peers =
      IntStream.range(0, 4).mapToObj(i -> Peer.at("n" + i, "host-" + i + ":1")).toList();

  private final MemoryGroup group = new MemoryGroup(peers.subList(0, 3), SNAPSHOT_EVERY_ENTRIES);

  @Override
  protected List<Peer> peers() {
    return peers;
  }

  @Override
  protected RaftLog openVoter(String id, ReplicatedStateMachine machine) {
    return group.open(id, machine);
  }

  @Override
  protected RaftLog openJoiner(String id, ReplicatedStateMachine machine) {
    return group.open(id, machine);
  }
}
