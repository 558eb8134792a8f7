package io.hydrant.cli;

import io.hydrant.cli.output.Output;
import io.hydrant.pager.uffd.MachineProcess;
import io.hydrant.pager.uffd.PagerGuard;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code pager-guard}: started by {@code pager}, for the case that it is killed. */
@Command(
    name = "pager-guard",
    hidden = true,
    description =
        "Started by `hydrant pager`: keeps the machine's memory waiting if that is killed, and starts another one.")
final class PagerGuardCommand extends BasicCommand {
  /** It holds three descriptors and a line of text. */
  private static final String HEAP = "24m";

  /** A collector and a compiler for little memory and a fast start. */
  private static final List<String> FLAGS =
      List.of(
          "-XX:-UseG1GC",
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-XX:ReservedCodeCacheSize=16m");

  @Option(names = "--socket", required = true, description = "To listen at for pagers.")
  private Path socket;

  @Option(names = "--pager", required = true, description = "Process of the first one.")
  private long pager;

  @Option(names = "--on-failure", required = true, description = "What becomes of the machine.")
  private PagerCommand.OnFailure onFailure;

  @Parameters(arity = "1..*", description = "Words that start the next pager.")
  private List<String> follower;

  /**
   * Starts one, for the process that this is.
   *
   * @param follower words that start the next pager
   */
  static void start(Path socket, PagerCommand.OnFailure onFailure, List<String> follower)
      throws IOException {
    List<String> arguments = new ArrayList<>(List.of("pager-guard", "--socket"));
    arguments.add(socket.toString());
    arguments.addAll(List.of("--pager", "" + ProcessHandle.current().pid()));
    arguments.addAll(List.of("--on-failure", onFailure.name(), "--"));
    arguments.addAll(follower);
    beside(JavaCommand.words(HEAP, FLAGS, Main.class.getName(), arguments));
  }

  /** A process that says what it has to say where this one does. */
  private static Process beside(List<String> words) throws IOException {
    return new ProcessBuilder(words)
        .redirectInput(new File("/dev/null"))
        .redirectOutput(ProcessBuilder.Redirect.INHERIT)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  @Override
  ExitCode run(Output output) throws IOException, InterruptedException {
    PagerGuard.leaveTerminal();
    if (ProcessHandle.of(pager).isEmpty()) {
      return ExitCode.OK; // it ended before it had a machine
    }
    try (MachineProcess first = MachineProcess.of(pager);
        AtExit atExit = new AtExit()) {
      PagerGuard guard =
          new PagerGuard(socket, first, () -> beside(follower), onFailure::policy, output::note);
      atExit.instead(guard::ending);
      PagerGuard.End end = guard.run();
      return end == PagerGuard.End.MACHINE_STOPPED ? ExitCode.UNAVAILABLE : ExitCode.OK;
    }
  }
}
