package io.hydrant.cli;

import io.hydrant.cli.output.Amounts;
import io.hydrant.cli.output.Json;
import io.hydrant.cli.output.Output;
import io.hydrant.cli.output.Progress;
import io.hydrant.cli.output.Table;
import io.hydrant.v1.ScrubFinding;
import io.hydrant.v1.ScrubFindingKind;
import io.hydrant.v1.ScrubFindingState;
import io.hydrant.v1.ScrubStatus;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code scrub}: verifies what a server has on its disk. */
@Command(
    name = "scrub",
    description = {
      "Verifies everything live on one server's disk, now, and shows what is bad.",
      "Bad pages are never served; in a group they are fetched from another server."
    },
    footer = {
      "",
      "Examples:",
      "  hydrant scrub --server 127.0.0.1:7170",
      "  hydrant scrub --last --json | jq '.findings[] | select(.state != \"repaired\")'"
    })
final class ScrubCommand extends ClusterCommand.Calling {
  private static final Duration POLL = Duration.ofMillis(500);

  @Option(
      names = "--last",
      description = "Starts nothing: shows the one that runs, or what the last one found.")
  private boolean last;

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description = "For the repair of what was found, at most (default: ${DEFAULT-VALUE}).")
  private int waitSeconds;

  @Override
  ExitCode run(Output output) throws InterruptedException {
    long began = System.nanoTime();
    ScrubStatus status;
    try (ClusterCalls calls = connect(root().server())) {
      if (last) {
        status = calls.scrubNow();
      } else {
        status = watched(output, calls);
        status = repaired(calls, status);
      }
    }
    show(output, status, System.nanoTime() - began);
    return isWell(status) ? ExitCode.OK : ExitCode.DAMAGED;
  }

  private static ScrubStatus watched(Output output, ClusterCalls calls) {
    try (Bar bar = new Bar(output)) {
      return calls.scrub(true, bar);
    }
  }

  /** Made when it is known how much there is to do. */
  private static final class Bar implements Consumer<ScrubStatus>, AutoCloseable {
    private final Output output;
    private Progress progress;
    private long total;
    private long done;

    Bar(Output output) {
      this.output = output;
      this.progress = output.progress("scrub", 0);
    }

    @Override
    public void accept(ScrubStatus status) {
      if (status.getRunning() && total == 0 && status.getBytesTotal() > 0) {
        total = status.getBytesTotal();
        progress.close();
        progress = output.progress("scrub", total);
      }
      progress.add(Math.max(0, status.getBytesDone() - done));
      done = Math.max(done, status.getBytesDone());
    }

    @Override
    public void close() {
      progress.close();
    }
  }

  /** What was found is repaired a moment later, if somebody has it. */
  private ScrubStatus repaired(ClusterCalls calls, ScrubStatus found) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(waitSeconds).toNanos();
    ScrubStatus status = found;
    while (isRepairing(status) && System.nanoTime() < deadline) {
      Thread.sleep(POLL.toMillis());
      ScrubStatus now = calls.scrubNow();
      if (now.getRunning()) {
        break; // another one began, and has no findings yet
      }
      status = now;
    }
    return status;
  }

  private static boolean isRepairing(ScrubStatus status) {
    return status.getFindingsList().stream()
        .anyMatch(finding ->
            finding.getKind() != ScrubFindingKind.SCRUB_FINDING_KIND_SEGMENT
                && finding.getState() == ScrubFindingState.SCRUB_FINDING_STATE_BEING_REPAIRED);
  }

  private static boolean isWell(ScrubStatus status) {
    long listed = status.getFindingsCount();
    long found = status.getBadPageCount() + status.getBadSegmentPartCount();
    return found <= listed
        && status.getFindingsList().stream()
            .allMatch(
                finding -> finding.getState() == ScrubFindingState.SCRUB_FINDING_STATE_REPAIRED);
  }

  private static void show(Output output, ScrubStatus status, long nanos) {
    output.document(document(status));
    output.line(
        status.getRunning()
            ? "running: %s of %s, %s"
                .formatted(
                    Amounts.bytes(status.getBytesDone()),
                    Amounts.bytes(status.getBytesTotal()),
                    Amounts.rate(status.getBytesPerSecond(), Duration.ofSeconds(1).toNanos()))
            : "verified %s pages, %s, in %s"
                .formatted(
                    Amounts.count(status.getPageCount()),
                    Amounts.bytes(status.getBytesTotal()),
                    Amounts.duration(nanos)));
    output.line(
        "last whole scrub ended "
            + (status.getLastEndedMillis() == 0
                ? "never"
                : Amounts.time(status.getLastEndedMillis(), ZoneId.systemDefault())));
    long found = status.getBadPageCount() + status.getBadSegmentPartCount();
    if (found == 0) {
      output.line("nothing bad");
      return;
    }
    output.format(
        "found bad: %s pages and slim states, %s parts of segments",
        Amounts.count(status.getBadPageCount()), Amounts.count(status.getBadSegmentPartCount()));
    output.line();
    Table table =
        new Table("IMAGE", ">CHECKPOINT", ">PAGE", "REGION", "STATE", "FILE", ">OFFSET", "WHAT");
    status.getFindingsList().forEach(finding -> table.row(cells(finding)));
    output.table(table);
  }

  private static Object[] cells(ScrubFinding finding) {
    boolean segment = finding.getKind() == ScrubFindingKind.SCRUB_FINDING_KIND_SEGMENT;
    boolean page = finding.getKind() == ScrubFindingKind.SCRUB_FINDING_KIND_PAGE;
    String image =
        finding.getImage().isEmpty() ? "uid " + finding.getImageUid() : finding.getImage();
    return new Object[] {
      segment ? "-" : image,
      segment ? "-" : finding.getCheckpoint(),
      page ? finding.getPage() : "-",
      page ? finding.getRegion() : segment ? "-" : "(slim state)",
      state(finding),
      finding.getPath(),
      finding.getOffset(),
      finding.getWhat()
    };
  }

  private static String state(ScrubFinding finding) {
    return Documents.shortName(finding.getState(), "SCRUB_FINDING_STATE_").replace('_', ' ');
  }

  /** As JSON; also what {@code doctor} says of it. */
  static Json document(ScrubStatus status) {
    return new Json()
        .put("running", status.getRunning())
        .put("bytes_done", status.getBytesDone())
        .put("bytes_total", status.getBytesTotal())
        .put("bytes_per_second", status.getBytesPerSecond())
        .put("page_count", status.getPageCount())
        .put("bad_page_count", status.getBadPageCount())
        .put("bad_segment_part_count", status.getBadSegmentPartCount())
        .put("last_ended_at", time(status.getLastEndedMillis()))
        .put("next_begins_at", time(status.getNextBeginsMillis()))
        .put("findings", status.getFindingsList().stream().map(ScrubCommand::document).toList());
  }

  private static Optional<String> time(long millis) {
    return millis == 0 ? Optional.empty() : Optional.of(Amounts.isoTime(millis));
  }

  private static Json document(ScrubFinding finding) {
    Json document =
        new Json()
            .put(
                "kind",
                Documents.shortName(finding.getKind(), "SCRUB_FINDING_KIND_")
                    .toLowerCase(Locale.ROOT))
            .put("state", state(finding));
    if (finding.getKind() != ScrubFindingKind.SCRUB_FINDING_KIND_SEGMENT) {
      document
          .put("image", finding.getImage())
          .put("image_uid", finding.getImageUid())
          .put("checkpoint", finding.getCheckpoint());
    }
    if (finding.getKind() == ScrubFindingKind.SCRUB_FINDING_KIND_PAGE) {
      document.put("region", finding.getRegion()).put("page", finding.getPage());
    }
    return document
        .put("path", finding.getPath())
        .put("offset", finding.getOffset())
        .put("what", finding.getWhat());
  }
}
