package io.hydrant.testkit.simulation.cluster;

/** What a simulation must generate, by the numbers of PROTOCOL's schedules. */
public enum Schedule {
  /** 1: another node leads while a checkpoint is under way. */
  LEADER_CHANGE,
  LEADER_CHANGE_BEFORE_FRAMES,
  LEADER_CHANGE_AMONG_FRAMES,
  LEADER_CHANGE_BEFORE_COMMIT,
  /** 2: a node that was deposed, and does not know it yet, goes on leading. */
  DEPOSED_PROPOSES,
  DEPOSED_FORWARDS,
  PAUSED,
  /** 3: other bytes, or the same ones late, twice, in another order. */
  SECOND_ATTEMPT,
  LATE_FRAME,
  REPEATED_FRAME,
  LATE_STATEMENT,
  REPEATED_ENTRY,
  ENTRY_BEFORE_BYTES,
  FRAMES_BEFORE_OPEN,
  OPENED,
  CHAIN_OF_TWO,
  CHAIN_ABORTED,
  /** 4: bytes with some, the entry with others, and one of them lost. */
  HOLDER_LOST,
  /** 5: the process ends at an I/O call; unsynced bytes are lost. */
  CRASH_AT_CALL,
  KILL,
  POWER_CUT,
  POWER_CUT_OF_ALL,
  CRASH_WHILE_STARTING,
  FAILED_SYNC,
  /** 6: segment files used again, and bytes that rot. */
  SEGMENT_RECYCLED,
  ROT,
  /** 7: repair beside commits and readers. */
  REPAIR_STEP,
  REPAIR_BESIDE_COMMIT,
  REPAIR_FROM_A_PART,
  CLEANED,
  /** 8: the planes of the network fail apart from each other. */
  DATA_CUT,
  RAFT_CUT,
  CLIENT_CUT,
  ONE_WAY_CUT,
  STREAM_BROKEN,
  FED_FROM_LOG,
  /** 9: who may write changes hands. */
  TAKE_OVER,
  TAKE_OVER_OF_OLDER,
  REPEATED_ACQUIRE,
  COMMIT_AFTER_TAKE_OVER,
  SETTLED_COMMITTED,
  SETTLED_ABORTED,
  /** 10: sessions and retirement, read on whichever node. */
  PIN,
  RENEW,
  UNPIN,
  RETIRE,
  DELETE,
  READ_BEHIND,
  READ_NOT_HERE,
  READ_HERE,
  /** 11: disks lost for ever, and members replaced. */
  DISK_LOST,
  REPLACED,
  SECOND_DISK_LOST,
  /** 12: what a node needs of the log is gone. */
  PURGED,
  INSTALLED,
  /** 13: no room. */
  DISK_FULL,
  REFUSED_FULL,
  /** 14: clocks that jump, stop, or run fast. */
  CLOCK_JUMP,
  CLOCK_RATE
}
