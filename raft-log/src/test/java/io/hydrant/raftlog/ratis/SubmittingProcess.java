package io.hydrant.raftlog.ratis;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hydrant.raftlog.Peer;
import io.hydrant.raftlog.RaftLogConfig;
import io.hydrant.raftlog.RecordingMachine;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A member in a process of its own that submits other words all the time, and prints those that
 * were acknowledged. Arguments: the directory of all members, own number, and the addresses of all.
 */
final class SubmittingProcess {
  /** In flight at once, so that a pause meets commands in every state. */
  private static final int WINDOW = 8;

  private static final String COUNT_PROPERTY = "submissions";

  private SubmittingProcess() {}

  /** As the other one, but it falls silent when so many words, or a few more, are acknowledged. */
  static List<String> command(Path parent, int self, List<Peer> peers, int count) {
    return MemberProcess.command(
        SubmittingProcess.class,
        List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-D" + COUNT_PROPERTY + "=" + count),
        List.of(parent.toString(), Integer.toString(self)),
        peers);
  }

  static List<String> command(Path parent, int self, List<Peer> peers) {
    return MemberProcess.command(
        SubmittingProcess.class,
        List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"),
        List.of(parent.toString(), Integer.toString(self)),
        peers);
  }

  public static void main(String[] arguments) throws Exception {
    int self = Integer.parseInt(arguments[1]);
    RaftLogConfig config =
        MemberProcess.config(Path.of(arguments[0]), self, arguments, 2).withBounds(Logs.SMALL);
    RatisRaftLog log = RatisRaftLog.open(config, new RecordingMachine().durableOnlyOnDemand());
    Semaphore window = new Semaphore(WINDOW);
    AtomicLong wanted = new AtomicLong(Long.getLong(COUNT_PROPERTY, Long.MAX_VALUE));
    for (long number = 0; wanted.get() > 0; number++) {
      String command = "k" + number;
      window.acquire();
      var unused =
          log.submit(command.getBytes(UTF_8))
              .whenComplete((answer, thrown) -> {
                window.release();
                if (thrown == null) {
                  wanted.decrementAndGet();
                  System.out.println(command);
                }
              });
      TimeUnit.MILLISECONDS.sleep(1);
    }
    Thread.currentThread().join(); // for ever: it is a member still
  }
}
