package io.hydrant.cli;

import io.hydrant.cli.output.Amounts;
import io.hydrant.cli.output.Json;
import io.hydrant.cli.output.Output;
import io.hydrant.cli.output.Table;
import io.hydrant.client.HydrantClient;
import io.hydrant.v1.Checkpoint;
import io.hydrant.v1.CheckpointState;
import java.time.ZoneId;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Taking and showing checkpoints. */
@Command(
    name = "checkpoint",
    description = "Takes and shows checkpoints.",
    subcommands = {
      PushCommand.class,
      CheckpointCommand.ListAll.class,
      CheckpointCommand.Show.class
    })
final class CheckpointCommand extends GroupCommand {

  /** {@code checkpoint list}. */
  @Command(
      name = "list",
      description = "Shows the checkpoints of an image: those that can be restored, and open ones.",
      footer = {"", "Example:", "  hydrant checkpoint list web-1"})
  static final class ListAll extends StoreCommand {
    @Parameters(paramLabel = "IMAGE", description = "Name of the image.")
    private String image;

    @Override
    ExitCode run(Output output, HydrantClient client) {
      List<Checkpoint> checkpoints = client.checkpoints(HydrantClient.name(image));
      output.document(
          new Json()
              .put("image", image)
              .put("checkpoints", checkpoints.stream().map(Documents::checkpoint).toList()));
      if (checkpoints.isEmpty()) {
        output.line("image " + image + " has no checkpoint yet");
        return ExitCode.OK;
      }
      Table table =
          new Table(
              ">CHECKPOINT", ">BASE", "KIND", "STATE", ">PAGES", ">STORED", ">SLIM", "COMMITTED");
      for (Checkpoint checkpoint : checkpoints) {
        table.row(
            checkpoint.getId(),
            checkpoint.getBase() == 0 ? "-" : checkpoint.getBase(),
            Documents.shortName(checkpoint.getKind(), "CHECKPOINT_KIND_"),
            Documents.shortName(checkpoint.getState(), "CHECKPOINT_STATE_")
                + (checkpoint.getPinned() ? ", pinned" : ""),
            Amounts.count(checkpoint.getPageCount()),
            Amounts.bytes(checkpoint.getDataBytes()),
            Amounts.bytes(checkpoint.getSlimBytes()),
            Amounts.time(checkpoint.getCommittedMillis(), ZoneId.systemDefault()));
      }
      output.table(table);
      return ExitCode.OK;
    }
  }

  /** {@code checkpoint show}. */
  @Command(
      name = "show",
      description = "Shows one checkpoint.",
      footer = {"", "Example:", "  hydrant checkpoint show web-1 7"})
  static final class Show extends StoreCommand {
    @Parameters(index = "0", paramLabel = "IMAGE", description = "Name of the image.")
    private String image;

    @Parameters(
        index = "1",
        arity = "0..1",
        paramLabel = "CHECKPOINT",
        defaultValue = "0",
        description = "Its number (the newest).")
    private long id;

    @Override
    ExitCode run(Output output, HydrantClient client) {
      Checkpoint checkpoint = find(client);
      output.document(
          new Json().put("image", image).put("checkpoint", Documents.checkpoint(checkpoint)));
      output.line("image       " + image);
      output.line("checkpoint  " + checkpoint.getId());
      output.line(
          "kind        "
              + Documents.shortName(checkpoint.getKind(), "CHECKPOINT_KIND_")
              + (checkpoint.getBase() == 0 ? "" : ", on " + checkpoint.getBase()));
      output.line(
          "state       "
              + Documents.shortName(checkpoint.getState(), "CHECKPOINT_STATE_")
              + (checkpoint.getPinned() ? ", pinned" : ""));
      output.line("epoch       " + checkpoint.getEpoch());
      output.line(
          "committed   " + Amounts.time(checkpoint.getCommittedMillis(), ZoneId.systemDefault()));
      output.line("pages       " + Amounts.count(checkpoint.getPageCount()));
      output.line("stored      " + Amounts.bytes(checkpoint.getDataBytes()));
      output.line("slim state  " + Amounts.bytes(checkpoint.getSlimBytes()));
      output.line("digest      " + Documents.hex(checkpoint.getDigest()));
      ImageCommand.regionTable(output, checkpoint.getRegionsList());
      return ExitCode.OK;
    }

    private Checkpoint find(HydrantClient client) {
      List<Checkpoint> all = client.checkpoints(HydrantClient.name(image));
      if (id != 0) {
        return all.stream()
            .filter(checkpoint -> checkpoint.getId() == id)
            .findFirst()
            .orElseThrow(() ->
                new CommandFailure(
                    ExitCode.NOT_FOUND,
                    "image '" + image + "' has no checkpoint " + id,
                    "`hydrant checkpoint list " + image + "` shows those it has."));
      }
      return all.stream()
          .filter(each -> each.getState() == CheckpointState.CHECKPOINT_STATE_COMMITTED)
          .reduce((_, later) -> later)
          .orElseThrow(() ->
              new CommandFailure(
                  ExitCode.NOT_FOUND,
                  "image '" + image + "' has no committed checkpoint",
                  "Take one with `hydrant checkpoint push`."));
    }
  }
}
