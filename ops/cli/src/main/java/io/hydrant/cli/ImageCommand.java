package io.hydrant.cli;

import io.hydrant.cli.output.Amounts;
import io.hydrant.cli.output.Json;
import io.hydrant.cli.output.Output;
import io.hydrant.cli.output.Table;
import io.hydrant.client.HydrantClient;
import io.hydrant.v1.Durability;
import io.hydrant.v1.Image;
import io.hydrant.v1.PinnedDelete;
import io.hydrant.v1.Region;
import java.time.ZoneId;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Making, showing and deleting images. */
@Command(
    name = "image",
    description = "Makes, shows and deletes images.",
    subcommands = {
      ImageCommand.Create.class,
      ImageCommand.ListAll.class,
      ImageCommand.Show.class,
      ImageCommand.SetRetention.class,
      ImageCommand.Delete.class
    })
final class ImageCommand extends GroupCommand {
  /** {@code image create}. */
  @Command(
      name = "create",
      description = "Makes an image.",
      footer = {
        "",
        "Examples:",
        "  hydrant image create web-1 --keep-last 32",
        "  hydrant image create web-1 --keep-for 1m --keep-every 1s:10m --keep-every 1m:1d",
        "  hydrant image create db-1 --durability all    acknowledged once every replica has it"
      })
  static final class Create extends StoreCommand {
    @Parameters(paramLabel = "IMAGE", description = "Name of the new image: a-z A-Z 0-9 . _ -")
    private String name;

    @Mixin private RetentionOptions retention;

    @Option(
        names = "--durability",
        paramLabel = "WHO",
        defaultValue = "quorum",
        description = {
          "Which replicas must have a checkpoint on disk before it is acknowledged, for the"
              + " image's",
          "life: quorum, a majority (the default), or all. With all, one replica that is away"
              + " stops",
          "the image's checkpoints."
        })
    private String durability;

    @Override
    ExitCode run(Output output, HydrantClient client) {
      String problem = retention.problem();
      if (problem != null) {
        throw usage(problem);
      }
      Image image = client.createImage(name, retention.retention(), durability());
      output.document(Documents.image(image));
      output.line("image " + image.getName() + " created (uid " + image.getUid() + ")");
      return ExitCode.OK;
    }

    private Durability durability() {
      return switch (durability) {
        case "quorum" -> Durability.DURABILITY_QUORUM;
        case "all" -> Durability.DURABILITY_ALL;
        default -> throw usage("--durability must be quorum or all, not '" + durability + "'");
      };
    }
  }

  /** {@code image list}. */
  @Command(
      name = "list",
      description = "Shows all images.",
      footer = {
        "",
        "Examples:",
        "  hydrant image list",
        "  hydrant image list --prefix web- --json"
      })
  static final class ListAll extends StoreCommand {
    @Option(
        names = "--prefix",
        paramLabel = "TEXT",
        defaultValue = "",
        description = "Only images whose name begins so.")
    private String prefix;

    @Override
    ExitCode run(Output output, HydrantClient client) {
      List<Image> images = client.images(prefix);
      output.document(new Json().put("images", images.stream().map(Documents::image).toList()));
      if (images.isEmpty()) {
        output.line("no images; make one with `hydrant image create NAME`");
        return ExitCode.OK;
      }
      Table table =
          new Table(
              "IMAGE",
              ">SIZE",
              ">CHECKPOINTS",
              ">NEWEST",
              ">EPOCH",
              ">SESSIONS",
              "DURABILITY",
              "CREATED");
      for (Image image : images) {
        table.row(
            image.getName() + (image.getDeleting() ? " (deleting)" : ""),
            Amounts.bytes(Documents.lengthBytes(image.getRegionsList())),
            image.getCheckpointCount(),
            image.getHead() == 0 ? "-" : image.getHead(),
            image.getEpoch(),
            image.getOpenSessionCount(),
            Documents.shortName(image.getDurability(), "DURABILITY_"),
            Amounts.time(image.getCreatedMillis(), ZoneId.systemDefault()));
      }
      output.table(table);
      return ExitCode.OK;
    }
  }

