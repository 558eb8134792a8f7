package io.hydrant.cli;

import io.hydrant.cli.demo.Demo;
import io.hydrant.cli.output.Output;
import io.hydrant.cli.replay.TracePages;
import io.hydrant.client.trace.Trace;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code demo}: the whole road in one run. */
@Command(
    name = "demo",
    description = {
      "Shows it all in about a minute: starts a server in a temporary directory, writes the checkpoints of a"
          + " real virtual machine, kills the server with SIGKILL in the middle of one, restarts it, restores and"
          + " compares, fetches pages on demand; kills a sample machine, which goes on in another process while its"
          + " pages come. Cleans up behind itself.",
      "Exit code 0 if everything was as it must be."
    },
    footer = {
      "",
      "Examples:",
      "  hydrant demo",
      "  hydrant demo --trace traces/redis-1s --keep",
      "  hydrant demo --json | jq .figures"
    })
final class DemoCommand extends BasicCommand {
  private static final int CHECKPOINTS_MIN = 3;

  @Option(
      names = "--trace",
      paramLabel = "DIR",
      defaultValue = "redis-window-16m",
      description = "Another trace than the bundled one.")
  private String traceName;

  @Option(names = "--keep", description = "Leave the directory behind, for a look.")
  private boolean keep;

  @Override
  ExitCode run(Output output) throws IOException, InterruptedException {
    Logging.forClient(root().verbose());
    Trace trace = TracePages.open(traceName);
    if (trace.checkpoints().size() < CHECKPOINTS_MIN) {
      throw new CommandFailure(
          ExitCode.BAD_INPUT,
          "trace " + trace.name() + " has only " + trace.checkpoints().size() + " checkpoints",
          "The demonstration needs " + CHECKPOINTS_MIN + ".");
    }
    return new Demo(trace, output).run(keep) ? ExitCode.OK : ExitCode.DAMAGED;
  }
}
