package io.hydrant.bench.fanout;

import io.grpc.ManagedChannel;
import io.hydrant.bench.process.BareServers;
import io.hydrant.bench.process.FreePort;
import io.hydrant.bench.process.JvmCommand;
import io.hydrant.bench.process.ProcessAccounts;
import io.hydrant.v1.WriteCheckpointRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;

/** Three fan-out servers in processes of their own; the first one leads. */
public final class FanOutGroup implements AutoCloseable {
  private static final int REPLICAS = 3;

  private final BareServers servers = new BareServers("a fan-out server");
  private final ManagedChannel channel;

  private FanOutGroup(ManagedChannel channel) {
    this.channel = channel;
  }

  /**
   * @param fileBytes length of the file that each of them writes over
   */
  public static FanOutGroup start(
      JvmCommand jvm, List<String> jvmOptions, Path directory, long fileBytes)
      throws IOException, InterruptedException {
    List<Integer> ports = FreePort.choose(REPLICAS);
    FanOutGroup group = new FanOutGroup(FanOutServer.channel(ports.getFirst()));
    try {
      for (int replica = 0; replica < REPLICAS; replica++) {
        Path file = Files.createTempFile(directory, "fanout-", ".dat");
        List<String> arguments =
            new ArrayList<>(
                List.of(ports.get(replica).toString(), file.toString(), Long.toString(fileBytes)));
        if (replica == 0) {
          ports.stream().skip(1).forEach(port -> arguments.add(port.toString()));
        }
        group.servers.start(
            "fanout", directory, jvm.of(jvmOptions, FanOutServer.class.getName(), arguments), file);
      }
      group.servers.awaitReady();
    } catch (IOException | InterruptedException e) {
      group.close();
      throw e;
    }
    return group;
  }

  /** A long-lived call to the leader; one at a time. */
  public FanOutStream stream() {
    return new FanOutStream(channel);
  }

  /** A call of its own; nanoseconds until a majority has all of it. */
  public long write(List<WriteCheckpointRequest> messages, long count)
      throws InterruptedException, ExecutionException {
    try (FanOutStream stream = stream()) {
      return stream.write(messages, count);
    }
  }

  public ProcessAccounts accounts() throws IOException {
    return servers.accounts();
  }

  @Override
  public void close() throws IOException, InterruptedException {
    channel.shutdownNow();
    servers.close();
  }
}
