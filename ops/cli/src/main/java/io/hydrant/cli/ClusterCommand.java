package io.hydrant.cli;

import com.google.protobuf.ByteString;
import io.hydrant.cli.output.Amounts;
import io.hydrant.cli.output.Json;
import io.hydrant.cli.output.Output;
import io.hydrant.cli.output.Table;
import io.hydrant.client.ClientConfig;
import io.hydrant.client.Endpoint;
import io.hydrant.v1.Cluster;
import io.hydrant.v1.Health;
import io.hydrant.v1.HealthState;
import io.hydrant.v1.InitRequest;
import io.hydrant.v1.InitResponse;
import io.hydrant.v1.Member;
import io.hydrant.v1.MemberState;
import io.hydrant.v1.ServerInfo;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The group of servers that keep the same images. */
@Command(
    name = "cluster",
    description = "Makes and shows groups of servers that keep the same images.",
    subcommands = {
      ClusterCommand.Init.class,
      ClusterCommand.Status.class,
      ClusterReplaceCommand.class,
      ClusterRecoverCommand.class,
      ClusterTransfer.class
    })
final class ClusterCommand extends GroupCommand {

  /** What talks to servers by their own addresses. */
  abstract static class Calling extends BasicCommand {
    final ClusterCalls connect(Endpoint server) {
      Logging.forClient(root().verbose());
      if (!root().insecure()) {
        try {
          ClientConfig.of(server.toString());
        } catch (IllegalArgumentException e) {
          throw new CommandFailure(
              ExitCode.USAGE,
              "server " + server + " is not on this machine, and nothing is encrypted",
              "Use a loopback address (a tunnel will do), or allow it with --insecure.",
              e);
        }
      }
      return new ClusterCalls(server);
    }
  }

  /** {@code cluster init}. */
  @Command(
      name = "init",
      description = {
        "Makes one group of blank servers, which were started with --set cluster.join=true.",
        "Cut off half-way, the same command with the same --token finishes it."
      },
      footer = {
        "",
        "Example:",
        "  hydrant cluster init 127.0.0.1:7070 127.0.0.1:7170 127.0.0.1:7270"
      })
  static final class Init extends Calling {
    /** An election takes a second; a machine that is busy, longer. */
    private static final Duration LEADER_WAIT = Duration.ofSeconds(20);

    private static final Duration LEADER_POLL = Duration.ofMillis(200);
    private static final int TOKEN_BYTES = 16;

    @Parameters(
        paramLabel = "SERVER",
        arity = "1..9",
        converter = HydrantCommand.EndpointConverter.class,
        description = "HOST:PORT of all servers of the group, as for --server.")
    private List<Endpoint> servers = new ArrayList<>();

    @Option(
        names = "--token",
        paramLabel = "UUID",
        description = "Of an initialisation that was cut off, to finish it.")
    private @Nullable UUID token;

    @Override
    ExitCode run(Output output) throws InterruptedException {
      InitRequest.Builder request = InitRequest.newBuilder();
      request.addAllPeerAddress(peerAddresses());
      UUID given = token == null ? UUID.randomUUID() : token;
      request.setToken(bytes(given));
      Endpoint asked = servers.getFirst();
      try (ClusterCalls calls = connect(asked)) {
        InitResponse made = init(calls, request.build(), given);
        Cluster cluster = awaitLeader(calls, made);
        output.document(document(cluster));
        output.line("cluster  " + made.getClusterId());
        show(output, cluster);
      }
      return ExitCode.OK;
    }

    private InitResponse init(ClusterCalls calls, InitRequest request, UUID given) {
      try {
        return calls.init(request);
      } catch (CommandFailure e) {
        throw new CommandFailure(
            e.exitCode(),
            e.problem(),
            "Then go on with the same command and --token " + given + ".",
            e);
      }
    }

    private Set<String> peerAddresses() {
      Set<String> addresses = new LinkedHashSet<>();
      for (Endpoint server : servers) {
        try (ClusterCalls calls = connect(server)) {
          ServerInfo info = calls.info();
          if (info.getMembersCount() == 0) {
            throw new CommandFailure(
                ExitCode.REFUSED,
                "server " + server + " is a group of one and stays one",
                "Start one with an empty directory and --set cluster.join=true.");
          }
          // One that waits names itself; one that belongs to the group already, all of it.
          info.getMembersList().stream().map(Member::getPeerAddress).forEach(addresses::add);
        }
      }
      return addresses;
    }

    private static Cluster awaitLeader(ClusterCalls calls, InitResponse made)
        throws InterruptedException {
      long deadline = System.nanoTime() + LEADER_WAIT.toNanos();
      while (true) {
        try {
          Cluster cluster = calls.cluster();
          if (!cluster.getLeaderId().isEmpty() || System.nanoTime() > deadline) {
            return cluster;
          }
        } catch (CommandFailure e) {
          // It goes on as one of several in a moment.
          if (System.nanoTime() > deadline) {
            throw new CommandFailure(
                ExitCode.UNAVAILABLE,
                "cluster "
                    + made.getClusterId()
                    + " was made, but does not serve yet: "
                    + e.problem(),
                "Look at `hydrant cluster status`, and at the servers' logs.",
                e);
          }
        }
        Thread.sleep(LEADER_POLL);
      }
    }

    private static ByteString bytes(UUID token) {
      return ByteString.copyFrom(
          ByteBuffer.allocate(TOKEN_BYTES)
              .putLong(token.getMostSignificantBits())
              .putLong(token.getLeastSignificantBits())
              .flip());
    }
  }

