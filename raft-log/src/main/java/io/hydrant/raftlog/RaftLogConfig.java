package io.hydrant.raftlog;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Where one replica of a group keeps its log, who the group is, and how patient and how large it
 * may be.
 *
 * @param directory belongs to this replica alone; made if missing
 * @param groupId identity of the group; a directory remembers it and refuses another
 * @param selfId which of the peers this replica is
 * @param peers the voters of the group, this one among them
 */
public record RaftLogConfig(
    Path directory, UUID groupId, String selfId, List<Peer> peers, Timing timing, Bounds bounds) {

  /** Ids become names of threads and metrics. */
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  public RaftLogConfig {
    peers = List.copyOf(peers);
    Set<String> ids = new HashSet<>();
    for (Peer peer : peers) {
      if (!ids.add(peer.id())) {
        throw new IllegalArgumentException("peer " + peer.id() + " is named twice");
      }
      if (peers.size() > 1 && peer.port() == 0) {
        throw new IllegalArgumentException(
            "peer " + peer.id() + " needs a port: only a group of one does without");
      }
    }
    if (!ids.contains(selfId)) {
      throw new IllegalArgumentException(
          "this replica, " + selfId + ", is not among the peers " + ids);
    }
  }

  /**
   * A group of one: it opens no port, because nobody else connects to it.
   *
   * @param directory belongs to this replica alone; made if missing
   */
  public static RaftLogConfig single(Path directory, UUID groupId, String selfId) {
    List<Peer> alone = List.of(new Peer(selfId, "127.0.0.1", 0));
    return new RaftLogConfig(directory, groupId, selfId, alone, Timing.DEFAULT, Bounds.DEFAULT);
  }

  public RaftLogConfig withTiming(Timing newTiming) {
    return new RaftLogConfig(directory, groupId, selfId, peers, newTiming, bounds);
  }

  public RaftLogConfig withBounds(Bounds newBounds) {
    return new RaftLogConfig(directory, groupId, selfId, peers, timing, newBounds);
  }

  /**
   * A voter.
   *
   * @param host what the others connect to, and what it binds
   * @param port 0 only in a group of one
   */
  public record Peer(String id, String host, int port) {
    public Peer {
      if (!ID.matcher(id).matches()) {
        throw new IllegalArgumentException("peer id '" + id + "' does not match " + ID);
      }
      if (host.isBlank()) {
        throw new IllegalArgumentException("peer " + id + " has no host");
      }
      if (port < 0 || port > 65_535) {
        throw new IllegalArgumentException(
            "port " + port + " of peer " + id + " is not in 0..65535");
      }
    }
  }

  /**
   * @param electionTimeoutMillisMin silence of the leader after which a follower may stand; longer
   *     than a pause of the JVM. The first election of a group of one does not wait for it.
   * @param electionTimeoutMillisMax upper end of the random choice
   * @param submitTimeoutMillis after this an unanswered submission is reported as of unknown
   *     outcome
   */
  public record Timing(
      int electionTimeoutMillisMin, int electionTimeoutMillisMax, int submitTimeoutMillis) {
    public static final Timing DEFAULT = new Timing(300, 600, 10_000);

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
  }

  /**
   * @param segmentBytes size of a log file: the log is purged by whole files, so it is also how
   *     much is kept too much
   * @param snapshotEveryEntries entries applied between two calls of {@link
   *     ReplicatedStateMachine#snapshot}, at most
   * @param snapshotEveryBytes command bytes applied between two such calls, at most
   * @param outstandingCommandsMax submissions that may wait for their answers
   * @param outstandingBytesMax bytes of such submissions
   */
  public record Bounds(
      int segmentBytes,
      int snapshotEveryEntries,
      long snapshotEveryBytes,
      int outstandingCommandsMax,
      long outstandingBytesMax) {
    private static final int SEGMENT_BYTES_MIN = 16 << 10;

    public static final Bounds DEFAULT = new Bounds(8 << 20, 4_096, 32L << 20, 4_096, 64L << 20);

    public Bounds {
      if (segmentBytes < SEGMENT_BYTES_MIN) {
        throw new IllegalArgumentException(
            "segments of " + segmentBytes + " bytes: at least " + SEGMENT_BYTES_MIN);
      }
      if (snapshotEveryEntries < 1 || snapshotEveryBytes < 1) {
        throw new IllegalArgumentException(
            "a snapshot must be asked for after at least 1 entry and 1 byte");
      }
      if (outstandingCommandsMax < 1 || outstandingBytesMax < RaftLog.COMMAND_BYTES_MAX) {
        throw new IllegalArgumentException(
            "outstanding: at least 1 command, and bytes for one of " + RaftLog.COMMAND_BYTES_MAX);
      }
    }
  }
}
