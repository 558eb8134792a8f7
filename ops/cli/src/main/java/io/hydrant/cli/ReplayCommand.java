package io.hydrant.cli;

import io.hydrant.cli.output.Amounts;
import io.hydrant.cli.output.Json;
import io.hydrant.cli.output.Latencies;
import io.hydrant.cli.output.Output;
import io.hydrant.cli.replay.Pace;
import io.hydrant.cli.replay.Replay;
import io.hydrant.cli.replay.Replayed;
import io.hydrant.cli.replay.TracePages;
import io.hydrant.client.EncodingPolicy;
import io.hydrant.client.HydrantClient;
import io.hydrant.client.ProtectionStream;
import io.hydrant.client.RejectedException;
import io.hydrant.client.WriteOptions;
import io.hydrant.client.trace.Trace;
import io.hydrant.v1.Image;
import io.hydrant.v1.Reason;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code replay}: a trace of real checkpoints goes into an image. */
@Command(
    name = "replay",
    description = {
      "Replays a trace of real checkpoints into an image, at the interval of its recording.",
      "TRACE is a directory with trace.json, or redis-window-16m, which comes with the program."
    },
    footer = {
      "",
      "Examples:",
      "  hydrant replay redis-window-16m --flat-out",
      "  hydrant replay traces/redis-1s --image redis --interval 250"
    })
final class ReplayCommand extends StoreCommand {
  private static final int KEEP_LAST_DEFAULT = 0;

  @Parameters(paramLabel = "TRACE", description = "Directory, or name of a bundled trace.")
  private String traceName;

  @Option(
      names = "--image",
      paramLabel = "NAME",
      description = "Image to write to; made if it is not there (the trace's name).")
  private @Nullable String imageName;

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "0",
      description = "Only the first N checkpoints (all).")
  private int count;

  @Option(
      names = "--encoding",
      paramLabel = "HOW",
      defaultValue = "auto",
      description = "raw, zstd, or auto (where it pays).")
  private EncodingPolicy encoding;

  @ArgGroup(exclusive = true)
  private @Nullable Timing timing;

  /** At most one of them. */
  static final class Timing {
    @Option(
        names = "--interval",
        paramLabel = "MILLIS",
        description = "A checkpoint every so many milliseconds.")
    private @Nullable Integer intervalMillis;

    @Option(names = "--flat-out", description = "As fast as they can be sent.")
    private boolean flatOut;

    @Option(names = "--recorded", description = "As they were recorded (the default).")
    private boolean recorded;
  }

  /** Sums over what was acknowledged. */
  private static final class Totals {
    private final Latencies commits = new Latencies();
    private long pages;
    private long bytes;
    private int late;

    void add(Replayed replayed) {
      commits.add(replayed.commitNanos());
      pages += replayed.pages();
      bytes += replayed.bytes();
      late += replayed.late() ? 1 : 0;
    }
  }

  @Override
  ExitCode run(Output output, HydrantClient client) throws IOException, InterruptedException {
    Trace trace = TracePages.open(traceName);
    Pace pace = pace();
    int total = trace.checkpoints().size();
    if (count < 0 || count > total) {
      throw usage("--count must be 1 to " + total + " (0: all of the trace), not " + count);
    }
    Image image = imageFor(client, imageName != null ? imageName : trace.name());
    output.note(
        "replaying "
            + trace.name()
            + " ("
            + trace.workload()
            + ", "
            + Amounts.bytes(trace.memoryBytes())
            + ") into image "
            + image.getName());
    output.format(
        "%10s %10s %8s %9s %11s %11s", "NUMBER", "CHECKPOINT", "PAGES", "MB", "COMMIT", "RATE");
    Totals totals = new Totals();
    long begin = System.nanoTime();
    WriteOptions options = new WriteOptions(encoding, WriteOptions.ZeroPages.FIND);
    Consumer<Replayed> listener =
        replayed -> {
          totals.add(replayed);
          line(output, replayed);
        };
    try (ProtectionStream stream =
        client.protect(
            client.acquireProtection(HydrantClient.uid(image.getUid()), image.getEpoch()),
            options)) {
      new Replay(trace, stream, pace, listener).run(count == 0 ? total : count);
    }
    summary(output, trace, totals, System.nanoTime() - begin);
    return ExitCode.OK;
  }

  private Pace pace() {
    Timing chosen = timing;
    if (chosen == null) {
      return new Pace.Recorded();
    }
    if (chosen.flatOut) {
      return new Pace.FlatOut();
    }
    Integer millis = chosen.intervalMillis;
    if (millis == null) {
      return new Pace.Recorded();
    }
    if (millis < 1) {
      throw usage("--interval must be 1 or more milliseconds, not " + millis);
    }
    return new Pace.Every(Duration.ofMillis(millis));
  }

  private static Image imageFor(HydrantClient client, String name) {
    try {
      return client.image(HydrantClient.name(name));
    } catch (RejectedException e) {
      if (e.reason() != Reason.REASON_UNKNOWN_IMAGE) {
        throw e;
      }
      return client.createImage(name, KEEP_LAST_DEFAULT);
    }
  }

  private static void line(Output output, Replayed replayed) {
    output.item(
        new Json()
            .put("number", replayed.number())
            .put("checkpoint", replayed.checkpoint())
            .put("page_count", replayed.pages())
            .put("bytes", replayed.bytes())
            .put("commit_millis", Amounts.millis(replayed.commitNanos()))
            .put(
                "mb_per_second",
                Amounts.megabytesPerSecond(replayed.bytes(), replayed.commitNanos()))
            .put("late", replayed.late())
            .put("sha256", replayed.sha256()));
    output.format(
        "%10d %10d %8d %9s %11s %11s%s",
        replayed.number(),
        replayed.checkpoint(),
        replayed.pages(),
        Amounts.megabytes(replayed.bytes()),
        Amounts.duration(replayed.commitNanos()),
        Amounts.rate(replayed.bytes(), replayed.commitNanos()),
        replayed.late() ? "  late" : "");
  }

  private static void summary(Output output, Trace trace, Totals totals, long nanos) {
    output.item(
        new Json()
            .put(
                "summary",
                new Json()
                    .put("trace", trace.name())
                    .put("checkpoint_count", totals.commits.count())
                    .put("page_count", totals.pages)
                    .put("bytes", totals.bytes)
                    .put("duration_millis", Amounts.millis(nanos))
                    .put("mb_per_second", Amounts.megabytesPerSecond(totals.bytes, nanos))
                    .put("commit", totals.commits.json())
                    .put("missed_interval_count", totals.late)));
    output.format(
        "%d checkpoints, %s pages, %s MB in %s (%s); commit %s; %d missed their interval",
        totals.commits.count(),
        Amounts.count(totals.pages),
        Amounts.megabytes(totals.bytes),
        Amounts.duration(nanos),
        Amounts.rate(totals.bytes, nanos),
        totals.commits.text(),
        totals.late);
  }
}
