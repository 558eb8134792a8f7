package io.hydrant.raftlog.ratis;

import io.hydrant.raftlog.Peer;
import io.hydrant.raftlog.RaftLogConfig;
import io.hydrant.raftlog.ratis.CountingMachine.Step;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One member of a group, in a process of its own; prints how far it has counted. Arguments: the
 * directory of all members, own number, where to end, and the addresses of all.
 */
final class CountingProcess {
  private CountingProcess() {}

  static List<String> command(Path parent, int self, Step end, List<Peer> peers) {
    List<String> command =
        new ArrayList<>(
            List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                CountingProcess.class.getName(),
                parent.toString(),
                Integer.toString(self),
                end.name()));
    peers.forEach(peer -> command.add(peer.raftAddress()));
    return command;
  }

  public static void main(String[] arguments) throws Exception {
    Path parent = Path.of(arguments[0]);
    int self = Integer.parseInt(arguments[1]);
    List<Peer> peers = new ArrayList<>();
    for (int i = 3; i < arguments.length; i++) {
      peers.add(Peer.at("n" + (i - 3), arguments[i]));
    }
    CountingMachine machine =
        new CountingMachine(parent.resolve("n" + self + ".state"), Step.valueOf(arguments[2]));
    RaftLogConfig config =
        RaftLogConfig.member(
                parent.resolve("n" + self),
                Logs.GROUP,
                "n" + self,
                peers,
                Replicas.transport(peers.get(self)))
            .withBounds(Logs.SMALL);
    try (RatisRaftLog log = RatisRaftLog.open(config, machine)) {
      long said = -1;
      while (machine.failure().isEmpty()) {
        if (machine.next() != said) {
          said = machine.next();
          System.out.println("at " + said);
        }
        TimeUnit.MILLISECONDS.sleep(2);
      }
    }
  }
}
