package io.hydrant.cli;

import io.hydrant.cli.output.Output;
import io.hydrant.client.ClientConfig;
import io.hydrant.client.Deadlines;
import io.hydrant.client.HydrantClient;
import io.hydrant.client.RetryPolicy;
import java.time.Duration;

/** A command that talks to a server. */
abstract class StoreCommand extends BasicCommand {

  abstract ExitCode run(Output output, HydrantClient client) throws Exception;

  /**
   * A person waits: long enough for a hiccup, not for a server that is not there. Long transfers
   * override it, to ride out a server's restart.
   */
  RetryPolicy retries() {
    return new RetryPolicy(5, Duration.ofMillis(50), Duration.ofMillis(500));
  }

  /** How long its calls may take. */
  Deadlines deadlines() {
    return Deadlines.DEFAULT;
  }

  @Override
  final ExitCode run(Output output) throws Exception {
    Logging.forClient(root().verbose());
    try (HydrantClient client =
        HydrantClient.connect(config().withRetries(retries()).withDeadlines(deadlines()))) {
      return run(output, client);
    }
  }

  private ClientConfig config() {
    String server = root().servers();
    if (root().insecure()) {
      return ClientConfig.insecure(server);
    }
    try {
      return ClientConfig.of(server);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(
          ExitCode.USAGE,
          "server " + server + " is not on this machine, and pages would travel in plain text",
          "Use a loopback address (a tunnel will do), or allow it with --insecure.",
          e);
    }
  }
}
