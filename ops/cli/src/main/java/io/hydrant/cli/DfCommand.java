package io.hydrant.cli;

import io.hydrant.cli.output.Amounts;
import io.hydrant.cli.output.Json;
import io.hydrant.cli.output.Output;
import io.hydrant.cli.output.Table;
import io.hydrant.client.HydrantClient;
import io.hydrant.v1.ImageSpace;
import io.hydrant.v1.Space;
import io.hydrant.v1.SpaceState;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code df}: what a server's part of the store takes of its disk, and which images take it. */
@Command(
    name = "df",
    description = {
      "What a server's part of the store takes of its disk, and which images take it.",
      "",
      "Live is what newest checkpoints show; history what only older retained ones do; reclaimable"
          + " what nothing retained shows any more. Live and history count against an image's quota."
          + " The images' index rows are read, their pages are not."
    },
    footer = {
      "",
      "Examples:",
      "  hydrant df                                       the server, and every image",
      "  hydrant df --server n3:7070                      of that member of a group",
      "  hydrant df --summary                             the server alone",
      "  hydrant df --prefix web- --json | jq .images     images whose names begin so"
    })
final class DfCommand extends StoreCommand {
  @Option(names = "--summary", description = "The server alone: reads no index rows.")
  private boolean summary;

  @Option(
      names = "--prefix",
      paramLabel = "TEXT",
      defaultValue = "",
      description = "Only images whose names begin so.")
  private String prefix;

  @Override
  ExitCode run(Output output, HydrantClient client) {
    Space space = summary ? client.space() : client.spaceByImage(prefix);
    output.document(document(space));
    show(output, space);
    if (!summary) {
      output.line();
      show(output, space.getImagesList());
    }
    return ExitCode.OK;
  }

  private Json document(Space space) {
    Json document =
        new Json()
            .put("node", space.getNodeId())
            .put("capacity_bytes", space.getCapacityBytes())
            .put("file_bytes", space.getFileBytes())
            .put("live_bytes", space.getLiveBytes())
            .put("dead_bytes", space.getDeadBytes())
            .put("reclaimable_bytes", space.getReclaimableBytes())
            .put("reserve_bytes", space.getReserveBytes())
            .put("room_bytes", space.getRoomBytes())
            .put("state", word(space.getState()))
            .put("reason", space.getReason());
    if (!summary) {
      document.put(
          "images",
          space.getImagesList().stream()
              .map(image ->
                  new Json()
                      .put("name", image.getName())
                      .put("live_bytes", image.getLiveBytes())
                      .put("history_bytes", image.getHistoryBytes())
                      .put("reclaimable_bytes", image.getReclaimableBytes())
                      .put("quota_bytes", image.getQuotaBytes()))
              .toList());
    }
    return document;
  }

  private void show(Output output, Space space) {
    Table table =
        new Table("NODE", ">CAPACITY", ">FILES", ">LIVE", ">RECLAIMABLE", ">ROOM", ">USED");
    table.row(
        space.getNodeId(),
        Amounts.bytes(space.getCapacityBytes()),
        Amounts.bytes(space.getFileBytes()),
        Amounts.bytes(space.getLiveBytes()),
        Amounts.bytes(space.getReclaimableBytes() + space.getDeadBytes()),
        Amounts.bytes(space.getRoomBytes()),
        percent(space.getFileBytes(), space.getCapacityBytes()));
    output.table(table);
    if (space.getState() != SpaceState.SPACE_STATE_OK) {
      output.line(word(space.getState()) + ": " + space.getReason());
    }
  }

  private static void show(Output output, List<ImageSpace> images) {
    if (images.isEmpty()) {
      output.line("no images");
      return;
    }
    Table table =
        new Table("IMAGE", ">LIVE", ">HISTORY", ">RECLAIMABLE", ">ALL", ">QUOTA", ">USED");
    for (ImageSpace image : images) {
      table.row(
          image.getName(),
          Amounts.bytes(image.getLiveBytes()),
          Amounts.bytes(image.getHistoryBytes()),
          Amounts.bytes(image.getReclaimableBytes()),
          Amounts.bytes(
              image.getLiveBytes() + image.getHistoryBytes() + image.getReclaimableBytes()),
          image.getQuotaBytes() == 0 ? "none" : Amounts.bytes(image.getQuotaBytes()),
          percent(image.getLiveBytes() + image.getHistoryBytes(), image.getQuotaBytes()));
    }
    output.table(table);
  }

  private static String percent(long part, long whole) {
    return whole == 0 ? "-" : String.format(Locale.ROOT, "%.0f %%", 100.0 * part / whole);
  }

  private static String word(SpaceState state) {
    return switch (state) {
      case SPACE_STATE_OK -> "ok";
      case SPACE_STATE_LOW -> "low";
      case SPACE_STATE_FULL -> "full";
      default -> "unknown";
    };
  }
}