  /** {@code cluster status}. */
  @Command(
      name = "status",
      description = {
        "Members, leader and health of a server's group, as that server knows them.",
        "Fails with exit code 5 if the group takes no checkpoints."
      },
      footer = {
        "",
        "Examples:",
        "  hydrant cluster status --server 127.0.0.1:7170",
        "  hydrant cluster status --watch       a line at every change, until it is interrupted"
      })
  static final class Status extends Calling {
    @Option(
        names = "--watch",
        description = "Tells the health, now and whenever it changes; as JSON, a document a line.")
    private boolean watch;

    @Override
    ExitCode run(Output output) {
      return watch ? watch(output) : show(output);
    }

    private ExitCode watch(Output output) {
      Endpoint server = root().server();
      try (ClusterCalls calls = connect(server)) {
        calls.watchHealth(health -> tell(output, health));
      }
      throw new CommandFailure(
          ExitCode.UNAVAILABLE, "server " + server + " stops", "Watch another one.");
    }

    private static void tell(Output output, Health health) {
      String state = Documents.shortName(health.getState(), "HEALTH_STATE_");
      long now = System.currentTimeMillis();
      output.item(
          new Json()
              .put("time", Amounts.isoTime(now))
              .put("health", state)
              .put("reasons", List.copyOf(health.getReasonsList())));
      output.line(
          "%s  %-11s  %s"
              .formatted(
                  Amounts.time(now, ZoneId.systemDefault()),
                  state,
                  String.join("; ", health.getReasonsList()))
              .stripTrailing());
    }

    private ExitCode show(Output output) {
      Cluster cluster;
      try (ClusterCalls calls = connect(root().server())) {
        cluster = calls.cluster();
      }
      output.document(document(cluster));
      output.line("cluster  " + cluster.getClusterId());
      output.line("group    " + cluster.getGroupId());
      ClusterCommand.show(output, cluster);
      return cluster.getHealth().getState() == HealthState.HEALTH_STATE_UNAVAILABLE
          ? ExitCode.UNAVAILABLE
          : ExitCode.OK;
    }
  }

  private static void show(Output output, Cluster cluster) {
    Health health = cluster.getHealth();
    output.line("term     " + cluster.getTerm());
    output.line("health   " + Documents.shortName(health.getState(), "HEALTH_STATE_"));
    health.getReasonsList().forEach(reason -> output.line("         " + reason));
    output.line();
    Table table =
        new Table(
            "NODE",
            "SERVER",
            "PEERS",
            "ROLE",
            "HEARD",
            ">APPLIED",
            ">HELD",
            ">LACKS",
            ">FREE",
            "VERSION");
    for (MemberState member : cluster.getMembersList()) {
      table.row(
          member.getMember().getNode(),
          orDash(member.getMember().getPublicAddress()),
          orDash(member.getMember().getPeerAddress()),
          role(cluster, member),
          heard(member),
          Amounts.count(member.getAppliedIndex()),
          Amounts.count(member.getHoldMark()),
          lacks(member),
          Amounts.bytes(member.getFreeBytes()),
          orDash(member.getVersion()));
    }
    output.table(table);
  }

  private static String role(Cluster cluster, MemberState member) {
    return member.getMember().getNode().equals(cluster.getLeaderId())
        ? "leader"
        : Documents.shortName(member.getRole(), "MEMBER_ROLE_");
  }

  private static String heard(MemberState member) {
    if (member.getSilentMillis() == Long.MAX_VALUE) {
      return "never";
    }
    return member.getSilentMillis() < 2_000
        ? "now"
        : Duration.ofMillis(member.getSilentMillis()).toSeconds() + " s ago";
  }

  private static String lacks(MemberState member) {
    return member.getMissingTracts() == 0
        ? "-"
        : member.getMissingBytes() == 0
            ? Amounts.count(member.getMissingTracts()) + " tracts"
            : Amounts.bytes(member.getMissingBytes());
  }

  private static String orDash(String text) {
    return text.isEmpty() ? "-" : text;
  }

  private static Json document(Cluster cluster) {
    return new Json()
        .put("cluster_id", cluster.getClusterId())
        .put("group_id", cluster.getGroupId())
        .put("leader_id", cluster.getLeaderId())
        .put("term", cluster.getTerm())
        .put("health", Documents.shortName(cluster.getHealth().getState(), "HEALTH_STATE_"))
        .put("reasons", List.copyOf(cluster.getHealth().getReasonsList()))
        .put("single_copy_bytes", cluster.getSingleCopyBytes())
        .put("unreached_bytes", cluster.getUnreachedBytes())
        .put("members", cluster.getMembersList().stream().map(m -> member(cluster, m)).toList());
  }

  private static Json member(Cluster cluster, MemberState member) {
    return new Json()
        .put("node", member.getMember().getNode())
        .put("server", member.getMember().getPublicAddress())
        .put("peer_address", member.getMember().getPeerAddress())
        .put("raft_address", member.getMember().getRaftAddress())
        .put("role", role(cluster, member))
        .put("silent_millis", member.getSilentMillis())
        .put("applied_index", member.getAppliedIndex())
        .put("hold_mark", member.getHoldMark())
        .put("missing_bytes", member.getMissingBytes())
        .put("missing_tracts", member.getMissingTracts())
        .put("free_bytes", member.getFreeBytes())
        .put("nearly_full", member.getNearlyFull())
        .put("clock_ahead_millis", member.getClockAheadMillis())
        .put("repair", repair(member))
        .put("refusal", member.getRefusal())
        .put("version", member.getVersion());
  }

  private static Optional<Json> repair(MemberState member) {
    return member.hasRepair()
        ? Optional.of(
            new Json()
                .put("bytes_done", member.getRepair().getBytesDone())
                .put("bytes_total", member.getRepair().getBytesTotal())
                .put("bytes_per_second", member.getRepair().getBytesPerSecond()))
        : Optional.empty();
  }
}
