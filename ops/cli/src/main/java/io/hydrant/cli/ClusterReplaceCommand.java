package io.hydrant.cli;

import io.hydrant.cli.output.Amounts;
import io.hydrant.cli.output.Json;
import io.hydrant.cli.output.Output;
import io.hydrant.cli.output.Progress;
import io.hydrant.client.Endpoint;
import io.hydrant.v1.Cluster;
import io.hydrant.v1.Member;
import io.hydrant.v1.MemberRole;
import io.hydrant.v1.MemberState;
import io.hydrant.v1.ReplaceMemberRequest;
import io.hydrant.v1.ReplaceMemberResponse;
import io.hydrant.v1.ReplaceStage;
import io.hydrant.v1.ServerInfo;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cluster replace}: asks whoever leads, again and again, until it is done. */
@Command(
    name = "replace",
    description = {
      "Puts a blank server, started with --set cluster.join=true, in the place of a member that is dead for ever.",
      "Waits until it has every page and votes; commits go on meanwhile. The dead one is never let in again.",
      "Cut off, or after a change of leader, the same command goes on where it was."
    },
    footer = {
      "",
      "Examples:",
      "  hydrant cluster status                                          what is it called, whom does it miss?",
      "  hydrant cluster replace n0c1d2e3 --with 127.0.0.1:7370",
      "  hydrant cluster replace 127.0.0.1:7270 --with 127.0.0.1:7270    wiped, started again where it was",
      "  hydrant cluster replace n0c1d2e3 --cancel                       the new server has died while joining",
      "  hydrant cluster replace --add --with 127.0.0.1:7370             one more, after `cluster recover`"
    })
final class ClusterReplaceCommand extends ClusterCommand.Calling {
  private static final Duration POLL = Duration.ofMillis(300);

  /** An election takes a second; a leader that hands over on a busy machine, longer. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final long HEARD_MILLIS_MAX = 2_000;

  @Parameters(
      paramLabel = "DEAD",
      arity = "0..1",
      description = "Name of the member that is dead, or its HOST:PORT.")
  private @Nullable String dead;

  @Option(names = "--add", description = "Nobody is dead: the group grows by one.")
  private boolean add;

  @Option(
      names = "--cancel",
      description = "DEAD is a server that was joining: take it out, so that another can join.")
  private boolean cancel;

  @Option(
      names = "--with",
      paramLabel = "HOST:PORT",
      converter = HydrantCommand.EndpointConverter.class,
      description = "The blank server, as for --server.")
  private @Nullable Endpoint with;

  /** All that may know who leads. */
  private final Set<Endpoint> known = new LinkedHashSet<>();

  private long startNanos;

  @Override
  ExitCode run(Output output) throws InterruptedException {
    if (add == (dead != null)) {
      throw usage("name the dead member, or say --add");
    }
    if (cancel ? dead == null || with != null : with == null) {
      throw usage("name the blank server by --with; or one that joins, to --cancel it");
    }
    startNanos = System.nanoTime();
    known.addAll(root().serverList());
    Cluster cluster = cluster();
    ReplaceMemberRequest.Builder builder =
        ReplaceMemberRequest.newBuilder().setDead(dead == null ? "" : node(cluster, dead, output));
    if (with != null) {
      builder.setWithPeerAddress(peerAddress(cluster, with));
    }
    ReplaceMemberRequest request = builder.build();
    ReplaceMemberResponse done = untilDone(request, output);
    if (cancel) {
      output.document(new Json().put("cancelled", request.getDead()));
      output.line(request.getDead() + " does not join any more");
      return ExitCode.OK;
    }
    long nanos = System.nanoTime() - startNanos;
    output.document(
        new Json()
            .put("replaced", request.getDead())
            .put("node", done.getJoiner().getNode())
            .put("server", done.getJoiner().getPublicAddress())
            .put("copied_bytes", done.getBytesTotal())
            .put("duration_millis", Amounts.millis(nanos)));
    output.line(
        "%s at %s votes%s; %s copied in %s"
            .formatted(
                done.getJoiner().getNode(),
                done.getJoiner().getPublicAddress(),
                add ? "" : " in the place of " + request.getDead(),
                Amounts.bytes(done.getBytesTotal()),
                Amounts.duration(nanos)));
    return ExitCode.OK;
  }

  private Cluster cluster() {
    CommandFailure last = null;
    for (Endpoint server : List.copyOf(known)) {
      try (ClusterCalls calls = connect(server)) {
        Cluster cluster = calls.cluster();
        for (MemberState member : cluster.getMembersList()) {
          endpoint(member.getMember()).ifPresent(known::add);
        }
        return cluster;
      } catch (CommandFailure e) {
        last = last == null ? e : last;
      }
    }
    throw last == null ? new IllegalStateException("no server") : last;
  }

