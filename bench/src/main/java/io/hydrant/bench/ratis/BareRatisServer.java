package io.hydrant.bench.ratis;

import io.hydrant.bench.bare.RecycledFile;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.storage.RaftStorage;

/** One of three bare Ratis servers. */
public final class BareRatisServer {
  private BareRatisServer() {}

  /** Arguments: own number, directory, file, its bytes, ports of all. Serves until it is ended. */
  public static void main(String[] arguments) throws Exception {
    int number = Integer.parseInt(arguments[0]);
    Path directory = Path.of(arguments[1]);
    List<Integer> ports = Arrays.stream(arguments).skip(4).map(Integer::valueOf).toList();
    DataFile machine =
        new DataFile(RecycledFile.open(Path.of(arguments[2]), Long.parseLong(arguments[3])));
    RaftServer server =
        RaftServer.newBuilder()
            .setServerId(RaftPeerId.valueOf("r" + number))
            .setGroup(BareRatisSettings.group(ports))
            .setProperties(BareRatisSettings.server(directory, ports.get(number)))
            .setStateMachineRegistry(group -> machine)
            .setOption(RaftStorage.StartupOption.RECOVER)
            .build();
    server.start();
    System.out.println("ratis server on port " + ports.get(number));
    Thread.currentThread().join();
  }
}
