package io.hydrant.cli;

import io.hydrant.cli.Diagnosis.Finding;
import io.hydrant.cli.Diagnosis.Severity;
import io.hydrant.cli.output.Amounts;
import io.hydrant.cli.output.Json;
import io.hydrant.cli.output.Output;
import io.hydrant.v1.HealthState;
import io.hydrant.v1.ScrubStatus;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;

/** {@code doctor}: what is wrong, and what to do. */
@Command(
    name = "doctor",
    description = "One page of what is wrong with a server and its group, and what to do.",
    footer = {
      "",
      "Examples:",
      "  hydrant doctor --server 127.0.0.1:7170",
      "  hydrant doctor --json | jq -r '.findings[] | select(.severity == \"bad\") | .what'"
    })
final class DoctorCommand extends ClusterCommand.Calling {
  @Override
  ExitCode run(Output output) {
    Diagnosis.Said said;
    try (ClusterCalls calls = connect(root().server())) {
      said = new Diagnosis.Said(calls.info(), calls.cluster(), calls.stats(), calls.scrubNow());
    }
    List<Finding> findings = Diagnosis.of(said, System.currentTimeMillis());
    output.document(
        new Json()
            .put("server", root().server().toString())
            .put("version", said.info().getVersion())
            .put(
                "health",
                Documents.shortName(said.cluster().getHealth().getState(), "HEALTH_STATE_"))
            .put("free_bytes", said.gauge("free_bytes"))
            .put("scrub", ScrubCommand.document(said.scrub()))
            .put("findings", findings.stream().map(DoctorCommand::document).toList()));
    show(output, said, findings);
    if (said.cluster().getHealth().getState() == HealthState.HEALTH_STATE_UNAVAILABLE) {
      return ExitCode.UNAVAILABLE;
    }
    return said.gauge("damaged_page_count")
                + said.gauge("lost_page_count")
                + said.gauge("damaged_segment_count")
            > 0
        ? ExitCode.DAMAGED
        : ExitCode.OK;
  }

  private static Json document(Finding finding) {
    return new Json()
        .put("severity", finding.severity().name().toLowerCase(Locale.ROOT))
        .put("subject", finding.subject())
        .put("what", finding.what())
        .put("advice", finding.advice());
  }

  private void show(Output output, Diagnosis.Said said, List<Finding> findings) {
    output.line(
        "server   %s, version %s, up %s"
            .formatted(
                root().server(),
                said.info().getVersion(),
                Amounts.duration(TimeUnit.MILLISECONDS.toNanos(said.info().getUptimeMillis()))));
    output.line(
        "group    %d members, led by %s, %s"
            .formatted(
                said.cluster().getMembersCount(),
                said.cluster().getLeaderId().isEmpty() ? "nobody" : said.cluster().getLeaderId(),
                Documents.shortName(said.cluster().getHealth().getState(), "HEALTH_STATE_")));
    output.line("room     " + Amounts.bytes(said.gauge("free_bytes")) + " above the reserve");
    output.line("scrub    " + scrub(said.scrub()));
    output.line();
    if (findings.stream().noneMatch(finding -> finding.severity() != Severity.NOTE)) {
      output.line("nothing is wrong");
    }
    for (Finding finding : findings) {
      output.line(
          "%-8s %s: %s"
              .formatted(
                  finding.severity().name().toLowerCase(Locale.ROOT),
                  finding.subject(),
                  finding.what()));
      output.line("         -> " + finding.advice());
    }
  }

  private static String scrub(ScrubStatus status) {
    if (status.getRunning()) {
      return "running, %s of %s"
          .formatted(Amounts.bytes(status.getBytesDone()), Amounts.bytes(status.getBytesTotal()));
    }
    return "last ended "
        + (status.getLastEndedMillis() == 0
            ? "never"
            : Amounts.time(status.getLastEndedMillis(), ZoneId.systemDefault()));
  }
}
