package io.hydrant.raftlog.ratis;

import io.hydrant.raftlog.Peer;
import io.hydrant.raftlog.RaftLogConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A member of a group in a process of its own: how it is started, and what it opens. */
final class MemberProcess {
  private MemberProcess() {}

  /**
   * The command line of a member.
   *
   * @param main has a main method, which gets the arguments and then the addresses of all members
   * @param jvmOptions besides those that every member needs
   */
  static List<String> command(
      Class<?> main, List<String> jvmOptions, List<String> arguments, List<Peer> peers) {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElseThrow());
    command.addAll(jvmOptions);
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            main.getName()));
    command.addAll(arguments);
    peers.forEach(peer -> command.add(peer.raftAddress()));
    return command;
  }

  /**
   * Of member n0, n1 and so on.
   *
   * @param parent of the directories of all members
   * @param arguments of which the last ones are addresses
   * @param firstAddress place of n0's address in them
   */
  static RaftLogConfig config(Path parent, int self, String[] arguments, int firstAddress) {
    List<Peer> peers = new ArrayList<>();
    for (String address : Arrays.asList(arguments).subList(firstAddress, arguments.length)) {
      peers.add(Peer.at("n" + peers.size(), address));
    }
    String name = "n" + self;
    return RaftLogConfig.member(
        parent.resolve(name), Logs.GROUP, name, peers, Replicas.transport(peers.get(self)));
  }
}
