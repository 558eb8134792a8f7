package io.hydrant.cli;

import io.hydrant.cli.output.Amounts;
import io.hydrant.cli.output.Json;
import io.hydrant.cli.output.Latencies;
import io.hydrant.cli.output.Output;
import io.hydrant.cli.output.Table;
import io.hydrant.cli.restore.TargetFile;
import io.hydrant.client.CheckpointChoice;
import io.hydrant.client.HydrantClient;
import io.hydrant.client.PageFetcher;
import io.hydrant.client.PageOutcome;
import io.hydrant.client.RestoreSession;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code fetch}: single pages on demand, one in flight, as a page fault would ask. */
@Command(
    name = "fetch",
    description = "Fetches single pages on demand, one in flight, and shows how long each took.",
    footer = {
      "",
      "Examples:",
      "  hydrant fetch web-1 --pages 0,17,100-103",
      "  hydrant fetch web-1 --checkpoint 3 --pages 17 --out page.bin"
    })
final class FetchCommand extends StoreCommand {
  @Parameters(paramLabel = "IMAGE", description = "Name of the image.")
  private String image;

  @Option(
      names = "--checkpoint",
      paramLabel = "CHECKPOINT",
      converter = CheckpointWord.Converter.class,
      description = "Which one, by its number or a name (the newest).")
  private CheckpointChoice checkpoint = new CheckpointChoice.Latest();

  @Option(names = "--region", paramLabel = "NAME", description = "Region of the pages.")
  private @Nullable String regionName;

  @Option(
      names = "--pages",
      paramLabel = "LIST",
      required = true,
      converter = PageList.Converter.class,
      description = "Page numbers and ranges, for instance 1,5-9.")
  private PageList pages;

  @Option(names = "--out", paramLabel = "FILE", description = "Write the pages there, in order.")
  private @Nullable Path out;

  @Option(names = "--force", description = "Replace the file if it exists.")
  private boolean force;

  /** One page that came. */
  private record Came(long page, PageOutcome outcome, long nanos, byte[] sha256) {}

  @Override
  ExitCode run(Output output, HydrantClient client) throws IOException {
    try (RestoreSession session =
        client.openRestore(HydrantClient.name(image), checkpoint, Duration.ZERO)) {
      RegionChoice region = RegionChoice.of(image, session.regions(), regionName);
      if (pages.last() >= region.pages()) {
        throw new CommandFailure(
            ExitCode.NOT_FOUND,
            "region '"
                + region.region().getName()
                + "' of image '"
                + image
                + "' has no page "
                + pages.last(),
            "Its pages are 0 to " + (region.pages() - 1) + ".");
      }
      List<Came> came = fetch(session, region);
      report(output, session, region, came);
      return ExitCode.OK;
    }
  }

  private List<Came> fetch(RestoreSession session, RegionChoice region) throws IOException {
    int pageBytes = region.region().getPageBytes();
    Path target = out;
    if (target == null) {
      return fetch(session, region, null);
    }
    if (Files.exists(target) && !force) {
      throw new FileAlreadyExistsException(target.toString());
    }
    try (TargetFile file = TargetFile.create(target, pages.count() * pageBytes)) {
      List<Came> came = fetch(session, region, file);
      file.commit(force);
      return came;
    }
  }

  private List<Came> fetch(RestoreSession session, RegionChoice region, @Nullable TargetFile file)
      throws IOException {
    ByteBuffer page = ByteBuffer.allocate(region.region().getPageBytes());
    MessageDigest digest = sha256();
    List<Came> came = new ArrayList<>();
    long offset = 0;
    try (PageFetcher fetcher = session.fetcher()) {
      for (PageList.Run run : pages.runs()) {
        for (long number = run.first(); number <= run.last(); number++) {
          long begin = System.nanoTime();
          PageOutcome outcome = fetcher.fetchInto(region.number(), number, page.clear());
          long nanos = System.nanoTime() - begin;
          came.add(new Came(number, outcome, nanos, digest.digest(page.array())));
          if (file != null) {
            file.write(offset, page.flip());
            offset += page.capacity();
          }
        }
      }
    }
    return came;
  }

  private void report(Output output, RestoreSession session, RegionChoice region, List<Came> came) {
    Latencies latencies = new Latencies();
    Table table = new Table(">PAGE", "OUTCOME", ">TOOK", "SHA-256");
    List<Json> items = new ArrayList<>();
    for (Came each : came) {
      latencies.add(each.nanos());
      String outcome = each.outcome().name().toLowerCase(Locale.ROOT);
      table.row(
          each.page(),
          outcome,
          Amounts.duration(each.nanos()),
          HexFormat.of().formatHex(each.sha256(), 0, 8));
      items.add(
          new Json()
              .put("page", each.page())
              .put("outcome", outcome)
              .put("millis", Amounts.millis(each.nanos()))
              .put("sha256", each.sha256()));
    }
    output.document(
        new Json()
            .put("image", image)
            .put("checkpoint", session.checkpoint().getId())
            .put("region", region.region().getName())
            .put("page_bytes", region.region().getPageBytes())
            .put("latency", latencies.json())
            .put("pages", items));
    output.table(table);
    output.line(
        came.size()
            + " pages of checkpoint "
            + session.checkpoint().getId()
            + ": "
            + latencies.text());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
