package io.hydrant.cli;

import io.hydrant.node.config.ConfigException;
import io.hydrant.node.config.NodeConfig;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a server's configuration is given on the command line. */
final class ServerOptions {
  private static final String DATA_KEY = "data.directory";

  /** Variables with our prefix that are the launcher's and the clients', not the server's. */
  private static final Set<String> FOREIGN_VARIABLES =
      Set.of(
          "HYDRANT_SERVER",
          "HYDRANT_DEBUG",
          "HYDRANT_HEAP",
          "HYDRANT_JAVA_HOME",
          "HYDRANT_JAVA_OPTS",
          "HYDRANT_NO_BUILD");

  @Option(names = "--data", paramLabel = "DIR", description = "Where everything durable lies.")
  private @Nullable Path data;

  @Option(names = "--config", paramLabel = "FILE", description = "Configuration file.")
  private @Nullable Path config;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Sets any key of the configuration; may be repeated.")
  private Map<String, String> settings = new LinkedHashMap<>();

  /**
   * The configuration in rising precedence: defaults, file, variables, options.
   *
   * @param more options of the command itself
   */
  NodeConfig configuration(Map<String, String> more) {
    Map<String, String> flags = new LinkedHashMap<>(settings);
    if (data != null) {
      flags.put(DATA_KEY, data.toString());
    }
    flags.putAll(more);
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.keySet().removeAll(FOREIGN_VARIABLES);
    try {
      return NodeConfig.load(Optional.ofNullable(config), environment, flags);
    } catch (ConfigException e) {
      throw new CommandFailure(ExitCode.CONFIGURATION, String.valueOf(e.getMessage()), "", e);
    }
  }
}
