package io.hydrant.cli;

import io.hydrant.cli.output.Console;
import io.hydrant.cli.output.Output;
import io.hydrant.client.Endpoint;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The command above all commands: holds the options that every one of them understands. */
@Command(
    name = "hydrant",
    description =
        "Keeps the fail-over images of virtual machines and gives them back, byte for byte.",
    subcommands = {
      ServerCommand.class,
      ClusterCommand.class,
      ImageCommand.class,
      CheckpointCommand.class,
      RestoreCommand.class,
      PagerCommand.class,
      PagerGuardCommand.class,
      VerifyCommand.class,
      FetchCommand.class,
      ReplayCommand.class,
      ScrubCommand.class,
      DoctorCommand.class,
      DfCommand.class,
      StatsCommand.class,
      InfoCommand.class,
      InspectCommand.class,
      GuestCommand.class,
      DemoCommand.class,
      CompletionCommand.class
    },
    footer = {
      "",
      "Examples:",
      "  hydrant demo                                  see it all work, in a minute",
      "  hydrant server --data /var/lib/hydrant        start a server",
      "  hydrant image create web-1                    make an image",
      "  hydrant checkpoint push web-1 memory.raw      take a checkpoint of a raw memory file",
      "  hydrant restore web-1 copy.raw                bring the newest checkpoint back",
      "",
      "Environment: HYDRANT_SERVER, HYDRANT_DEBUG, HYDRANT_HEAP, HYDRANT_JAVA_HOME,"
          + " HYDRANT_JAVA_OPTS."
    })
final class HydrantCommand implements Runnable {
  private static final String DEFAULT_SERVER = "127.0.0.1:7070";

  private final Console console;

  @Spec private CommandSpec spec;

  @Option(
      names = "--server",
      paramLabel = "HOST:PORT",
      scope = ScopeType.INHERIT,
      converter = EndpointConverter.class,
      defaultValue = "${env:HYDRANT_SERVER:-" + DEFAULT_SERVER + "}",
      split = ",",
      description =
          "Server to talk to, or several of one group with commas between (HYDRANT_SERVER, else "
              + DEFAULT_SERVER
              + ").")
  private List<Endpoint> servers;

  @Option(
      names = "--insecure",
      scope = ScopeType.INHERIT,
      description = "Let pages travel in plain text beyond this machine (there is no TLS yet).")
  private boolean insecure;

  @Option(
      names = "--json",
      scope = ScopeType.INHERIT,
      description = "Results as JSON on standard output.")
  private boolean json;

  @Option(names = "--quiet", scope = ScopeType.INHERIT, description = "Results and errors only.")
  private boolean quiet;

  @Option(
      names = "--no-progress",
      scope = ScopeType.INHERIT,
      description = "No progress bars (there are none without a terminal either).")
  private boolean noProgress;

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Stack traces and the libraries' warnings (also HYDRANT_DEBUG=1).")
  private boolean verbose;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "This text.")
  private boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "The version.")
  private boolean version;

  /** For picocli: a malformed address is a usage error. */
  static final class EndpointConverter implements ITypeConverter<Endpoint> {
    @Override
    public Endpoint convert(String text) {
      try {
        return Endpoint.parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
    }
  }

  HydrantCommand(Console console) {
    this.console = console;
  }

  Console console() {
    return console;
  }

  /** The one that is asked where one is. */
  Endpoint server() {
    return servers.getFirst();
  }

  /** All that were named. */
  List<Endpoint> serverList() {
    return List.copyOf(servers);
  }

  /** All that were named, with commas between. */
  String servers() {
    return servers.stream().map(Endpoint::toString).collect(Collectors.joining(","));
  }

  boolean insecure() {
    return insecure;
  }

  boolean verbose() {
    return verbose || Logging.debugWanted();
  }

  Output output() {
    Output.Style style =
        quiet ? Output.Style.QUIET : noProgress ? Output.Style.PLAIN : Output.Style.FULL;
    return new Output(console, json, style);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "which command? One of those below");
  }
}
