package io.hydrant.cli;

import io.hydrant.cli.output.Amounts;
import io.hydrant.cli.output.Json;
import io.hydrant.cli.output.Output;
import io.hydrant.cli.output.Progress;
import io.hydrant.cli.verify.RegionCheck;
import io.hydrant.cli.verify.RegionCheck.DamagedPage;
import io.hydrant.client.DamagedPageException;
import io.hydrant.client.HydrantClient;
import io.hydrant.client.RejectedException;
import io.hydrant.client.RestoreSession;
import io.hydrant.client.RetryPolicy;
import io.hydrant.v1.Checkpoint;
import io.hydrant.v1.CheckpointState;
import io.hydrant.v1.Image;
import io.hydrant.v1.Reason;
import io.hydrant.v1.Region;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code verify}: everything is read back and checked. */
@Command(
    name = "verify",
    description = {
      "Reads every page and the slim state of an image's checkpoints back and checks each checksum.",
      "Exit code " + VerifyCommand.DAMAGED_CODE + " and a list of the pages if any is damaged."
    },
    footer = {
      "",
      "Examples:",
      "  hydrant verify web-1                          all checkpoints that can be restored",
      "  hydrant verify web-1 --checkpoint 7 --json    one of them"
    })
final class VerifyCommand extends StoreCommand {
  static final String DAMAGED_CODE = "65";

  @Parameters(paramLabel = "IMAGE", description = "Name of the image.")
  private String image;

  @Option(
      names = "--checkpoint",
      paramLabel = "N",
      defaultValue = "0",
      description = "Only this one (all that can be restored).")
  private long checkpoint;

  /** What was found in one checkpoint. */
  private record Findings(long checkpoint, List<Json> regions, List<Json> damaged, long bytes) {}

  @Override
  RetryPolicy retries() {
    return RetryPolicy.DEFAULT;
  }

  @Override
  ExitCode run(Output output, HydrantClient client) throws IOException {
    long begin = System.nanoTime();
    Image found = client.image(HydrantClient.name(image));
    List<Long> ids = checkpoint != 0 ? List.of(checkpoint) : restorable(client);
    if (ids.isEmpty()) {
      output.note("image " + image + " has no checkpoint to verify");
    }
    long lengthBytes = Documents.lengthBytes(found.getRegionsList());
    List<Findings> all = new ArrayList<>();
    try (Progress progress = output.progress("verifying", lengthBytes * ids.size())) {
      for (long id : ids) {
        Findings findings = verify(client, found, id, progress);
        if (findings != null) {
          all.add(findings);
          show(output, findings);
        }
      }
    }
    return report(output, all, System.nanoTime() - begin);
  }

  private List<Long> restorable(HydrantClient client) {
    return client.checkpoints(HydrantClient.name(image)).stream()
        .filter(each -> each.getState() == CheckpointState.CHECKPOINT_STATE_COMMITTED)
        .map(Checkpoint::getId)
        .toList();
  }

  /** Null if the checkpoint was retired while the others were read. */
  private @Nullable Findings verify(HydrantClient client, Image found, long id, Progress progress)
      throws IOException {
    try (RestoreSession session =
        client.openRestore(HydrantClient.uid(found.getUid()), id, Duration.ZERO)) {
      return verify(session, id, progress);
    } catch (RejectedException e) {
      if (checkpoint == 0 && e.reason() == Reason.REASON_RETIRED) {
        return null;
      }
      throw e;
    }
  }

  private static Findings verify(RestoreSession session, long id, Progress progress)
      throws IOException {
    List<Json> regions = new ArrayList<>();
    List<Json> damaged = new ArrayList<>();
    long bytes = 0;
    for (int number = 0; number < session.regions().size(); number++) {
      Region region = session.regions().get(number);
      RegionCheck.Result result = new RegionCheck(session, number, progress::add).run();
      bytes += region.getLengthBytes();
      Json json =
          new Json()
              .put("region", region.getName())
              .put("content_page_count", result.contentPages())
              .put("empty_page_count", result.emptyPages())
              .put("damaged_page_count", result.damaged().size());
      regions.add(result.damaged().isEmpty() ? json.put("sha256", result.sha256()) : json);
      for (DamagedPage page : result.damaged()) {
        damaged.add(
            new Json()
                .put("region", region.getName())
                .put("page", page.page())
                .put("problem", page.problem()));
      }
    }
    try {
      session.slim();
    } catch (DamagedPageException e) {
      damaged.add(
          new Json().put("slim_state", true).put("problem", String.valueOf(e.getMessage())));
    }
    return new Findings(id, regions, damaged, bytes);
  }

  private void show(Output output, Findings findings) {
    output.line(
        "image "
            + image
            + ", checkpoint "
            + findings.checkpoint()
            + ": "
            + (findings.damaged().isEmpty() ? "sound" : findings.damaged().size() + " DAMAGED"));
    for (Json damaged : findings.damaged()) {
      output.line("  " + damaged.text("problem"));
    }
  }

  private ExitCode report(Output output, List<Findings> all, long nanos) {
    long damaged = all.stream().mapToLong(each -> each.damaged().size()).sum();
    long bytes = all.stream().mapToLong(Findings::bytes).sum();
    output.document(
        new Json()
            .put("image", image)
            .put("sound", damaged == 0)
            .put("damaged_count", damaged)
            .put("length_bytes", bytes)
            .put("duration_millis", Amounts.millis(nanos))
            .put(
                "checkpoints",
                all.stream()
                    .map(each ->
                        new Json()
                            .put("checkpoint", each.checkpoint())
                            .put("regions", each.regions())
                            .put("damaged", each.damaged()))
                    .toList()));
    output.line(
        all.size()
            + " checkpoints, "
            + Amounts.bytes(bytes)
            + " in "
            + Amounts.duration(nanos)
            + " ("
            + Amounts.rate(bytes, nanos)
            + "): "
            + (damaged == 0 ? "every checksum fits" : damaged + " DAMAGED"));
    return damaged == 0 ? ExitCode.OK : ExitCode.DAMAGED;
  }
}
