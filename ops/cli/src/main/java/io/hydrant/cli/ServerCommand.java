package io.hydrant.cli;

import io.hydrant.cli.output.Json;
import io.hydrant.cli.output.Output;
import io.hydrant.client.Endpoint;
import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.files.DiskFullException;
import io.hydrant.node.HydrantNode;
import io.hydrant.node.config.NodeConfig;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code server}: runs until it is told to stop. */
@Command(
    name = "server",
    description = {
      "Runs a server in the foreground. Prints one line when it is ready; SIGTERM or Ctrl-C stops it in order.",
      "Configuration in rising precedence: defaults, --config file, HYDRANT_... variables, options."
    },
    footer = {
      "",
      "Examples:",
      "  hydrant server --data /var/lib/hydrant",
      "  hydrant server --config /etc/hydrant.properties --set storage.map-cache-bytes=256m",
      "  HYDRANT_HEAP=512m hydrant server --data /var/lib/hydrant --listen 127.0.0.1:7171",
      "",
      "All keys of the configuration: docs/configuration.md."
    })
final class ServerCommand extends BasicCommand {
  private static final String LISTEN_KEY = "listen.address";
  private static final String INSECURE_KEY = "listen.insecure";

  @Mixin private ServerOptions options;

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      description = "Address to listen on (127.0.0.1:7070); port 0: any free one.")
  private @Nullable String listen;

  @Option(
      names = "--stop-with-parent",
      hidden = true,
      description =
          "Stop when standard input closes: for processes that start a server of their own.")
  private boolean stopWithParent;

  @Override
  ExitCode run(Output output) throws InterruptedException {
    Logging.forServer(root().verbose());
    NodeConfig configuration = configuration();
    HydrantNode node = start(configuration);
    Runtime.getRuntime()
        .addShutdownHook(Thread.ofPlatform().name("stop").unstarted(() -> stop(node)));
    String address = new Endpoint(configuration.listen().host(), node.port()).toString();
    output.item(
        new Json()
            .put("event", "ready")
            .put("address", address)
            .put("data_directory", configuration.dataDirectory().toString())
            .put("pid", ProcessHandle.current().pid()));
    output.line("hydrant: ready on " + address + ", data in " + configuration.dataDirectory());
    if (stopWithParent) {
      awaitParent();
      return stopInOrder(node);
    }
    node.awaitTermination();
    return ExitCode.OK;
  }

  private NodeConfig configuration() {
    Map<String, String> flags = new LinkedHashMap<>();
    if (listen != null) {
      flags.put(LISTEN_KEY, listen);
    }
    if (root().insecure()) {
      flags.put(INSECURE_KEY, "true");
    }
    return options.configuration(flags);
  }

  private static HydrantNode start(NodeConfig configuration) {
    try {
      return HydrantNode.start(configuration);
    } catch (CorruptionException e) {
      throw new CommandFailure(ExitCode.DAMAGED, String.valueOf(e.getMessage()), "", e);
    } catch (DiskFullException e) {
      throw new CommandFailure(ExitCode.DISK_FULL, String.valueOf(e.getMessage()), "", e);
    } catch (IOException e) {
      CommandFailure known = CommandErrors.explain(e, "");
      throw new CommandFailure(
          ExitCode.CONFIGURATION,
          e instanceof FileSystemException ? known.problem() : String.valueOf(e.getMessage()),
          known.cure(),
          e);
    }
  }

  /**
   * On SIGTERM or Ctrl-C: a stop that was asked for is no failure, so the exit code is 0 and not
   * 143.
   */
  private static void stop(HydrantNode node) {
    int code = stopInOrder(node).code();
    Runtime.getRuntime().halt(code);
  }

  private static ExitCode stopInOrder(HydrantNode node) {
    try {
      node.close();
      return ExitCode.OK;
    } catch (IOException e) {
      System.err.println("hydrant: not stopped in order: " + e.getMessage());
      System.err.println("  Nothing acknowledged is lost; the next start recovers.");
      return ExitCode.LOCAL_IO;
    }
  }

  /** Returns when standard input ends, however the parent ended. */
  private static void awaitParent() {
    try {
      while (System.in.read() >= 0) {
        // Only its end counts.
      }
    } catch (IOException e) {
      // A broken pipe says the same.
    }
  }
}