  /** {@code image show}. */
  @Command(
      name = "show",
      description = "Shows one image with its regions.",
      footer = {"", "Example:", "  hydrant image show web-1"})
  static final class Show extends StoreCommand {
    @Parameters(paramLabel = "IMAGE", description = "Name of the image.")
    private String name;

    @Override
    ExitCode run(Output output, HydrantClient client) {
      Image image = client.image(HydrantClient.name(name));
      output.document(Documents.image(image));
      output.line("image        " + image.getName());
      output.line("uid          " + image.getUid());
      output.line("created      " + Amounts.time(image.getCreatedMillis(), ZoneId.systemDefault()));
      output.line("epoch        " + image.getEpoch());
      output.line("newest       " + (image.getHead() == 0 ? "none yet" : image.getHead()));
      output.line("checkpoints  " + image.getCheckpointCount());
      output.line("kept         " + RetentionOptions.text(image.getRetention()));
      output.line("durability   " + Documents.shortName(image.getDurability(), "DURABILITY_"));
      output.line("sessions     " + image.getOpenSessionCount());
      if (image.getDeleting()) {
        output.line("deleting     as soon as the last session ends");
      }
      regionTable(output, image.getRegionsList());
      return ExitCode.OK;
    }
  }

  /** {@code image set-retention}. */
  @Command(
      name = "set-retention",
      description = {
        "Changes which checkpoints stay restorable: those that any of the options keeps, and those with a name.",
        "What is said takes the place of all that was said before."
      },
      footer = {
        "",
        "Examples:",
        "  hydrant image set-retention web-1 --keep-last 32",
        "  hydrant image set-retention web-1 --keep-for 1m --keep-every 1s:10m --keep-every 1m:1d"
      })
  static final class SetRetention extends StoreCommand {
    @Parameters(paramLabel = "IMAGE", description = "Name of the image.")
    private String name;

    @Mixin private RetentionOptions retention;

    @Override
    ExitCode run(Output output, HydrantClient client) {
      String problem =
          retention.isEmpty()
              ? "name at least one of --keep-last, --keep-for and --keep-every"
              : retention.problem();
      if (problem != null) {
        throw usage(problem);
      }
      Image image = client.setRetention(HydrantClient.name(name), retention.retention());
      output.document(Documents.image(image));
      output.line("image " + name + " keeps " + RetentionOptions.text(image.getRetention()));
      return ExitCode.OK;
    }
  }

  /** {@code image delete}. */
  @Command(
      name = "delete",
      description = "Deletes an image with all its checkpoints.",
      footer = {
        "",
        "Examples:",
        "  hydrant image delete web-1",
        "  hydrant image delete web-1 --when-unpinned    after the last restore session"
      })
  static final class Delete extends StoreCommand {
    @Parameters(paramLabel = "IMAGE", description = "Name of the image.")
    private String name;

    @Option(
        names = "--when-unpinned",
        description = "Instead of refusing while restore sessions are open, delete when they end.")
    private boolean whenUnpinned;

    @Override
    ExitCode run(Output output, HydrantClient client) {
      boolean deleted =
          client.deleteImage(
              HydrantClient.name(name),
              whenUnpinned ? PinnedDelete.PINNED_DELETE_DEFER : PinnedDelete.PINNED_DELETE_REFUSE);
      output.document(new Json().put("name", name).put("deleted", deleted));
      output.line(
          deleted
              ? "image " + name + " deleted"
              : "image " + name + " will be deleted when its last restore session ends");
      return ExitCode.OK;
    }
  }

  static void regionTable(Output output, List<Region> regions) {
    if (regions.isEmpty()) {
      return;
    }
    output.line();
    Table table = new Table("REGION", "KIND", ">SIZE", ">PAGE");
    for (Region region : regions) {
      table.row(
          region.getName(),
          Documents.shortName(region.getKind(), "REGION_KIND_"),
          Amounts.bytes(region.getLengthBytes()),
          Amounts.bytes(region.getPageBytes()));
    }
    output.table(table);
  }
}