  private static Optional<Endpoint> endpoint(Member member) {
    return member.getPublicAddress().isEmpty()
        ? Optional.empty()
        : Optional.of(Endpoint.parse(member.getPublicAddress()));
  }

  private String node(Cluster cluster, String name, Output output) {
    for (MemberState state : cluster.getMembersList()) {
      Member member = state.getMember();
      boolean voter = state.getRole() == MemberRole.MEMBER_ROLE_VOTER;
      // Where a member was wiped, its old name and its new one may be at one address.
      boolean named =
          member.getNode().equals(name)
              || voter != cancel
                  && (member.getPublicAddress().equals(name)
                      || member.getPeerAddress().equals(name));
      if (named) {
        if (voter && state.getSilentMillis() <= HEARD_MILLIS_MAX) {
          output.note(
              "hydrant: %s still answers; it is removed as soon as the other has everything"
                  .formatted(member.getNode()));
        }
        return member.getNode();
      }
    }
    if (name.indexOf(':') >= 0) {
      throw new CommandFailure(
          ExitCode.NOT_FOUND,
          "no such member of the group is at " + name,
          "`hydrant cluster status` lists them.");
    }
    return name; // Perhaps replaced already: the leader knows.
  }

  /** Of one that does not answer just now, as the group knows it. */
  private String peerAddress(Cluster cluster, Endpoint blank) {
    ServerInfo info;
    try (ClusterCalls calls = connect(blank)) {
      info = calls.info();
    } catch (CommandFailure e) {
      return find(cluster.getMembersList().stream().map(MemberState::getMember).toList(), blank)
          .orElseThrow(() -> e);
    }
    if (info.getMembersCount() == 0) {
      throw new CommandFailure(
          ExitCode.REFUSED,
          "server " + blank + " is a group of one and stays one",
          "Start one with an empty directory and --set cluster.join=true.");
    }
    return find(info.getMembersList(), blank).orElseGet(() -> info.getMembers(0).getPeerAddress());
  }

  private static Optional<String> find(List<Member> members, Endpoint blank) {
    return members.stream()
        .filter(member -> member.getPublicAddress().equals(blank.toString()))
        .map(Member::getPeerAddress)
        .findFirst();
  }

  private ReplaceMemberResponse untilDone(ReplaceMemberRequest request, Output output)
      throws InterruptedException {
    try (Shown shown = new Shown(output)) {
      long heardNanos = System.nanoTime();
      while (true) {
        try {
          ReplaceMemberResponse answer = askLeader(request);
          heardNanos = System.nanoTime();
          shown.show(answer);
          if (answer.getStage() == ReplaceStage.REPLACE_STAGE_DONE) {
            return answer;
          }
        } catch (CommandFailure e) {
          if (e.exitCode() != ExitCode.UNAVAILABLE
              || System.nanoTime() - heardNanos > PATIENCE.toNanos()) {
            throw e;
          }
        }
        Thread.sleep(POLL);
      }
    }
  }

  private ReplaceMemberResponse askLeader(ReplaceMemberRequest request) {
    Cluster cluster = cluster();
    Endpoint leader =
        cluster.getMembersList().stream()
            .map(MemberState::getMember)
            .filter(member -> member.getNode().equals(cluster.getLeaderId()))
            .flatMap(member -> endpoint(member).stream())
            .findFirst()
            .orElseThrow(() ->
                new CommandFailure(
                    ExitCode.UNAVAILABLE,
                    "the group has no leader: "
                        + String.join("; ", cluster.getHealth().getReasonsList()),
                    "`hydrant cluster status` says who is missing. Without a majority: ops/runbooks/lost-majority.md."));
    try (ClusterCalls calls = connect(leader)) {
      return calls.replace(request);
    }
  }

  /** What the user sees of it. */
  private static final class Shown implements AutoCloseable {
    private final Output output;
    private ReplaceStage stage = ReplaceStage.REPLACE_STAGE_UNSPECIFIED;
    private String waitingFor = "";
    private @Nullable Progress progress;
    private long total;
    private long done;

    Shown(Output output) {
      this.output = output;
    }

    void show(ReplaceMemberResponse answer) {
      if (answer.getBytesTotal() > total) {
        close();
        total = answer.getBytesTotal();
        done = 0;
        progress = output.progress("copying", total);
      }
      Progress bar = progress;
      if (bar != null) {
        bar.add(Math.max(0, answer.getBytesDone() - done));
        done = Math.max(done, answer.getBytesDone());
      }
      if (answer.getStage() != stage || !answer.getWaitingFor().equals(waitingFor)) {
        stage = answer.getStage();
        waitingFor = answer.getWaitingFor();
        output.note(
            Documents.shortName(stage, "REPLACE_STAGE_")
                + (waitingFor.isEmpty() ? "" : ": " + waitingFor));
      }
    }

    @Override
    public void close() {
      Progress bar = progress;
      if (bar != null) {
        bar.close();
        progress = null;
      }
    }
  }
}
