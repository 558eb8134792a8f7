package io.hydrant.cli;

import io.hydrant.cli.output.Json;
import io.hydrant.cli.output.Output;
import io.hydrant.client.Endpoint;
import io.hydrant.v1.Cluster;
import io.hydrant.v1.MemberState;
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

  @Override
  ExitCode run(Output output) {
    Endpoint asked = root().server();
    Cluster cluster;
    try (ClusterCalls calls = connect(asked)) {
      cluster = calls.cluster();
    }
    String before = cluster.getLeaderId();
    try (ClusterCalls calls = connect(leader(cluster, asked))) {
      String leads = calls.transferLeadership(node);
      output.document(new Json().put("leader_id", leads).put("was", before));
      output.line(
          leads.equals(before) ? leads + " leads already" : leads + " leads, instead of " + before);
    }
    return ExitCode.OK;
  }

  private static Endpoint leader(Cluster cluster, Endpoint asked) {
    if (cluster.getLeaderId().isEmpty()) {
      throw new CommandFailure(
          ExitCode.UNAVAILABLE,
          "the group of " + asked + " has no leader, as far as that server knows",
          "Look at `hydrant cluster status`.");
    }
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
