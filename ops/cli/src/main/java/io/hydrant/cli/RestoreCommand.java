package io.hydrant.cli;

import io.hydrant.cli.output.Amounts;
import io.hydrant.cli.output.Json;
import io.hydrant.cli.output.Output;
import io.hydrant.cli.output.Progress;
import io.hydrant.cli.restore.RegionFiles;
import io.hydrant.cli.restore.RegionFiles.RegionFile;
import io.hydrant.cli.restore.TargetFile;
import io.hydrant.client.CheckpointChoice;
import io.hydrant.client.FencedRestore;
import io.hydrant.client.HydrantClient;
import io.hydrant.client.PrefetchOptions;
import io.hydrant.client.RestoreSession;
import io.hydrant.client.RetryPolicy;
import io.hydrant.v1.ImageRef;
import io.hydrant.v1.Region;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code restore}: a checkpoint becomes a file, or one file a region. */
@Command(
    name = "restore",
    description = {
      "Writes a checkpoint to a sparse file, which appears under its name complete and durable or not at all.",
      "An image of several regions goes into a directory, one file a region, unless --region names one."
    },
    footer = {
      "",
      "Examples:",
      "  hydrant restore web-1 memory.raw                       the newest checkpoint",
      "  hydrant restore web-1 old.raw --checkpoint 3 --sha256  an older one, with its SHA-256",
      "  hydrant restore web-1 old.raw --checkpoint before-upgrade   the one with a name",
      "  hydrant restore vm-7 directory/ --slim vm-7.state      all regions and the slim state",
      "  hydrant restore web-1 memory.raw --fence               and nobody writes under the old epoch any more"
    })
final class RestoreCommand extends StoreCommand {
  /**
   * More streams do not help where one client core verifies about as fast as one server core sends.
   */
  private static final int STREAMS = 2;

  @Parameters(index = "0", paramLabel = "IMAGE", description = "Name of the image.")
  private String image;

  @Parameters(
      index = "1",
      paramLabel = "FILE",
      description = "Target: a file, or a directory for an image of several regions.")
  private Path target;

  @Option(
      names = "--checkpoint",
      paramLabel = "CHECKPOINT",
      converter = CheckpointWord.Converter.class,
      description = "Which one, by its number or a name (the newest).")
  private CheckpointChoice checkpoint = new CheckpointChoice.Latest();

  @Option(
      names = "--fence",
      description =
          "Take the image over in the same entry: its former protector is refused from then on, commits in flight included. Do so before you run what is restored.")
  private boolean fence;

  @Option(
      names = "--epoch",
      paramLabel = "N",
      description = "With --fence: only if the image's epoch still is N (`hydrant image show`).")
  private @Nullable Long epoch;

  @Option(names = "--region", paramLabel = "NAME", description = "Only this region.")
  private @Nullable String regionName;

  @Option(names = "--slim", paramLabel = "FILE", description = "Write the slim state there.")
  private @Nullable Path slimTarget;

  @Option(names = "--force", description = "Replace target files that exist.")
  private boolean force;

  @Option(names = "--sha256", description = "Read the files back and print their SHA-256.")
  private boolean sha256;

  /** A region and the file it goes to. */
  private record Placement(RegionChoice region, Path path) {}

  /** What was written. */
  private record Written(Placement placement, @Nullable String sha256) {}

  @Override
  RetryPolicy retries() {
    return RetryPolicy.DEFAULT;
  }

  @Override
  ExitCode run(Output output, HydrantClient client) throws IOException {
    if (epoch != null && (!fence || epoch < 0)) {
      throw usage("--epoch goes with --fence, and is a number from 0 on");
    }
    if (fence) {
      requireFreeBeforeFencing(client);
    }
    long begin = System.nanoTime();
    try (FencedRestore fenced = fence ? fence(client) : null;
        RestoreSession session =
            fenced == null
                ? client.openRestore(HydrantClient.name(image), checkpoint, Duration.ZERO)
                : fenced.session()) {
      if (fenced != null) {
        output.note(
            "image %s is fenced: its epoch is %d now, older ones are refused"
                .formatted(image, fenced.epoch()));
      }
      List<Placement> placements = placements(session.regions());
      for (Placement placement : placements) {
        requireFree(placement.path());
      }
      Path slimPath = slimTarget;
      if (slimPath != null) {
        requireFree(slimPath);
        requireApart(placements, slimPath);
      }
      List<Written> written = write(session, placements, output);
      report(output, session, fenced, written, System.nanoTime() - begin);
      return ExitCode.OK;
    }
  }

  private FencedRestore fence(HydrantClient client) {
    ImageRef ref = HydrantClient.name(image);
    return epoch == null
        ? client.restoreAndFence(ref, checkpoint, Duration.ZERO)
        : client.restoreAndFence(ref, checkpoint, Duration.ZERO, epoch);
  }

  /** Who is fenced for a file that cannot be written has lost its protection for nothing. */
  private void requireFreeBeforeFencing(HydrantClient client) throws IOException {
    List<Region> regions = client.image(HydrantClient.name(image)).getRegionsList();
    if (regions.isEmpty()) {
      return; // nothing is committed: refused as a whole
    }
    for (Placement placement : placements(regions)) {
      requireFree(placement.path());
    }
    if (slimTarget != null) {
      requireFree(slimTarget);
    }
  }

