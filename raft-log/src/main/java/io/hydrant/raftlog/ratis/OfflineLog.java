package io.hydrant.raftlog.ratis;

import io.hydrant.raftlog.EntryVisitor;
import io.hydrant.raftlog.LogPosition;
import io.hydrant.raftlog.Membership;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;

/**
 * Reads what one replica has in its log while nobody runs on it, and changes nothing: for the
 * operator who has lost a majority. Whether the last entries were committed cannot be known.
 */
public final class OfflineLog {
  private final Path directory;
  private final LogPosition behind;
  private final EntryVisitor visitor;
  private LogPosition last;

  private OfflineLog(Path directory, LogPosition behind, EntryVisitor visitor) {
    this.directory = directory;
    this.behind = behind;
    this.visitor = visitor;
    this.last = LogPosition.NONE;
  }

  /**
   * Visits every entry behind the position. A torn tail, which was never acknowledged by this
   * replica, is left out.
   *
   * @param directory of a {@link RatisRaftLog}
   * @param group the log's group
   * @param behind of the state beside it
   * @return position of the last entry that the log has, or {@link LogPosition#NONE}
   * @throws IOException if the directory is in use, another's, damaged, or begins behind the state
   */
  public static LogPosition read(
      Path directory, UUID group, LogPosition behind, EntryVisitor visitor) throws IOException {
    Optional<Identity> identity =
        Files.isDirectory(directory) ? Identity.read(directory) : Optional.empty();
    if (identity.isEmpty()) {
      throw new IOException(directory + " is not a raft log directory of Hydrant");
    }
    if (!identity.get().groupId().equals(group)) {
      throw new IOException(
          "raft log directory "
              + directory
              + " belongs to group "
              + identity.get().groupId()
              + ", not to "
              + group);
    }
    try (FileChannel lock = LogDirectory.lock(directory)) {
      OfflineLog log = new OfflineLog(directory, behind, visitor);
      for (LogFile file : LogFile.list(directory.resolve(group.toString()).resolve("current"))) {
        log.read(file);
      }
      return log.last;
    }
  }

  private void read(LogFile file) throws IOException {
    OpenSegment.Content content = OpenSegment.read(file.path(), file.first(), this::entry);
    if (!file.open()
        && (content.tornBytes() > 0 || content.entries() != file.last() - file.first() + 1)) {
      throw new IOException(
          "raft log file "
              + file.path()
              + " is damaged behind byte "
              + content.validBytes()
              + ": it has "
              + content.entries()
              + " intact entries, and its name says more");
    }
  }

  private void entry(ByteBuffer encoded) throws IOException {
    LogEntryProto entry = LogEntryProto.parseFrom(encoded);
    LogPosition position = new LogPosition(entry.getTerm(), entry.getIndex());
    requireContinues(position);
    last = position;
    if (position.index() <= behind.index()) {
      return;
    }
    if (entry.hasStateMachineLogEntry()) {
      byte[] command = entry.getStateMachineLogEntry().getLogData().toByteArray();
      if (command.length > 0) {
        visitor.command(position, command);
        return;
      }
    }
    if (entry.hasConfigurationEntry()) {
      Membership membership = Members.of(position.index(), entry.getConfigurationEntry());
      visitor.membership(membership);
    }
    visitor.skipped(position);
  }

  private void requireContinues(LogPosition position) throws IOException {
    long expected =
        last.index() < 0 ? Math.min(position.index(), behind.index() + 1) : last.index() + 1;
    if (position.index() != expected) {
      throw new IOException(
          "the raft log in "
              + directory
              + " has entry "
              + position
              + " where "
              + expected
              + " was to follow: they are not of the same time, or a file is missing");
    }
    if (position.index() == behind.index() && position.term() != behind.term()) {
      throw new IOException(
          "the raft log in "
              + directory
              + " has "
              + position
              + " where the state beside it has "
              + behind
              + ": they do not belong together");
    }
  }
}
