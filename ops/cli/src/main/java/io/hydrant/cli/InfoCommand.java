package io.hydrant.cli;

import io.hydrant.cli.output.Amounts;
import io.hydrant.cli.output.Json;
import io.hydrant.cli.output.Output;
import io.hydrant.cli.output.Table;
import io.hydrant.client.HydrantClient;
import io.hydrant.v1.ServerInfo;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;

/** {@code info}: what a server is. */
@Command(
    name = "info",
    description = "Version, identity and limits of a server.",
    footer = {"", "Example:", "  hydrant info --server 127.0.0.1:7070"})
final class InfoCommand extends StoreCommand {
  @Override
  ExitCode run(Output output, HydrantClient client) {
    ServerInfo info = client.serverInfo();
    Json limits = new Json();
    new TreeMap<>(info.getLimitsMap()).forEach(limits::put);
    output.document(
        new Json()
            .put("server", root().servers())
            .put("version", info.getVersion())
            .put("api_version_min", info.getApiVersionMin())
            .put("api_version_max", info.getApiVersionMax())
            .put("cluster_id", info.getClusterId())
            .put("store_id", info.getStoreId())
            .put("group_id", info.getGroupId())
            .put("leader", info.getLeader())
            .put("uptime_millis", info.getUptimeMillis())
            .put("limits", limits));
    output.line("server   " + root().servers());
    output.line("version  " + info.getVersion());
    output.line("api      " + info.getApiVersionMin() + " to " + info.getApiVersionMax());
    output.line("cluster  " + info.getClusterId());
    output.line("store    " + info.getStoreId());
    output.line("group    " + info.getGroupId() + (info.getLeader() ? " (leader)" : ""));
    output.line(
        "up       " + Amounts.duration(TimeUnit.MILLISECONDS.toNanos(info.getUptimeMillis())));
    output.line();
    Table table = new Table("LIMIT", ">VALUE");
    new TreeMap<>(info.getLimitsMap())
        .forEach((name, value) -> table.row(name, Amounts.count(value)));
    output.table(table);
    return ExitCode.OK;
  }
}
