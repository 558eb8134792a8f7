package io.hydrant.cli.demo;

import io.hydrant.cli.output.Amounts;
import io.hydrant.cli.output.Json;
import io.hydrant.cli.output.Latencies;
import io.hydrant.cli.output.Table;

/** The demonstration's measurements; filled in as it goes. Times in nanoseconds. */
final class Figures {
  final Latencies commits = new Latencies();
  final Latencies fetches = new Latencies();
  long ingestedBytes;
  long ingestNanos;
  long startNanos;
  long restartNanos;
  long restoredBytes;
  long restoreNanos;

  Table table(Calibration machine) {
    return new Table("", "HYDRANT", "THIS MACHINE, BARE")
        .row(
            "ingest",
            Amounts.rate(ingestedBytes, ingestNanos),
            "4 MiB write + fdatasync: "
                + Amounts.rate(machine.diskBytesPerSecond(), 1_000_000_000L))
        .row(
            "commit, first byte to yes",
            commits.text(),
            "4 KiB write + fdatasync: p50 " + Amounts.duration(machine.sync().p50()))
        .row("start of the server", Amounts.duration(startNanos), "")
        .row("restart after SIGKILL", Amounts.duration(restartNanos), "")
        .row(
            "restore to a durable file",
            Amounts.bytes(restoredBytes)
                + " in "
                + Amounts.duration(restoreNanos)
                + " ("
                + Amounts.rate(restoredBytes, restoreNanos)
                + ")",
            "")
        .row(
            "page fetch, 4 KiB, one in flight",
            fetches.text(),
            "gRPC echo, 4 KiB: " + machine.echo().text());
  }

  Json json(Calibration machine) {
    return new Json()
        .put("ingest_mb_per_second", Amounts.megabytesPerSecond(ingestedBytes, ingestNanos))
        .put("ingested_bytes", ingestedBytes)
        .put("commit", commits.json())
        .put("start_millis", Amounts.millis(startNanos))
        .put("restart_millis", Amounts.millis(restartNanos))
        .put("restore_millis", Amounts.millis(restoreNanos))
        .put("restored_bytes", restoredBytes)
        .put("fetch", fetches.json())
        .put("machine", machine.json());
  }
}
