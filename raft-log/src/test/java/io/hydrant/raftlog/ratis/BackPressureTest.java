package io.hydrant.raftlog.ratis;

import static io.hydrant.raftlog.ratis.Logs.lead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.hydrant.raftlog.LogBusyException;
import io.hydrant.raftlog.RaftLog;
import io.hydrant.raftlog.RaftLogConfig;
import io.hydrant.raftlog.RaftLogConfig.Bounds;
import io.hydrant.raftlog.RaftLogConfig.Timing;
import io.hydrant.raftlog.RecordingMachine;
import io.hydrant.raftlog.UnknownOutcomeException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class BackPressureTest {
  @TempDir private Path parent;

  private final CountDownLatch gate = new CountDownLatch(1);

  /** Every apply waits for the gate. */
  private RecordingMachine gated() {
    return new RecordingMachine()
        .failingOn(command -> {
          try {
            gate.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return false;
        });
  }

  private RaftLogConfig config(Bounds bounds, int submitTimeoutMillis) {
    return Logs.config(parent.resolve("log"))
        .withBounds(bounds)
        .withTiming(new Timing(300, 600, submitTimeoutMillis));
  }

  private static Throwable cause(CompletableFuture<?> future) {
    Throwable cause =
        assertThrows(ExecutionException.class, () -> future.get(20, TimeUnit.SECONDS)).getCause();
    return java.util.Objects.requireNonNull(cause);
  }

  @Test
  void refusesAtOnceAboveTheBoundInNumber() throws Exception {
    Bounds bounds = new Bounds(64 << 10, 50, 1 << 20, 0, 8, 64L << 20);
    try (RatisRaftLog log = lead(config(bounds, 10_000), gated())) {
      List<CompletableFuture<byte[]>> admitted = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        admitted.add(log.submit(new byte[10]));
      }
      assertInstanceOf(LogBusyException.class, cause(log.submit(new byte[10])));
      gate.countDown();
      for (CompletableFuture<byte[]> one : admitted) {
        one.get(20, TimeUnit.SECONDS);
      }
      Logs.submit(log, "room again");
    }
  }

  @Test
  void refusesAtOnceAboveTheBoundInBytes() throws Exception {
    Bounds bounds = new Bounds(64 << 10, 50, 1 << 20, 0, 4_096, 2 << 20);
    try (RatisRaftLog log = lead(config(bounds, 10_000), gated())) {
      CompletableFuture<byte[]> first = log.submit(new byte[RaftLog.COMMAND_BYTES_MAX]);
      CompletableFuture<byte[]> second = log.submit(new byte[RaftLog.COMMAND_BYTES_MAX]);
      assertInstanceOf(LogBusyException.class, cause(log.submit(new byte[1])));
      gate.countDown();
      first.get(20, TimeUnit.SECONDS);
      second.get(20, TimeUnit.SECONDS);
    }
  }

  @Test
  void aLateAnswerIsOfUnknownOutcomeAndTheCommandIsAppliedAllTheSame() throws Exception {
    RecordingMachine machine = gated();
    try (RatisRaftLog log = lead(config(Logs.SMALL, 200), machine)) {
      assertInstanceOf(
          UnknownOutcomeException.class,
          cause(log.submit("late".getBytes(StandardCharsets.UTF_8))));
      gate.countDown();
      Logs.submit(log, "next");
    }
    assertEquals(List.of("late", "next"), machine.commands());
  }

  @Test
  void closesWhileAnApplyWaits() throws Exception {
    RecordingMachine machine = gated();
    RatisRaftLog log = lead(config(Logs.SMALL, 10_000), machine);
    CompletableFuture<byte[]> first =
        log.submit("first".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    Thread closer = Thread.ofPlatform().start(log::close);
    gate.countDown();
    closer.join(20_000);
    try {
      first.get(20, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      assertInstanceOf(UnknownOutcomeException.class, e.getCause());
    }
  }
}
