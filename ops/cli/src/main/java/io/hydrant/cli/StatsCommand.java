package io.hydrant.cli;

import io.hydrant.cli.output.Amounts;
import io.hydrant.cli.output.Json;
import io.hydrant.cli.output.Output;
import io.hydrant.cli.output.Table;
import io.hydrant.client.HydrantClient;
import io.hydrant.v1.StatsResponse;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Command;

/** {@code stats}: how a server does. */
@Command(
    name = "stats",
    description = "Counters (since the start) and gauges (now) of a server.",
    footer = {"", "Example:", "  hydrant stats --json | jq .gauges"})
final class StatsCommand extends StoreCommand {
  @Override
  ExitCode run(Output output, HydrantClient client) {
    StatsResponse stats = client.stats();
    Map<String, Long> counters = new TreeMap<>(stats.getCountersMap());
    Map<String, Long> gauges = new TreeMap<>(stats.getGaugesMap());
    Json countersJson = new Json();
    counters.forEach(countersJson::put);
    Json gaugesJson = new Json();
    gauges.forEach(gaugesJson::put);
    output.document(new Json().put("counters", countersJson).put("gauges", gaugesJson));
    show(output, "COUNTER", counters);
    output.line();
    show(output, "GAUGE", gauges);
    return ExitCode.OK;
  }

  private static void show(Output output, String heading, Map<String, Long> values) {
    Table table = new Table(heading, ">VALUE", ">");
    values.forEach((name, value) ->
        table.row(name, Amounts.count(value), name.endsWith("_bytes") ? Amounts.bytes(value) : ""));
    output.table(table);
  }
}