  private List<Placement> placements(List<Region> regions) throws IOException {
    if (regionName != null || regions.size() == 1) {
      if (Files.isDirectory(target)) {
        throw new CommandFailure(
            ExitCode.REFUSED, target + " is a directory", "Name a file in it as the target.");
      }
      return List.of(new Placement(RegionChoice.of(image, regions, regionName), target));
    }
    if (Files.exists(target) && !Files.isDirectory(target)) {
      throw new CommandFailure(
          ExitCode.REFUSED,
          target + " is a file, but image '" + image + "' has " + regions.size() + " regions",
          "Name a directory, or one of the regions with --region: "
              + RegionChoice.names(regions)
              + ".");
    }
    Files.createDirectories(target);
    List<Placement> placements = new ArrayList<>();
    for (int number = 0; number < regions.size(); number++) {
      RegionChoice region = new RegionChoice(number, regions.get(number));
      placements.add(new Placement(region, target.resolve(fileName(region.region().getName()))));
    }
    return placements;
  }

  /** Region names are free text; what is no plain file name is written as %XX. */
  static String fileName(String regionName) {
    StringBuilder name = new StringBuilder();
    for (byte b : regionName.getBytes(StandardCharsets.UTF_8)) {
      boolean plain =
          b >= 'a' && b <= 'z'
              || b >= 'A' && b <= 'Z'
              || b >= '0' && b <= '9'
              || b == '_'
              || b == '-'
              || b == '.' && !name.isEmpty();
      if (plain) {
        name.append((char) b);
      } else {
        name.append(String.format(Locale.ROOT, "%%%02X", b & 0xff));
      }
    }
    return name.toString();
  }

  /** Says so before anything is transferred; {@link TargetFile#commit} checks again. */
  private void requireFree(Path path) throws IOException {
    Path parent = path.toAbsolutePath().getParent();
    if (parent != null && !Files.isDirectory(parent)) {
      throw new CommandFailure(
          ExitCode.BAD_INPUT, "directory " + parent + " does not exist", "Create it first.");
    }
    if (Files.exists(path) && !force) {
      throw new FileAlreadyExistsException(path.toString());
    }
  }

  private static void requireApart(List<Placement> placements, Path slimPath) {
    Path slimFile = slimPath.toAbsolutePath().normalize();
    for (Placement placement : placements) {
      if (placement.path().toAbsolutePath().normalize().equals(slimFile)) {
        throw new CommandFailure(
            ExitCode.REFUSED,
            slimPath + " would be both a region's file and the slim state's",
            "Name another file with --slim.");
      }
    }
  }

  private List<Written> write(RestoreSession session, List<Placement> placements, Output output)
      throws IOException {
    List<TargetFile> files = new ArrayList<>();
    try {
      List<RegionFile> regionFiles = new ArrayList<>();
      for (Placement placement : placements) {
        Region region = placement.region().region();
        TargetFile file = TargetFile.create(placement.path(), region.getLengthBytes());
        files.add(file);
        regionFiles.add(new RegionFile(placement.region().number(), region.getPageBytes(), file));
      }
      transfer(session, placements, regionFiles, output);
      List<Written> written = new ArrayList<>();
      for (int i = 0; i < files.size(); i++) {
        written.add(new Written(placements.get(i), sha256 ? files.get(i).sha256() : null));
      }
      if (slimTarget != null) {
        byte[] slim = session.slim();
        TargetFile file = TargetFile.create(slimTarget, slim.length);
        files.add(file);
        file.write(0, ByteBuffer.wrap(slim));
      }
      TargetFile.commitAll(files, force);
      return written;
    } finally {
      for (TargetFile file : files) {
        file.close();
      }
    }
  }

  private static void transfer(
      RestoreSession session,
      List<Placement> placements,
      List<RegionFile> regionFiles,
      Output output)
      throws IOException {
    long bytes =
        placements.stream().mapToLong(each -> each.region().region().getLengthBytes()).sum();
    try (Progress progress = output.progress("restoring", bytes)) {
      RegionFiles sink = new RegionFiles(regionFiles, progress::add);
      if (placements.size() == session.regions().size()) {
        session.restoreTo(sink, PrefetchOptions.DEFAULT, STREAMS);
      } else {
        session.prefetch(
            List.of(placements.getFirst().region().range()), PrefetchOptions.DEFAULT, sink);
      }
    }
  }

  private void report(
      Output output,
      RestoreSession session,
      @Nullable FencedRestore fenced,
      List<Written> written,
      long nanos) {
    long id = session.checkpoint().getId();
    long bytes =
        written.stream()
            .mapToLong(each -> each.placement().region().region().getLengthBytes())
            .sum();
    List<Json> files = new ArrayList<>();
    for (Written each : written) {
      Region region = each.placement().region().region();
      Json file =
          new Json()
              .put("region", region.getName())
              .put("file", each.placement().path().toString())
              .put("length_bytes", region.getLengthBytes());
      if (each.sha256() != null) {
        file.put("sha256", each.sha256());
      }
      files.add(file);
    }
    Json document = new Json().put("image", image).put("checkpoint", id);
    if (fenced != null) {
      document.put("epoch", fenced.epoch());
    }
    output.document(
        document
            .put("length_bytes", bytes)
            .put("duration_millis", Amounts.millis(nanos))
            .put("files", files));
    for (Written each : written) {
      output.line(
          "image " + image + ", checkpoint " + id + " restored to " + each.placement().path());
      if (each.sha256() != null) {
        output.line("sha256 " + each.sha256());
      }
    }
    output.line(
        Amounts.bytes(bytes)
            + " in "
            + Amounts.duration(nanos)
            + " ("
            + Amounts.rate(bytes, nanos)
            + ")");
  }
}
