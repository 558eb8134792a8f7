package io.hydrant.cli;

import io.hydrant.cli.output.Amounts;
import io.hydrant.cli.output.Json;
import io.hydrant.cli.output.Output;
import io.hydrant.cli.output.Table;
import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.node.Losses;
import io.hydrant.node.Recovery;
import io.hydrant.node.config.NodeConfig;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cluster recover}: when a majority is gone for ever. */
@Command(
    name = "recover",
    description = {
      "Makes a new group of one out of the data directory of a server that has lost the majority of its group for ever.",
      "No server runs on it. Says first which checkpoints are not wholly there; what the lost servers committed behind",
      "its last log entry cannot be known. Then asks for the number of images. Old members are refused from then on."
    },
    footer = {
      "",
      "Examples:",
      "  hydrant cluster recover --unsafe --data /var/lib/hydrant --dry-run       only says what would be lost",
      "  hydrant cluster recover --unsafe --data /var/lib/hydrant",
      "  hydrant cluster recover --unsafe --data /var/lib/hydrant --yes-lose 12   without asking: 12 images",
      "",
      "Then start the server again, and bring its group back to three with two more servers."
    })
final class ClusterRecoverCommand extends BasicCommand {
  private static final int CHECKPOINTS_SHOWN = 12;

  @Option(
      names = "--unsafe",
      description = "You know that acknowledged checkpoints may be lost by this.")
  private boolean unsafe;

  @Mixin private ServerOptions options;

  @Option(names = "--dry-run", description = "Say what would be lost, and change nothing.")
  private boolean dryRun;

  @Option(
      names = "--yes-lose",
      paramLabel = "N",
      description = "Do not ask: the directory has N images, as --dry-run says.")
  private @Nullable Integer accepted;

  @Override
  ExitCode run(Output output) throws Exception {
    if (!unsafe) {
      throw usage("say --unsafe: acknowledged checkpoints may be lost by this");
    }
    Logging.forClient(root().verbose());
    NodeConfig config = options.configuration(Map.of());
    try (Recovery recovery = Recovery.open(config)) {
      return recovery.isUnderWay() ? finish(recovery, output) : recover(recovery, output);
    } catch (CorruptionException e) {
      throw new CommandFailure(
          ExitCode.DAMAGED,
          String.valueOf(e.getMessage()),
          "Nothing was changed. ops/runbooks/damage.md says what can be done.",
          e);
    } catch (DiskFullException e) {
      throw new CommandFailure(ExitCode.DISK_FULL, String.valueOf(e.getMessage()), "", e);
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.CONFIGURATION, String.valueOf(e.getMessage()), "", e);
    }
  }

  private ExitCode finish(Recovery recovery, Output output) throws IOException {
    if (dryRun) {
      throw new CommandFailure(
          ExitCode.REFUSED,
          "a recovery of this directory was decided already and cut off",
          "Finish it: the same command without --dry-run.");
    }
    Recovery.Recovered made = recovery.finish();
    output.document(made(new Json(), made));
    output.line("Finished a recovery that was cut off.");
    tell(output, made);
    return ExitCode.OK;
  }

  private ExitCode recover(Recovery recovery, Output output) throws IOException {
    Losses losses = recovery.examine();
    show(output, losses);
    if (dryRun) {
      output.document(document(losses));
      output.line("Nothing was changed.");
      return ExitCode.OK;
    }
    if (accepted(output) != losses.images().size()) {
      throw new CommandFailure(
          ExitCode.REFUSED,
          "nothing was changed: that is not the number of images in this directory",
          "Look at the list with --dry-run, and whether it is the right directory.");
    }
    Recovery.Recovered made = recovery.recover(losses);
    output.document(made(document(losses), made));
    tell(output, made);
    return ExitCode.OK;
  }

  private int accepted(Output output) throws IOException {
    if (accepted != null) {
      return accepted;
    }
    if (output.isJson() || !root().console().terminal()) {
      throw new CommandFailure(
          ExitCode.REFUSED,
          "nothing was changed: there is nobody to ask whether these losses are accepted",
          "Look at the list with --dry-run, then say --yes-lose N, N being the number of images.");
    }
    output.note("To go on, type the number of images in the list above:");
    BufferedReader answers =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    String answer = answers.readLine();
    try {
      return Integer.parseInt(answer == null ? "" : answer.strip());
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  private static void show(Output output, Losses losses) {
    output.line("cluster  " + losses.cluster());
    output.line("group    " + losses.group());
    output.line("node     " + losses.node());
    output.line(
        "last     entry %s of term %d; what the others committed behind it cannot be known"
            .formatted(Amounts.count(losses.last().index()), losses.last().term()));
    output.line();
    Table table = new Table("IMAGE", ">CHECKPOINTS", ">HEAD", ">LOST", "WHICH");
    for (Losses.Image image : losses.images()) {
      table.row(
          image.name(),
          Amounts.count(image.checkpoints().size()),
          image.head().map(head -> Long.toString(head.value())).orElse("-"),
          Amounts.count(image.missing().size()),
          which(image.missing()));
    }
    output.table(table);
    output.line();
  }

  private static String which(List<CheckpointId> missing) {
    String shown =
        missing.stream()
            .limit(CHECKPOINTS_SHOWN)
            .map(id -> Long.toString(id.value()))
            .collect(Collectors.joining(" "));
    return missing.size() > CHECKPOINTS_SHOWN ? shown + " ... (all: --json)" : shown;
  }

  private static void tell(Output output, Recovery.Recovered made) {
    output.line("group    " + made.group() + ", new, of one");
    output.line("old log  " + made.oldLog() + " (kept; not needed any more)");
    output.line(
        "Start the server as before; then add two blank ones: hydrant cluster replace --add --with HOST:PORT --server "
            + made.self().publicAddress());
  }

  private static Json document(Losses losses) {
    return new Json()
        .put("cluster_id", losses.cluster().toString())
        .put("group_id", losses.group().toString())
        .put("node", losses.node())
        .put("last_index", losses.last().index())
        .put("images", losses.images().stream().map(ClusterRecoverCommand::image).toList());
  }

  private static Json image(Losses.Image image) {
    Json json =
        new Json()
            .put("uid", image.id())
            .put("name", image.name())
            .put("checkpoints", ids(image.checkpoints()))
            .put("lost", ids(image.missing()));
    image.head().ifPresent(head -> json.put("head", head.value()));
    return json;
  }

  private static List<Long> ids(List<CheckpointId> ids) {
    return ids.stream().map(CheckpointId::value).toList();
  }

  private static Json made(Json json, Recovery.Recovered made) {
    return json.put("new_group_id", made.group().toString())
        .put("old_log", made.oldLog().toString())
        .put("server", made.self().publicAddress());
  }
}
