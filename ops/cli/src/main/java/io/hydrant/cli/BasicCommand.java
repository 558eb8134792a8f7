package io.hydrant.cli;

import io.hydrant.cli.output.Output;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What every command that does something has: the common options, a voice, an exit code. */
abstract class BasicCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  /**
   * Does the work; failures leave as exceptions, which {@link CommandErrors} turns into messages.
   */
  abstract ExitCode run(Output output) throws Exception;

  @Override
  public final Integer call() throws Exception {
    return run(root().output()).code();
  }

  final HydrantCommand root() {
    return (HydrantCommand) spec.root().userObject();
  }

  /** The words that this command was given, its own name among them. */
  final List<String> words() {
    return spec.root().commandLine().getParseResult().originalArgs();
  }

  /** The command line is wrong in a way that the parser could not see. */
  final ParameterException usage(String problem) {
    return new ParameterException(spec.commandLine(), problem);
  }
}
