package io.hydrant.node;

import io.hydrant.node.config.NodeConfig;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A server in a process of its own, to be killed. */
final class ServerProcess {
  private final Process process;
  private final int port;

  private ServerProcess(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** What the child runs: serves, says where, waits for being killed. */
  public static void main(String[] arguments) throws Exception {
    HydrantNode node =
        HydrantNode.start(
            NodeConfig.load(
                Optional.empty(),
                Map.of(),
                Map.of(
                    "data.directory",
                    arguments[0],
                    "listen.address",
                    "127.0.0.1:0",
                    "storage.segment-bytes",
                    "8m",
                    "storage.reserve-bytes",
                    "1m")));
    System.out.println("port " + node.port());
    node.awaitTermination();
  }

  static ServerProcess start(Path directory) throws Exception {
    Process process =
        new ProcessBuilder(
                List.of(
                    ProcessHandle.current().info().command().orElseThrow(),
                    "-Xmx256m",
                    "-XX:+UseSerialGC",
                    "--enable-native-access=ALL-UNNAMED",
                    "--sun-misc-unsafe-memory-access=allow",
                    "-cp",
                    System.getProperty("java.class.path"),
                    ServerProcess.class.getName(),
                    directory.toString()))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith("port ")) {
        return new ServerProcess(process, Integer.parseInt(line.substring("port ".length())));
      }
    }
    throw new AssertionError("the server did not start: exit code " + process.waitFor());
  }

  int port() {
    return port;
  }

  /** SIGKILL. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
  }
}
