package io.hydrant.cli;

import io.hydrant.cli.output.Console;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Where the {@code hydrant} process begins. */
public final class Main {
  private static final int HELP_WIDTH = 100;

  private Main() {}

  public static void main(String[] arguments) {
    System.exit(run(Console.ofProcess(), arguments));
  }

  /** Runs one command line in this process; returns its exit code. */
  public static int run(Console console, String... arguments) {
    CommandLine commandLine = commandLine(console);
    int exitCode = commandLine.execute(arguments);
    console.out().flush();
    console.err().flush();
    return exitCode;
  }

  /** The whole tree of commands, not yet run. */
  static CommandLine commandLine(Console console) {
    CommandLine commandLine = new CommandLine(new HydrantCommand(console));
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.setOut(new PrintWriter(console.out(), true));
    commandLine.setErr(new PrintWriter(console.err(), true));
    commandLine.setUsageHelpWidth(HELP_WIDTH);
    commandLine.setExecutionExceptionHandler(CommandErrors::handle);
    commandLine.setParameterExceptionHandler(Main::handleUsage);
    commandLine.getCommandSpec().versionProvider(() -> new String[] {"hydrant " + version()});
    describe(commandLine);
    return commandLine;
  }

  static String version() {
    String version = Main.class.getPackage().getImplementationVersion();
    return version == null ? "development build" : version;
  }

  private static void describe(CommandLine commandLine) {
    Map<String, String> meanings = new LinkedHashMap<>();
    for (ExitCode code : ExitCode.values()) {
      meanings.put(Integer.toString(code.code()), code.meaning());
    }
    commandLine
        .getCommandSpec()
        .usageMessage()
        .abbreviateSynopsis(true)
        .exitCodeListHeading("%nExit codes:%n")
        .exitCodeList(meanings);
    commandLine.getSubcommands().values().forEach(Main::describe);
  }

  /** One line about what is wrong and one about where to look, instead of a screen of help. */
  private static int handleUsage(ParameterException problem, String[] arguments) {
    CommandLine command = problem.getCommandLine();
    PrintWriter err = command.getErr();
    err.println("hydrant: " + problem.getMessage());
    if (!UnmatchedArgumentException.printSuggestions(problem, err)) {
      if (command.getSubcommands().isEmpty()) {
        err.println("Usage: " + command.getHelp().synopsis("Usage: ".length()).stripTrailing());
      } else {
        err.print(command.getHelp().commandList());
      }
    }
    err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
    err.flush();
    return ExitCode.USAGE.code();
  }
}
