package io.hydrant.cli;

import io.hydrant.cli.output.Json;
import io.hydrant.cli.output.Output;
import io.hydrant.client.Endpoint;
import io.hydrant.v1.Cluster;
import io.hydrant.v1.MemberState;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code cluster transfer}. */
@Command(
    name = "transfer",
    description = {
      "Hands leadership to another member, for instance before a machine is taken down.",
      "Streams that write pause for less than a second; nothing is lost. Any server of the group may"
          + " be asked."
    },
    footer = {
      "",
      "Examples:",
      "  hydrant cluster transfer             to the member that has most",
      "  hydrant cluster transfer node-b --server 127.0.0.1:7170"
    })
final class ClusterTransfer extends ClusterCommand.Calling {
  @Parameters(
      paramLabel = "NODE",
      arity = "0..1",
      defaultValue = "",
      description = "Who shall lead, by its name in `cluster status`; else whoever has most.")
  private String node;

  /** An election takes a second; a machine that is busy, longer. */
  private static final Duration LEADER_WAIT = Duration.ofSeconds(5);

  private static final Duration LEADER_POLL = Duration.ofMillis(100);

  @Override
  ExitCode run(Output output) throws InterruptedException {
    Endpoint asked = root().server();
    Transferred done = transfer(asked);
    output.document(new Json().put("leader_id", done.leads()).put("was", done.before()));
    output.line(
        done.leads().equals(done.before())
            ? done.leads() + " leads already"
            : done.leads() + " leads, instead of " + done.before());
    return ExitCode.OK;
  }

  private record Transferred(String before, String leads) {}

  /** Whoever is asked learns of a new leader a moment after the others: it is asked again. */
  private Transferred transfer(Endpoint asked) throws InterruptedException {
    long start = System.nanoTime();
    while (true) {
      Cluster cluster;
      try (ClusterCalls calls = connect(asked)) {
        cluster = calls.cluster();
      }
      String before = cluster.getLeaderId();
      if (!before.isEmpty()) {
        try (ClusterCalls calls = connect(leader(cluster, asked))) {
          Optional<String> leads = calls.transferLeadership(node);
          if (leads.isPresent()) {
            return new Transferred(before, leads.get());
          }
        }
      }
      if (System.nanoTime() - start > LEADER_WAIT.toNanos()) {
        throw new CommandFailure(
            ExitCode.UNAVAILABLE,
            "the group of %s has had no leader for %d s that %s knows of, or one that says it does not lead"
                .formatted(asked, LEADER_WAIT.toSeconds(), asked),
            "Look at `hydrant cluster status`.");
      }
      Thread.sleep(LEADER_POLL);
    }
  }

  private static Endpoint leader(Cluster cluster, Endpoint asked) {
    String address =
        cluster.getMembersList().stream()
            .map(MemberState::getMember)
            .filter(member -> member.getNode().equals(cluster.getLeaderId()))
            .findFirst()
            .map(member -> member.getPublicAddress())
            .orElse("");
    return address.isEmpty() ? asked : Endpoint.parse(address);
  }
}
