package io.hydrant.cli;

import io.hydrant.cli.output.Output;
import picocli.AutoComplete;
import picocli.CommandLine.Command;

/** {@code completion}: what a shell needs to complete command lines. */
@Command(
    name = "completion",
    description = "Prints a script that completes commands and options in bash and zsh.",
    footer = {
      "",
      "Example:",
      "  source <(hydrant completion)     in ~/.bashrc, or in this shell only"
    })
final class CompletionCommand extends BasicCommand {
  @Override
  ExitCode run(Output output) {
    output.rawOut().print(AutoComplete.bash("hydrant", Main.commandLine(root().console())));
    return ExitCode.OK;
  }
}
