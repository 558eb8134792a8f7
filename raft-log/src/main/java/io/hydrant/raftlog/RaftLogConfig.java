package io.hydrant.raftlog;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * Where one replica of a group keeps its log, who the group is, and how patient and how large it
 * may be.
 *
 * @param directory belongs to this replica alone; made if missing
 * @param groupId identity of the group; a directory remembers it and refuses another
 * @param selfId which member this replica is
 * @param peers the first voters of the group, this one among them; once there is a log, the members
 *     in it count. A joiner names none.
 */
public record RaftLogConfig(
    Path directory,
    UUID groupId,
    String selfId,
    List<Peer> peers,
    Transport transport,
    Role role,
    Timing timing,
    Bounds bounds) {

  /** With which right a replica starts. */
  public enum Role {
    /** It is a member, by the log or, where there is none yet, by the configured peers. */
    VOTER,
    /** It is to be added by a leader; until then it takes part in nothing. */
    JOINER
  }

  public RaftLogConfig {
    peers = List.copyOf(peers);
    Peer.unreachable(selfId); // checks the id
    Set<String> ids = new HashSet<>();
    for (Peer peer : peers) {
      if (!ids.add(peer.id())) {
        throw new IllegalArgumentException("peer " + peer.id() + " is named twice");
      }
      if (transport instanceof Transport.Grpc && peer.raftAddress().isEmpty()) {
        throw new IllegalArgumentException("peer " + peer.id() + " has no address");
      }
    }
    switch (role) {
      case VOTER -> {
        if (!ids.contains(selfId)) {
          throw new IllegalArgumentException(
              "this replica, " + selfId + ", is not among the peers " + ids);
        }
      }
      case JOINER -> {
        if (!ids.isEmpty()) {
          throw new IllegalArgumentException("a joiner learns the peers, and names none: " + ids);
        }
      }
    }
    if (transport instanceof Transport.None && ids.size() != 1) {
      throw new IllegalArgumentException(
          "without a transport there is one peer, this one, not " + ids);
    }
  }

  /**
   * A group of one that opens no port, because nobody else connects to it.
   *
   * @param directory belongs to this replica alone; made if missing
   */
  public static RaftLogConfig single(Path directory, UUID groupId, String selfId) {
    return new RaftLogConfig(
        directory,
        groupId,
        selfId,
        List.of(Peer.unreachable(selfId)),
        Transport.NONE,
        Role.VOTER,
        Timing.SINGLE,
        Bounds.SINGLE);
  }

  /**
   * One of the first members of a group over the network, be they one or several.
   *
   * @param directory belongs to this replica alone; made if missing
   */
  public static RaftLogConfig member(
      Path directory, UUID groupId, String selfId, List<Peer> peers, Transport.Grpc transport) {
    return new RaftLogConfig(
        directory, groupId, selfId, peers, transport, Role.VOTER, Timing.GROUP, Bounds.GROUP);
  }

  /**
   * A replica that waits for a leader to add it.
   *
   * @param directory belongs to this replica alone; made if missing
   */
  public static RaftLogConfig joiner(
      Path directory, UUID groupId, String selfId, Transport.Grpc transport) {
    return new RaftLogConfig(
        directory, groupId, selfId, List.of(), transport, Role.JOINER, Timing.GROUP, Bounds.GROUP);
  }

  public RaftLogConfig withTiming(Timing newTiming) {
    return new RaftLogConfig(directory, groupId, selfId, peers, transport, role, newTiming, bounds);
  }

  public RaftLogConfig withBounds(Bounds newBounds) {
    return new RaftLogConfig(directory, groupId, selfId, peers, transport, role, timing, newBounds);
  }

  /**
   * @param electionTimeoutMillisMin silence of the leader after which a follower may stand; longer
   *     than a pause of the JVM. The first election of a group without a transport does not wait
   *     for it.
   * @param electionTimeoutMillisMax upper end of the random choice; a leader that hears no majority
   *     for so long steps down
   * @param submitTimeoutMillis after this an unanswered submission is reported as of unknown
   *     outcome
   */
  public record Timing(
      int electionTimeoutMillisMin, int electionTimeoutMillisMax, int submitTimeoutMillis) {
    public static final Timing SINGLE = new Timing(300, 600, 10_000);
    public static final Timing GROUP = group(250);

    /** Three seconds: that it is not known is told soon, since somebody waits to settle it. */
    private static final int GROUP_SUBMIT_MILLIS = 3_000;

    public Timing {
      if (electionTimeoutMillisMin < 10 || electionTimeoutMillisMax <= electionTimeoutMillisMin) {
        throw new IllegalArgumentException(
            "election timeouts "
                + electionTimeoutMillisMin
                + ".."
                + electionTimeoutMillisMax
                + " ms: the lower is at least 10 and below the upper");
      }
      if (submitTimeoutMillis < 100) {
        throw new IllegalArgumentException(
            "submit timeout " + submitTimeoutMillis + " ms is below 100");
      }
    }

    /** For several peers, from the shortest election timeout: the longest is 1.8 times that. */
    public static Timing group(int electionTimeoutMillis) {
      return new Timing(electionTimeoutMillis, electionTimeoutMillis * 9 / 5, GROUP_SUBMIT_MILLIS);
    }
  }

  /**
   * @param segmentBytes size of a log file: the log is purged by whole files, so it is also how
   *     much is kept too much
   * @param snapshotEveryEntries entries applied between two calls of {@link
   *     ReplicatedStateMachine#snapshot}, at most
   * @param snapshotEveryBytes command bytes applied between two such calls, at most
   * @param keptEntries newest entries that stay in the log although the state covers them: a member
   *     that was away for no more than these replays, and does not install
   * @param outstandingCommandsMax submissions that may wait for their answers
   * @param outstandingBytesMax bytes of such submissions
   */
  public record Bounds(
      int segmentBytes,
      int snapshotEveryEntries,
      long snapshotEveryBytes,
      int keptEntries,
      int outstandingCommandsMax,
      long outstandingBytesMax) {
    private static final int SEGMENT_BYTES_MIN = 16 << 10;

    public static final Bounds SINGLE = new Bounds(8 << 20, 4_096, 32L << 20, 0, 4_096, 64L << 20);

    public static final Bounds GROUP =
        new Bounds(4 << 20, 4_096, 32L << 20, 20_000, 4_096, 64L << 20);

    public Bounds {
      if (segmentBytes < SEGMENT_BYTES_MIN) {
        throw new IllegalArgumentException(
            "segments of " + segmentBytes + " bytes: at least " + SEGMENT_BYTES_MIN);
      }
      if (snapshotEveryEntries < 1 || snapshotEveryBytes < 1 || keptEntries < 0) {
        throw new IllegalArgumentException(
            "a snapshot must be asked for after at least 1 entry and 1 byte, and 0 or more are kept");
      }
      if (outstandingCommandsMax < 1 || outstandingBytesMax < RaftLog.COMMAND_BYTES_MAX) {
        throw new IllegalArgumentException(
            "outstanding: at least 1 command, and bytes for one of " + RaftLog.COMMAND_BYTES_MAX);
      }
    }
  }
}
