package io.hydrant.cli;

import io.hydrant.cli.output.Amounts;
import io.hydrant.cli.output.Json;
import io.hydrant.cli.output.Output;
import io.hydrant.cli.output.Progress;
import io.hydrant.cli.push.ChangedPages;
import io.hydrant.cli.push.MemoryFile;
import io.hydrant.cli.push.WholeFile;
import io.hydrant.client.CheckpointWriter;
import io.hydrant.client.CommittedCheckpoint;
import io.hydrant.client.EncodingPolicy;
import io.hydrant.client.HydrantClient;
import io.hydrant.client.PrefetchOptions;
import io.hydrant.client.ProtectionStream;
import io.hydrant.client.Regions;
import io.hydrant.client.RestoreSession;
import io.hydrant.client.RetryPolicy;
import io.hydrant.client.WriteOptions;
import io.hydrant.v1.AcquireProtectionResponse;
import io.hydrant.v1.Checkpoint;
import io.hydrant.v1.Image;
import io.hydrant.v1.ReadClass;
import io.hydrant.v1.Region;
import io.hydrant.v1.RegionKind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code checkpoint push}: a raw memory file becomes a checkpoint. */
@Command(
    name = "push",
    description = {
      "Takes a checkpoint of a raw memory file.",
      "Sends what changed since the newest checkpoint, found by comparing the bytes with the store's."
          + " Takes the image over: a protector that writes to it at the same time is fenced."
    },
    footer = {
      "",
      "Examples:",
      "  hydrant checkpoint push web-1 /dev/shm/web-1.ram",
      "  hydrant checkpoint push web-1 memory.raw --slim devices.state",
      "  hydrant checkpoint push web-1 memory.raw --full        without comparing"
    })
final class PushCommand extends StoreCommand {
  private static final String REGION_NAME = "ram";
  private static final PrefetchOptions COMPARING =
      new PrefetchOptions(ReadClass.READ_CLASS_BACKGROUND, PrefetchOptions.EmptyPages.REPORT);

  @Parameters(index = "0", paramLabel = "IMAGE", description = "Name of the image.")
  private String image;

  @Parameters(index = "1", paramLabel = "FILE", description = "Content of the region, raw.")
  private Path path;

  @Option(
      names = "--region",
      paramLabel = "NAME",
      description = "Region of the file (the only one; for a first checkpoint: ram).")
  private @Nullable String regionName;

  @ArgGroup(exclusive = true)
  private @Nullable SlimChoice slimChoice;

  /** At most one of them; neither: the slim state stays as it was. */
  static final class SlimChoice {
    @Option(
        names = "--slim",
        paramLabel = "FILE",
        description = "The slim state (that of the newest checkpoint is kept).")
    private @Nullable Path file;

    @Option(names = "--no-slim", description = "Leave the checkpoint without a slim state.")
    private boolean none;
  }

  @Option(
      names = "--page-size",
      paramLabel = "BYTES",
      defaultValue = "0",
      description = "Page size of a full checkpoint, a power of two (4096).")
  private int pageBytes;

  @Option(names = "--full", description = "Send every page; nothing is read back and compared.")
  private boolean full;

  @Option(
      names = "--encoding",
      paramLabel = "HOW",
      defaultValue = "auto",
      description = "raw, zstd, or auto (where it pays).")
  private EncodingPolicy encoding;

  /** A checkpoint that is opened at its first page, and so waits for no comparing before it. */
  private static final class LateWriter implements Supplier<CheckpointWriter>, AutoCloseable {
    private final ProtectionStream stream;
    private final long base;
    private @Nullable CheckpointWriter writer;

    LateWriter(ProtectionStream stream, long base) {
      this.stream = stream;
      this.base = base;
    }

    @Override
    public CheckpointWriter get() {
      CheckpointWriter opened = writer;
      if (opened == null) {
        opened = stream.openIncremental(base);
        writer = opened;
      }
      return opened;
    }

    @Override
    public void close() {
      if (writer != null) {
        writer.close();
      }
    }
  }

  /** What was sent. */
  private record Sent(CommittedCheckpoint committed, boolean full, long pages) {}

  @Override
  RetryPolicy retries() {
    return RetryPolicy.DEFAULT;
  }

  @Override
  ExitCode run(Output output, HydrantClient client) throws IOException, InterruptedException {
    long begin = System.nanoTime();
    byte @Nullable [] slimState = chosenSlim();
    try (MemoryFile file = MemoryFile.open(path)) {
      Image found = client.image(HydrantClient.name(image));
      boolean sendAll = full || found.getHead() == 0;
      if (sendAll && slimState == null) {
        requireNoSlim(client, found);
      }
      RegionChoice region = sendAll ? newRegion(found, file) : knownRegion(found, file);
      AcquireProtectionResponse acquired =
          client.acquireProtection(HydrantClient.uid(found.getUid()), found.getEpoch());
      WriteOptions options = new WriteOptions(encoding, WriteOptions.ZeroPages.FIND);
      Sent sent;
      try (ProtectionStream stream = client.protect(acquired, options);
          Progress progress = output.progress("pushing", file.lengthBytes())) {
        sent =
            sendAll
                ? sendAll(
                    stream, file, region, slimState == null ? new byte[0] : slimState, progress)
                : sendChanged(client, stream, file, region, slimState, progress);
      }
      report(output, sent, file, System.nanoTime() - begin);
      return ExitCode.OK;
    }
  }

  /** Null: as it was. */
  private byte @Nullable [] chosenSlim() throws IOException {
    SlimChoice choice = slimChoice;
    if (choice == null) {
      return null;
    }
    Path file = choice.file;
    return file == null ? new byte[0] : Files.readAllBytes(file);
  }

