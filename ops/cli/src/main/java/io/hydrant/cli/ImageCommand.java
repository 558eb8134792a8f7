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
      ImageCommand.SetQuota.class,
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
        "  hydrant image create web-1 --quota 10g        checkpoints are refused beyond that",
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

    @Option(
        names = "--quota",
        paramLabel = "SIZE",
        defaultValue = "none",
        converter = Size.Converter.class,
        description = {
          "What its checkpoints may take on a server's disk, for instance 512m or 10g (none): new"
              + " ones are",
          "refused while those that are kept take as much."
        })
    private Size quota;

    @Override
    ExitCode run(Output output, HydrantClient client) {
      String problem = retention.problem();
      if (problem != null) {
        throw usage(problem);
      }
      Image image = client.createImage(name, retention.retention(), durability(), quota.bytes());
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
              ">QUOTA",
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
            quota(image),
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
      output.line("quota        " + quota(image));
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

  /** {@code image set-quota}. */
  @Command(
      name = "set-quota",
      description = {
        "Changes what an image's checkpoints may take on a server's disk, live and history together.",
        "Nothing is retired for it: while the image takes as much, new checkpoints are refused."
      },
      footer = {
        "",
        "Examples:",
        "  hydrant image set-quota web-1 20g",
        "  hydrant image set-quota web-1 none",
        "  hydrant df --prefix web-1             what it takes"
      })
  static final class SetQuota extends StoreCommand {
    @Parameters(paramLabel = "IMAGE", description = "Name of the image.")
    private String name;

    @Parameters(
        paramLabel = "SIZE",
        converter = Size.Converter.class,
        description = "For instance 512m or 10g; none: what there is.")
    private Size quota;

    @Override
    ExitCode run(Output output, HydrantClient client) {
      Image image = client.setQuota(HydrantClient.name(name), quota.bytes());
      output.document(Documents.image(image));
      output.line(
          image.getQuotaBytes() == 0
              ? "image " + name + " has no quota"
              : "image " + name + " may take " + Amounts.bytes(image.getQuotaBytes()));
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

  private static String quota(Image image) {
    return image.getQuotaBytes() == 0 ? "none" : Amounts.bytes(image.getQuotaBytes());
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
