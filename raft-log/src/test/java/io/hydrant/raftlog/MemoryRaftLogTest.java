package io.hydrant.raftlog;

final class MemoryRaftLogTest extends RaftLogContract {
  private final MemoryRaftLog.Storage storage = new MemoryRaftLog.Storage();

  @Override
  protected RaftLog open(ReplicatedStateMachine machine) {
    return new MemoryRaftLog(storage, machine, SNAPSHOT_EVERY_ENTRIES);
  }
}
