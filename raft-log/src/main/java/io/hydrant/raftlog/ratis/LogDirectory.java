package io.hydrant.raftlog.ratis;

import io.hydrant.raftlog.LogPosition;
import io.hydrant.raftlog.RaftLogConfig;
import io.hydrant.raftlog.StateOrigin;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory of one replica's log: held by one process, of one group and one replica, synced and
 * checked before Ratis opens it.
 *
 * <pre>
 *   raft-log.lock       held while open
 *   raft-log.identity   {@link Identity}
 *   GROUP-ID/current/   Ratis: raft-meta (term, vote), raft-meta.conf (voters), log_FIRST-LAST, log_inprogress_FIRST
 * </pre>
 */
final class LogDirectory implements AutoCloseable {
  /**
   * Where Ratis would move a group that is removed at run time; not used, but its default is /tmp.
   */
  static final String REMOVED = "removed";

  private static final Logger LOG = LoggerFactory.getLogger(LogDirectory.class);
  private static final String LOCK = "raft-log.lock";

  private final RaftLogConfig config;
  private final FileChannel lock;

  private LogDirectory(RaftLogConfig config, FileChannel lock) {
    this.config = config;
    this.lock = lock;
  }

  /**
   * Makes the directory if it is missing, and takes it.
   *
   * @throws IOException if it cannot be made or written, or another process has it
   */
  static LogDirectory take(RaftLogConfig config) throws IOException {
    return new LogDirectory(config, lock(config.directory()));
  }

  /** Held until it is closed. */
  static FileChannel lock(Path directory) throws IOException {
    FileChannel lock;
    try {
      Files.createDirectories(directory);
      lock =
          FileChannel.open(
              directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new IOException(
          "raft log directory "
              + directory
              + " cannot be made or written ("
              + e
              + "): check the path, its owner and its permissions",
          e);
    }
    if (tryLock(lock) == null) {
      lock.close();
      throw new IOException(
          "raft log directory "
              + directory
              + " is in use by another process: stop it first, or use another directory");
    }
    return lock;
  }

  private static @Nullable FileLock tryLock(FileChannel lock) throws IOException {
    try {
      return lock.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // this very process has it
    } catch (IOException e) {
      lock.close();
      throw e;
    }
  }

  /**
   * Checks the identity (or gives one to an empty directory), syncs what a killed process left in
   * the page cache, cuts a torn tail, and checks that the log continues the state.
   *
   * @param restored position of the state that the log has to continue
   * @param origin what the log may lack
   * @return the last index that the log holds, or -1
   * @throws IOException naming the directory, what is wrong, and the cure
   */
  long recover(LogPosition restored, StateOrigin origin) throws IOException {
    Identity identity = new Identity(config.groupId(), config.selfId());
    Path group = config.directory().resolve(config.groupId().toString());
    if (!identity.check(config.directory())) {
      requireEmpty();
      if (origin != StateOrigin.RECOVERED) {
        requireBlankState(restored);
      }
      identity.write(config.directory());
    }
    if (Files.exists(group)) {
      syncTree(group);
    }
    sync(config.directory());
    Path current = group.resolve("current");
    // Only a state that this log was applied to proves what must have been synced.
    long proven = origin == StateOrigin.REPLAYED ? restored.index() : -1;
    List<Segment> segments = segments(current, proven);
    if (origin == StateOrigin.INSTALLED
        && Terms.exist(current)
        && segments.stream().allMatch(segment -> segment.last() < restored.index())) {
      // The last life ended between the install and Ratis' purge; Ratis itself would keep the open
      // file, and refuse every entry behind it.
      delete(current, segments);
      return -1;
    }
    if (segments.isEmpty()) {
      if (origin == StateOrigin.RECOVERED) {
        Terms.raise(config.directory(), group, restored.term());
      } else {
        requireBlankState(restored);
      }
      return -1;
    }
    return requireContinues(segments, restored);
  }

  private static void delete(Path current, List<Segment> segments) throws IOException {
    for (Segment segment : segments) {
      LOG.info("raft log file {}: deleted, installed state covers it", segment.file());
      Files.delete(segment.file());
    }
    sync(current);
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }

  private void requireEmpty() throws IOException {
    try (Stream<Path> content = Files.list(config.directory())) {
      List<String> foreign =
          content
              .map(path -> path.getFileName().toString())
              .filter(name -> !name.equals(LOCK) && !name.equals(Identity.TEMPORARY))
              .sorted()
              .toList();
      if (!foreign.isEmpty()) {
        throw new IOException(
            "directory "
                + config.directory()
                + " is not a raft log of Hydrant, but has "
                + foreign.getFirst()
                + " in it: use an empty directory");
      }
    }
  }

  private void requireBlankState(LogPosition restored) throws IOException {
    if (restored.index() >= 0) {
      throw new IOException(
          "raft log directory "
              + config.directory()
              + " is blank, but the state beside it is at index "
              + restored.index()
              + ": restore both from one copy, or empty both to begin anew");
    }
  }

  private long requireContinues(List<Segment> segments, LogPosition restored) throws IOException {
    long first = segments.stream().mapToLong(Segment::first).min().orElseThrow();
    long last = segments.stream().mapToLong(Segment::last).max().orElseThrow();
    if (first > restored.index() + 1 || last < restored.index()) {
      throw new IOException(
          "the raft log in "
              + config.directory()
              + " has entries "
              + first
              + ".."
              + last
              + ", but the state beside it is at index "
              + restored.index()
              + ": they are not of the same time; restore both from one copy");
    }
    return last;
  }

  /** One log file: entries first..last; none if last is before first. */
  private record Segment(Path file, long first, long last) {}

  private static List<Segment> segments(Path current, long provenIndex) throws IOException {
    List<Segment> segments = new ArrayList<>();
    for (LogFile file : LogFile.list(current)) {
      segments.add(
          file.open()
              ? recoverOpen(file.path(), file.first(), provenIndex)
              : new Segment(file.path(), file.first(), file.last()));
    }
    return segments;
  }

  private static Segment recoverOpen(Path file, long first, long restoredIndex) throws IOException {
    OpenSegment.Content content = OpenSegment.recover(file, first, restoredIndex);
    if (content.tornBytes() > 0) {
      LOG.warn(
          "raft log file {}: cut {} bytes behind byte {}, an unfinished write of the last run; nothing acknowledged is lost",
          file,
          content.tornBytes(),
          content.validBytes());
    }
    return new Segment(file, first, first + content.entries() - 1);
  }

  private static void syncTree(Path root) throws IOException {
    try (Stream<Path> paths = Files.walk(root)) {
      for (Path path : paths.toList()) {
        sync(path);
      }
    }
  }

  /** Files and directories alike; reading rights are enough on Linux. */
  static void sync(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
