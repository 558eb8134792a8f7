package io.hydrant.raftlog.ratis;

import io.hydrant.raftlog.Membership;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;

/**
 * Who belonged to a group when a replica of it ran last, without opening its log: for greeting them
 * before this replica takes part.
 */
public final class LastMembers {
  private static final String FILE = "raft-meta.conf";

  private LastMembers() {}

  /**
   * Reads what is noted beside the log at every change of members.
   *
   * @param directory of a {@link RatisRaftLog}
   * @return empty if nothing is noted, or the note is of no use: a crash may have cut it, since the
   *     log itself says it again
   */
  public static Optional<Membership> of(Path directory, UUID group) {
    Path file = directory.resolve(group.toString()).resolve("current").resolve(FILE);
    try {
      LogEntryProto entry = LogEntryProto.parseFrom(Files.readAllBytes(file));
      return entry.hasConfigurationEntry() && entry.getConfigurationEntry().getPeersCount() > 0
          ? Optional.of(Members.of(entry.getIndex(), entry.getConfigurationEntry()))
          : Optional.empty();
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
