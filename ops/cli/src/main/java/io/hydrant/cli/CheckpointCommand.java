package io.hydrant.cli;

import io.hydrant.cli.output.Amounts;
import io.hydrant.cli.output.Json;
import io.hydrant.cli.output.Output;
import io.hydrant.cli.output.Table;
import io.hydrant.client.CheckpointChoice;
import io.hydrant.client.HydrantClient;
import io.hydrant.v1.Checkpoint;
import java.time.ZoneId;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Taking, showing and naming checkpoints. */
@Command(
    name = "checkpoint",
    description = "Takes, shows and names checkpoints.",
    subcommands = {
      PushCommand.class,
      CheckpointCommand.ListAll.class,
      CheckpointCommand.Show.class,
      CheckpointCommand.Name.class,
      CheckpointCommand.Release.class
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
              ">CHECKPOINT",
              ">BASE",
              "KIND",
              "STATE",
              ">PAGES",
              ">STORED",
              ">SLIM",
              "COMMITTED",
              "NAMES");
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
            Amounts.time(checkpoint.getCommittedMillis(), ZoneId.systemDefault()),
            String.join(", ", checkpoint.getNamesList()));
      }
      output.table(table);
      return ExitCode.OK;
    }
  }

  /** {@code checkpoint show}. */
  @Command(
      name = "show",
      description = "Shows one checkpoint.",
      footer = {
        "",
        "Examples:",
        "  hydrant checkpoint show web-1 7",
        "  hydrant checkpoint show web-1 before-upgrade"
      })
  static final class Show extends StoreCommand {
    @Parameters(index = "0", paramLabel = "IMAGE", description = "Name of the image.")
    private String image;

    @Parameters(
        index = "1",
        arity = "0..1",
        paramLabel = "CHECKPOINT",
        converter = CheckpointWord.Converter.class,
        description = "Its number or a name (the newest).")
    private CheckpointChoice choice = new CheckpointChoice.Latest();

    @Override
    ExitCode run(Output output, HydrantClient client) {
      Checkpoint checkpoint = CheckpointWord.find(client, image, choice);
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
      if (checkpoint.getNamesCount() > 0) {
        output.line("names       " + String.join(", ", checkpoint.getNamesList()));
      }
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
  }

  /** {@code checkpoint name}. */
  @Command(
      name = "name",
      description = {
        "Gives a checkpoint a name: it stays, whatever the retention says, until all its names are released.",
        "A name is at one checkpoint of an image only; to move it, release it first."
      },
      footer = {
        "",
        "Examples:",
        "  hydrant checkpoint name web-1 7 before-upgrade",
        "  hydrant restore web-1 memory.raw --checkpoint before-upgrade"
      })
  static final class Name extends StoreCommand {
    @Parameters(index = "0", paramLabel = "IMAGE", description = "Name of the image.")
    private String image;

    @Parameters(
        index = "1",
        paramLabel = "CHECKPOINT",
        converter = CheckpointWord.Converter.class,
        description = "Its number, or a name that it has.")
    private CheckpointChoice choice;

    @Parameters(
        index = "2",
        paramLabel = "NAME",
        description = "a-z A-Z 0-9 . _ - and a letter first.")
    private String name;

    @Override
    ExitCode run(Output output, HydrantClient client) {
      long id =
          choice instanceof CheckpointChoice.Numbered numbered
              ? numbered.id()
              : CheckpointWord.find(client, image, choice).getId();
      Checkpoint checkpoint = client.nameCheckpoint(HydrantClient.name(image), id, name);
      output.document(
          new Json().put("image", image).put("checkpoint", Documents.checkpoint(checkpoint)));
      output.line("checkpoint " + id + " of image " + image + " has the name " + name);
      return ExitCode.OK;
    }
  }

  /** {@code checkpoint release}. */
  @Command(
      name = "release",
      description = "Takes a name from its checkpoint, which goes by the image's retention again.",
      footer = {"", "Example:", "  hydrant checkpoint release web-1 before-upgrade"})
  static final class Release extends StoreCommand {
    @Parameters(index = "0", paramLabel = "IMAGE", description = "Name of the image.")
    private String image;

    @Parameters(index = "1", paramLabel = "NAME", description = "The name.")
    private String name;

    @Override
    ExitCode run(Output output, HydrantClient client) {
      if (!client.releaseName(HydrantClient.name(image), name)) {
        throw new CommandFailure(
            ExitCode.NOT_FOUND,
            "no checkpoint of image '" + image + "' has the name '" + name + "'",
            "`hydrant checkpoint list " + image + "` shows the names there are.");
      }
      output.document(new Json().put("image", image).put("name", name).put("released", true));
      output.line("name " + name + " of image " + image + " released");
      return ExitCode.OK;
    }
  }
}