  /**
   * A full checkpoint reads nothing back, so it cannot keep a slim state: never drop one unsaid.
   */
  private static void requireNoSlim(HydrantClient client, Image found) {
    for (Checkpoint checkpoint : client.checkpoints(HydrantClient.uid(found.getUid()))) {
      if (checkpoint.getId() == found.getHead() && checkpoint.getSlimBytes() > 0) {
        throw new CommandFailure(
            ExitCode.REFUSED,
            "the newest checkpoint of image '%s' has a slim state of %d bytes, which a full one would drop"
                .formatted(found.getName(), checkpoint.getSlimBytes()),
            "Give the slim state with --slim FILE, or drop it with --no-slim.");
      }
    }
  }

  private static Sent sendAll(
      ProtectionStream stream,
      MemoryFile file,
      RegionChoice region,
      byte[] slimState,
      Progress progress)
      throws IOException, InterruptedException {
    try (CheckpointWriter writer = stream.openFull(List.of(region.region()))) {
      long pages = WholeFile.write(file, writer, 0, region.region(), progress::add);
      writer.slim(ByteBuffer.wrap(slimState));
      return new Sent(Answers.await(writer.commit()), true, pages);
    }
  }

  private static Sent sendChanged(
      HydrantClient client,
      ProtectionStream stream,
      MemoryFile file,
      RegionChoice region,
      byte @Nullable [] slimState,
      Progress progress)
      throws IOException, InterruptedException {
    long head = stream.head().orElseThrow();
    // Nothing can be committed in between: the epoch is ours.
    try (RestoreSession stored =
            client.openRestore(HydrantClient.uid(stream.imageUid()), head, Duration.ZERO);
        LateWriter late = new LateWriter(stream, head)) {
      ChangedPages changes =
          new ChangedPages(
              file, late, region.number(), region.region().getPageBytes(), progress::add);
      stored.prefetch(List.of(region.range()), COMPARING, changes);
      long pages = changes.finish();
      byte[] kept = slimState == null ? stored.slim() : slimState;
      CheckpointWriter writer = late.get();
      writer.slim(ByteBuffer.wrap(kept));
      return new Sent(Answers.await(writer.commit()), false, pages);
    }
  }

  /** The region table of a full checkpoint comes from the file and the options. */
  private RegionChoice newRegion(Image found, MemoryFile file) {
    if (found.getRegionsCount() > 1) {
      throw new CommandFailure(
          ExitCode.REFUSED,
          "image '"
              + image
              + "' has "
              + found.getRegionsCount()
              + " regions, and a full checkpoint of one file would drop the others",
          "Push without --full, naming the region with --region: "
              + RegionChoice.names(found.getRegionsList())
              + ".");
    }
    Region before =
        found.getRegionsCount() == 1 ? found.getRegions(0) : Region.getDefaultInstance();
    int size = pageBytes != 0 ? pageBytes : before.getPageBytes();
    int chosenBytes = size != 0 ? size : Regions.PAGE_BYTES;
    String chosenName =
        regionName != null
            ? regionName
            : before.getName().isEmpty() ? REGION_NAME : before.getName();
    if (Integer.bitCount(chosenBytes) != 1
        || chosenBytes < Regions.PAGE_BYTES
        || chosenBytes > Regions.PAGE_BYTES_MAX) {
      throw usage("--page-size must be a power of two from 4096 to 2097152, not " + chosenBytes);
    }
    if (file.lengthBytes() == 0 || file.lengthBytes() % chosenBytes != 0) {
      throw new CommandFailure(
          ExitCode.BAD_INPUT,
          file.path()
              + " has "
              + file.lengthBytes()
              + " bytes: not a whole number of pages of "
              + chosenBytes,
          "Give the whole memory, or another --page-size.");
    }
    return new RegionChoice(
        0, Regions.of(chosenName, RegionKind.REGION_KIND_MEMORY, chosenBytes, file.lengthBytes()));
  }

  private RegionChoice knownRegion(Image found, MemoryFile file) {
    RegionChoice region = RegionChoice.of(image, found.getRegionsList(), regionName);
    Region spec = region.region();
    if (spec.getLengthBytes() != file.lengthBytes()) {
      throw new CommandFailure(
          ExitCode.BAD_INPUT,
          file.path()
              + " has "
              + file.lengthBytes()
              + " bytes, but region '"
              + spec.getName()
              + "' of image '"
              + image
              + "' has "
              + spec.getLengthBytes(),
          "Push the right file, or change the region's size with --full.");
    }
    if (pageBytes != 0 && pageBytes != spec.getPageBytes()) {
      throw new CommandFailure(
          ExitCode.BAD_INPUT,
          "region '"
              + spec.getName()
              + "' of image '"
              + image
              + "' has pages of "
              + spec.getPageBytes()
              + " bytes, not "
              + pageBytes,
          "Leave --page-size out, or change it with --full.");
    }
    return region;
  }

  private void report(Output output, Sent sent, MemoryFile file, long nanos) {
    output.document(
        new Json()
            .put("image", image)
            .put("checkpoint", sent.committed().id())
            .put("kind", sent.full() ? "full" : "incremental")
            .put("page_count", sent.pages())
            .put("length_bytes", file.lengthBytes())
            .put("duration_millis", Amounts.millis(nanos)));
    output.line(
        "image "
            + image
            + ", checkpoint "
            + sent.committed().id()
            + " committed: "
            + (sent.full() ? "full, " : "")
            + Amounts.count(sent.pages())
            + (sent.full() ? " pages of " : " changed pages of ")
            + Amounts.bytes(file.lengthBytes())
            + " in "
            + Amounts.duration(nanos)
            + " ("
            + Amounts.rate(file.lengthBytes(), nanos)
            + ")");
  }
}
