package io.hydrant.node;

import io.hydrant.node.config.NodeConfig;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A server in a process of its own, to be killed. */
final class ServerProcess {
  private static final int EXIT_REFUSED = 78;

  private final Process process;
  private final int port;

  private ServerProcess(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** What the child runs: serves, says where, waits for being killed. Arguments: KEY=VALUE. */
  public static void main(String[] arguments) throws Exception {
    Map<String, String> settings = new HashMap<>();
    settings.put("listen.address", "127.0.0.1:0");
    settings.put("storage.segment-bytes", "8m");
    settings.put("storage.reserve-bytes", "1m");
    for (String argument : arguments) {
      int equals = argument.indexOf('=');
      settings.put(argument.substring(0, equals), argument.substring(equals + 1));
    }
    HydrantNode node;
    try {
      node = HydrantNode.start(NodeConfig.load(Optional.empty(), Map.of(), settings));
    } catch (IOException e) {
      System.out.println("refused " + e.getMessage());
      System.exit(EXIT_REFUSED);
      return;
    }
    System.out.println("port " + node.port());
    node.awaitTermination();
  }

  static ServerProcess start(Path directory) throws Exception {
    return start(Map.of("data.directory", directory.toString()));
  }

  /** With these settings beside the usual ones; fails with what a server says that refuses. */
  static ServerProcess start(Map<String, String> settings) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                ProcessHandle.current().info().command().orElseThrow(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                ServerProcess.class.getName()));
    settings.forEach((key, value) -> command.add(key + "=" + value));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    BufferedReader output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith("port ")) {
        return new ServerProcess(process, Integer.parseInt(line.substring("port ".length())));
      }
      if (line.startsWith("refused ")) {
        process.waitFor();
        throw new IOException(line);
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
