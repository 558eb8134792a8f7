package io.hydrant.raftlog.ratis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.raftlog.EntryVisitor;
import io.hydrant.raftlog.LogPosition;
import io.hydrant.raftlog.Membership;
import io.hydrant.raftlog.Peer;
import io.hydrant.raftlog.RecordingMachine;
import io.hydrant.raftlog.RecordingMachine.Applied;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class OfflineLogTest {
  @TempDir private Path parent;

  private static final class Recording implements EntryVisitor {
    final List<Applied> commands = new ArrayList<>();
    final List<LogPosition> skipped = new ArrayList<>();
    final List<Membership> memberships = new ArrayList<>();

    @Override
    public void command(LogPosition position, byte[] command) {
      commands.add(new Applied(position, new String(command, UTF_8)));
    }

    @Override
    public void skipped(LogPosition position) {
      skipped.add(position);
    }

    @Override
    public void membership(Membership membership) {
      memberships.add(membership);
    }
  }

  private Path directory() {
    return parent.resolve("log");
  }

  private Recording read(LogPosition behind) throws IOException {
    Recording read = new Recording();
    OfflineLog.read(directory(), Logs.GROUP, behind, read);
    return read;
  }

  private String refusal(LogPosition behind) {
    return Objects.requireNonNull(assertThrows(IOException.class, () -> read(behind)).getMessage());
  }

  /** Two lives, so that there is a closed file and an open one. */
  private RecordingMachine written() throws Exception {
    RecordingMachine first = Logs.written(directory(), "a", "b");
    RecordingMachine second = first.restart().durableOnlyOnDemand();
    try (RatisRaftLog log = Logs.lead(Logs.config(directory()), second)) {
      Logs.submit(log, "c", "d");
    }
    return second;
  }

  @Test
  void visitsWhatIsBehindThePositionAndChangesNothing() throws Exception {
    RecordingMachine machine = written();
    byte[] open = Files.readAllBytes(Logs.openSegment(directory()));
    Recording all = read(LogPosition.NONE);
    assertEquals(machine.applied(), all.commands);
    assertEquals(2, all.skipped.size(), "the first entry of each term");
    assertEquals(
        List.of(List.of(Peer.unreachable("n0")), List.of(Peer.unreachable("n0"))),
        all.memberships.stream().map(Membership::voters).toList());

    LogPosition behind = machine.applied().get(2).position();
    assertEquals(machine.applied().subList(3, 4), read(behind).commands);
    assertArrayEquals(open, Files.readAllBytes(Logs.openSegment(directory())));
  }

  @Test
  void leavesOutATornTailAndLeavesItThere() throws Exception {
    RecordingMachine machine = written();
    Path open = Logs.openSegment(directory());
    byte[] torn = new byte[4_096];
    torn[0] = (byte) 0xb8; // 3,000 bytes were to follow, but only the first sector came
    torn[1] = 0x17;
    java.util.Arrays.fill(torn, 2, 300, (byte) 7);
    Files.write(open, torn, StandardOpenOption.APPEND);
    long size = Files.size(open);
    assertEquals(machine.applied(), read(LogPosition.NONE).commands);
    assertEquals(size, Files.size(open));
  }

  @Test
  void refusesWhatItCannotVouchFor() throws Exception {
    written();
    assertTrue(refusal(new LogPosition(9, 1)).contains("do not belong together"));
    assertTrue(
        Objects.requireNonNull(
                assertThrows(
                        IOException.class,
                        () ->
                            OfflineLog.read(
                                directory(), new UUID(7, 7), LogPosition.NONE, new Recording()))
                    .getMessage())
            .contains("belongs to group"));
    try (RatisRaftLog log = Logs.lead(Logs.config(directory()), new RecordingMachine())) {
      assertTrue(refusal(LogPosition.NONE).contains("in use"));
      assertTrue(log.status().leader());
    }
    Path closed = Logs.files(directory(), "log_0-").getFirst();
    byte[] intact = Files.readAllBytes(closed);
    byte[] damaged = intact.clone();
    damaged[60] ^= 0x10;
    Files.write(closed, damaged);
    assertTrue(refusal(LogPosition.NONE).contains("damaged"));
    Files.delete(closed);
    assertTrue(refusal(LogPosition.NONE).contains("was to follow"));
    assertTrue(
        Objects.requireNonNull(
                assertThrows(
                        IOException.class,
                        () ->
                            OfflineLog.read(parent, Logs.GROUP, LogPosition.NONE, new Recording()))
                    .getMessage())
            .contains("not a raft log"));
  }
}
