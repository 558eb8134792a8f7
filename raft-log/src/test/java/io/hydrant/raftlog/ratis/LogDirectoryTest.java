package io.hydrant.raftlog.ratis;

import static io.hydrant.raftlog.ratis.Logs.GROUP;
import static io.hydrant.raftlog.ratis.Logs.config;
import static io.hydrant.raftlog.ratis.Logs.lead;
import static io.hydrant.raftlog.ratis.Logs.submit;
import static io.hydrant.raftlog.ratis.Logs.written;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.hydrant.raftlog.LogPosition;
import io.hydrant.raftlog.Peer;
import io.hydrant.raftlog.RaftLogConfig;
import io.hydrant.raftlog.RecordingMachine;
import io.hydrant.raftlog.RemovedFromGroupException;
import io.hydrant.raftlog.StateOrigin;
import io.hydrant.raftlog.Transport;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class LogDirectoryTest {
  @TempDir private Path parent;

  private Path directory() {
    return parent.resolve("log");
  }

  /** What open says; it must name the path, and the machine must hear nothing. */
  private String refusal(RaftLogConfig config, RecordingMachine machine) {
    IOException thrown = assertThrows(IOException.class, () -> RatisRaftLog.open(config, machine));
    String message = Objects.requireNonNull(thrown.getMessage());
    assertTrue(message.contains(config.directory().toString()), message);
    assertFalse(machine.failure().isDone());
    return message;
  }

  private void assertRefused(String reason, RaftLogConfig config, RecordingMachine machine) {
    String message = refusal(config, machine);
    assertTrue(message.contains(reason), message);
  }

  @Test
  void identityIsAsDocumented() throws Exception {
    written(directory(), "a");
    byte[] actual = Files.readAllBytes(directory().resolve(Identity.FILE));
    Path golden = Path.of("src/test/resources/golden/raft-log.identity");
    if (Boolean.getBoolean("hydrant.golden.write")) {
      Files.write(golden, actual);
    }
    assertArrayEquals(Files.readAllBytes(golden), actual);
  }

  @Test
  void refusesADirectoryInUse() throws Exception {
    try (RatisRaftLog log = lead(config(directory()), new RecordingMachine())) {
      assertRefused("in use", config(directory()), new RecordingMachine());
      submit(log, "still works");
    }
    lead(config(directory()), new RecordingMachine()).close();
  }

  @Test
  void refusesAnothersDirectory() throws Exception {
    written(directory(), "a");
    assertRefused(
        "belongs to group " + GROUP,
        RaftLogConfig.single(directory(), new UUID(3, 4), "n0"),
        new RecordingMachine());
    assertRefused(
        "belongs to replica n0",
        RaftLogConfig.single(directory(), GROUP, "n1"),
        new RecordingMachine());
  }

  /** Members change while a replica is away: the log knows better than the configuration. */
  @Test
  void theLogsMembersCount() throws Exception {
    RecordingMachine first = new RecordingMachine();
    try (Replicas replicas = new Replicas(parent, Logs.SMALL, 3)) {
      RaftLogConfig alone = replicas.voter("n0", replicas.first(1));
      lead(alone, first).close();
      lead(replicas.voter("n0", replicas.first(3)), first.restart()).close();
      Files.move(replicas.directory("n0"), replicas.directory("n2"));
      Files.delete(replicas.directory("n2").resolve(Identity.FILE));
      new Identity(GROUP, "n2").write(replicas.directory("n2"));
      RaftLogConfig moved = replicas.voter("n2", replicas.first(3));
      String message = refusal(moved, first.restart());
      assertTrue(message.contains("n2 is no member of its group any more"), message);
      assertThrows(
          RemovedFromGroupException.class, () -> RatisRaftLog.open(moved, first.restart()));
    }
  }

  @Test
  void refusesAPortInUseWithoutEndingTheProcess() throws Exception {
    try (ServerSocket taken = new ServerSocket(0)) {
      int port = taken.getLocalPort();
      List<Peer> peers =
          List.of(
              Peer.at("n0", "127.0.0.1:" + port),
              Peer.at("n1", "127.0.0.1:1"),
              Peer.at("n2", "127.0.0.1:2"));
      refusal(
          RaftLogConfig.member(
              directory(), GROUP, "n0", peers, new Transport.Grpc("127.0.0.1", port)),
          new RecordingMachine());
    }
  }

  @Test
  void refusesAForeignDirectory() throws Exception {
    Files.createDirectories(directory());
    Files.writeString(directory().resolve("holiday.jpg"), "x");
    assertRefused("holiday.jpg", config(directory()), new RecordingMachine());
    assertFalse(Files.exists(directory().resolve(Identity.FILE)));
  }

  @Test
  void refusesAFileInPlaceOfTheDirectory() throws Exception {
    Files.writeString(directory(), "x");
    assertRefused("cannot be made or written", config(directory()), new RecordingMachine());
  }

  @Test
  void refusesAnUnwritableDirectory() throws Exception {
    Files.createDirectories(directory());
    assumeFalse(
        !directory().toFile().setWritable(false) || Files.isWritable(directory()),
        "root may write anywhere");
    assertRefused("cannot be made or written", config(directory()), new RecordingMachine());
    assertTrue(directory().toFile().setWritable(true));
  }

  @Test
  void refusesANewerFormatAndADamagedIdentity() throws Exception {
    written(directory(), "a");
    Path identity = directory().resolve(Identity.FILE);
    String text = Files.readString(identity);
    Files.writeString(identity, text.replace("format 1", "format 2"));
    assertRefused("newer version", config(directory()), new RecordingMachine());
    for (String damage :
        List.of(
            "", "x", text.replace("self n0", "self n1"), text + text, text.replace("1", "\0"))) {
      Files.writeString(identity, damage);
      assertRefused("damaged", config(directory()), new RecordingMachine());
    }
    Files.writeString(identity, text);
    lead(config(directory()), new RecordingMachine()).close();
  }

  @Test
  void refusesABlankLogBesideAState() {
    assertRefused(
        "is blank, but the state beside it is at index 7",
        config(directory()),
        RecordingMachine.at(new LogPosition(1, 7)));
  }

  /** A new group out of the state of a lost one: positions go on, and terms never go back. */
  @Test
  void aBlankLogContinuesARecoveredState() throws Exception {
    RecordingMachine machine = RecordingMachine.at(new LogPosition(7, 500), StateOrigin.RECOVERED);
    try (RatisRaftLog log = lead(config(directory()), machine)) {
      submit(log, "a");
      assertEquals(new LogPosition(8, 501), machine.positions().getFirst());
      assertEquals(new LogPosition(8, 502), machine.positions().getLast());
      assertEquals(501, log.status().firstIndex());
    }
    RecordingMachine again = RecordingMachine.at(new LogPosition(7, 500), StateOrigin.RECOVERED);
    lead(config(directory()), again).close();
    assertEquals(List.of("a"), again.commands());
    machine.makeDurable();
    lead(config(directory()), machine.restart()).close();
    assertRefused(
        "not of the same time",
        config(directory()),
        RecordingMachine.at(new LogPosition(7, 499), StateOrigin.RECOVERED));
  }

  @Test
  void anInstalledStateMayBeAheadOfItsLog() throws Exception {
    written(directory(), "a", "b");
    RecordingMachine machine = RecordingMachine.at(new LogPosition(1, 500), StateOrigin.INSTALLED);
    try (RatisRaftLog log = lead(config(directory()), machine)) {
      submit(log, "c");
      assertEquals(501, machine.positions().getFirst().index());
      assertEquals(501, log.status().firstIndex());
    }
    assertRefused(
        "is blank, but the state beside it is at index 500",
        config(parent.resolve("other")),
        RecordingMachine.at(new LogPosition(1, 500), StateOrigin.INSTALLED));
  }

  @Test
  void refusesAWipedGroupBesideAState() throws Exception {
    RecordingMachine machine = written(directory(), "a");
    machine.makeDurable();
    for (Path file : Logs.files(directory(), "")) {
      Files.delete(file);
    }
    assertRefused("is blank", config(directory()), machine.restart());
  }

  @Test
  void refusesALogThatEndsBeforeTheState() throws Exception {
    written(directory(), "a", "b");
    assertRefused(
        "has entries 0..2, but the state beside it is at index 9",
        config(directory()),
        RecordingMachine.at(new LogPosition(1, 9)));
  }

  @Test
  void refusesALogThatBeginsBehindTheState() throws Exception {
    RecordingMachine machine = new RecordingMachine();
    try (RatisRaftLog log = lead(config(directory()), machine)) {
      for (int i = 0; i < 600; i++) {
        submit(log, "x".repeat(500));
      }
      assertTrue(log.status().firstIndex() > 0);
    }
    assertRefused("not of the same time", config(directory()), new RecordingMachine());
  }

  @Test
  void refusesAStateOfAnotherHistory() throws Exception {
    written(directory(), "a", "b");
    assertRefused(
        "do not belong together", config(directory()), RecordingMachine.at(new LogPosition(5, 1)));
  }

  @Test
  void refusesADamagedClosedSegmentAndOpensItOnceRestored() throws Exception {
    RecordingMachine first = written(directory(), "a", "b", "c");
    lead(config(directory()), first.restart()).close(); // its first entry closes the file
    Path closed = Logs.files(directory(), "log_0-").getFirst();
    Path copy = Files.copy(closed, parent.resolve("copy"));
    flip(closed, 60);
    refusal(config(directory()), new RecordingMachine());
    Files.copy(copy, closed, StandardCopyOption.REPLACE_EXISTING);
    try (FileChannel channel = FileChannel.open(closed, StandardOpenOption.WRITE)) {
      channel.truncate(channel.size() - 1);
    }
    refusal(config(directory()), new RecordingMachine());
    Files.copy(copy, closed, StandardCopyOption.REPLACE_EXISTING);
    RecordingMachine again = new RecordingMachine();
    lead(config(directory()), again).close();
    assertEquals(List.of("a", "b", "c"), again.commands());
  }

  @Test
  void refusesADamagedOpenSegment() throws Exception {
    written(directory(), "a", "b", "c");
    Path open = Logs.openSegment(directory());
    byte[] intact = Files.readAllBytes(open);
    for (int offset = 0; offset < intact.length; offset++) {
      flip(open, offset);
      if (offset < intact.length - 80) { // in the last entry it may look torn
        refusal(config(directory()), new RecordingMachine());
      }
      Files.write(open, intact);
    }
  }

  @Test
  void cutsATornTailAndLosesNothingAcknowledged() throws Exception {
    written(directory(), "a", "b", "c");
    Path open = Logs.openSegment(directory());
    byte[] torn = new byte[4_096];
    torn[0] = (byte) 0xb8; // 3,000 bytes were to follow, but only the first sector came
    torn[1] = 0x17;
    java.util.Arrays.fill(torn, 2, 300, (byte) 7);
    Files.write(open, torn, StandardOpenOption.APPEND);
    RecordingMachine again = new RecordingMachine();
    try (RatisRaftLog log = lead(config(directory()), again)) {
      assertEquals(List.of("a", "b", "c"), again.commands());
      submit(log, "d");
    }
    RecordingMachine third = new RecordingMachine();
    lead(config(directory()), third).close();
    assertEquals(List.of("a", "b", "c", "d"), third.commands());
  }

  private static void flip(Path file, long offset) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[(int) offset] ^= 0x10;
    Files.write(file, bytes);
  }
}
