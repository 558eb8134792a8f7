package io.hydrant.cli;

import io.hydrant.cli.output.Amounts;
import io.hydrant.cli.output.Json;
import io.hydrant.cli.output.Output;
import io.hydrant.cli.output.Progress;
import io.hydrant.client.CheckpointChoice;
import io.hydrant.client.Deadlines;
import io.hydrant.client.FencedRestore;
import io.hydrant.client.HydrantClient;
import io.hydrant.client.HydrantException;
import io.hydrant.client.RestoreSession;
import io.hydrant.client.RetryPolicy;
import io.hydrant.pager.PagerException;
import io.hydrant.pager.PagerOptions;
import io.hydrant.pager.PagerStats;
import io.hydrant.pager.uffd.FailurePolicy;
import io.hydrant.pager.uffd.HandOver;
import io.hydrant.pager.uffd.MachineProcess;
import io.hydrant.pager.uffd.UffdPager;
import io.hydrant.pager.uffd.UffdSocket;
import io.hydrant.v1.ImageRef;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code pager}: a machine runs at once, and its pages come as it touches them. */
@Command(
    name = "pager",
    description = {
      "Brings the pages of a machine while it runs: answers its page faults (userfaultfd), and fetches the rest behind.",
      "Waits at a socket for whoever runs the machine, Firecracker for instance, to hand over its memory; ends when all pages are there: the machine needs it no more."
    },
    footer = {
      "",
      "Examples:",
      "  hydrant pager vm-7 --socket /run/vm-7.uffd --slim vm-7.state",
      "  hydrant pager vm-7 --socket /run/vm-7.uffd --fence       nobody writes under the old epoch any more",
      "  hydrant pager vm-7 --socket /run/vm-7.uffd --on-failure pause",
      "",
      "A page that cannot be had is never made up: the machine is stopped, and the reason printed."
    })
final class PagerCommand extends StoreCommand {
  private static final int LOOK_MILLIS = 100;
  private static final int WAIT_MILLIS = 60_000;

  @Parameters(index = "0", paramLabel = "IMAGE", description = "Name of the image.")
  private String image;

  @Option(
      names = "--socket",
      paramLabel = "FILE",
      required = true,
      description = "Unix socket to listen at; made here, for its owner only.")
  private Path socket;

  @Option(
      names = "--checkpoint",
      paramLabel = "CHECKPOINT",
      converter = CheckpointWord.Converter.class,
      description = "Which one, by its number or a name (the newest).")
  private CheckpointChoice checkpoint = new CheckpointChoice.Latest();

  @Option(
      names = "--fence",
      description =
          "Take the image over in the same entry: its former protector is refused from then on.")
  private boolean fence;

  @Option(
      names = "--region",
      paramLabel = "NAME",
      description = "The region that is the machine's memory, if there are several.")
  private @Nullable String regionName;

  @Option(
      names = "--slim",
      paramLabel = "FILE",
      description = "Write the slim state there; once it is there, the socket is listened at.")
  private @Nullable Path slimTarget;

  @Option(names = "--force", description = "Replace the slim state's file if it exists.")
  private boolean force;

  @Option(
      names = "--on-failure",
      paramLabel = "WHAT",
      description =
          "What becomes of a machine whose page cannot be had: ${COMPLETION-CANDIDATES} (kill).")
  private OnFailure onFailure = OnFailure.kill;

  @Option(
      names = "--deadline",
      paramLabel = "SECONDS",
      description = "The machine waits so long for a page before it is stopped (10).")
  private long deadlineSeconds = Deadlines.DEFAULT.fetch().toSeconds();

  @Option(
      names = "--fill-rate",
      paramLabel = "SIZE",
      converter = Size.Converter.class,
      description = "Bytes a second that come without being asked for, at most (no limit).")
  private Size fillRate = Size.NONE;

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      description = "For the machine to come, at most (no limit).")
  private @Nullable Long waitSeconds;

  /** As people write it. */
  enum OnFailure {
    kill,
    pause
  }

  @Override
  RetryPolicy retries() {
    return RetryPolicy.DEFAULT;
  }

  @Override
  Deadlines deadlines() {
    if (deadlineSeconds < 1) {
      throw usage("--deadline is a number of seconds from 1 on");
    }
    Deadlines usual = Deadlines.DEFAULT;
    return new Deadlines(
        usual.call(), usual.checkpoint(), usual.settle(), Duration.ofSeconds(deadlineSeconds));
  }

  @Override
  ExitCode run(Output output, HydrantClient client) throws IOException, InterruptedException {
    UffdSocket.requireFree(socket); // before anybody is fenced
    removeOldSlim();
    try (AtExit atExit = new AtExit();
        FencedRestore fenced = fence ? fence(client) : null;
        RestoreSession session =
            fenced == null
                ? client.openRestore(HydrantClient.name(image), checkpoint, Duration.ZERO)
                : fenced.session()) {
      RegionChoice region = RegionChoice.of(image, session.regions(), regionName);
      HandOver machine = machine(output, session, atExit);
      return serve(output, session, region, machine, atExit);
    }
  }

  /** One machine; whoever else comes meanwhile is refused. */
  private HandOver machine(Output output, RestoreSession session, AtExit atExit)
      throws IOException, InterruptedException {
    try (UffdSocket listening = UffdSocket.listen(socket)) {
      atExit.instead(listening::close);
      writeSlim(session);
      output.note(
          "image %s, checkpoint %d: waiting for the machine at %s"
              .formatted(image, session.checkpoint().getId(), socket));
      return await(listening, session, output, atExit);
    }
  }

  private FencedRestore fence(HydrantClient client) {
    ImageRef ref = HydrantClient.name(image);
    return client.restoreAndFence(ref, checkpoint, Duration.ZERO);
  }

  /** Whoever starts the machine must not take the state of another time for this one's. */
  private void removeOldSlim() throws IOException {
    Path target = slimTarget;
    if (target != null && Files.exists(target)) {
      if (!force) {
        throw new FileAlreadyExistsException(target.toString());
      }
      Files.delete(target);
    }
  }

  /** Whole or not at all: whoever starts the machine waits for it. */
  private void writeSlim(RestoreSession session) throws IOException {
    Path target = slimTarget;
    if (target != null) {
      Path part = target.resolveSibling(target.getFileName() + ".part");
      Files.write(part, session.slim());
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  private HandOver await(UffdSocket listening, RestoreSession session, Output output, AtExit atExit)
      throws InterruptedException {
    long begin = System.nanoTime();
    while (waitSeconds == null
        || System.nanoTime() - begin < Duration.ofSeconds(waitSeconds).toNanos()) {
      session
          .lost()
          .ifPresent(lost -> {
            throw lost;
          });
      try {
        Optional<HandOver> machine = atExit.step(() -> accept(listening, atExit));
        if (machine.isPresent()) {
          return machine.get();
        }
      } catch (IOException e) {
        output.note("somebody came to " + socket + ", and was turned away: " + e.getMessage());
        TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
      }
    }
    throw new CommandFailure(
        ExitCode.UNAVAILABLE,
        "no machine came to %s within %d s".formatted(socket, waitSeconds),
        "Have whoever runs it connect there, or wait longer with --wait.");
  }

  /** The descriptor goes with this process: the machine must be stopped before it does. */
  private static Optional<HandOver> accept(UffdSocket listening, AtExit atExit) throws IOException {
    Optional<HandOver> machine = listening.accept(Duration.ofMillis(LOOK_MILLIS));
    machine.ifPresent(one -> atExit.instead(one::refuse));
    return machine;
  }

  private ExitCode serve(
      Output output, RestoreSession session, RegionChoice region, HandOver machine, AtExit atExit)
      throws IOException, InterruptedException {
    AtomicReference<@Nullable PagerException> failure = new AtomicReference<>();
    try (MachineProcess process = machine.process()) {
      FailurePolicy policy =
          onFailure == OnFailure.kill ? FailurePolicy.kill(process) : FailurePolicy.pause(process);
      FailurePolicy told =
          why -> {
            failure.set(why);
            policy.stop(why);
          };
      try (UffdPager pager = begin(session, region, machine, told)) {
        atExit.instead(() -> stop(pager, process));
        End end = follow(output, pager, process, region, failure);
        switch (end) {
          case WHOLE -> learn(output, pager);
          case MACHINE_ENDED -> {
            pager.machineEnded();
            learn(output, pager);
          }
          case FAILED -> {
            session.detach(); // the store does not answer: the lease expires by itself
            awaitEnd(output, process);
            pager.machineEnded();
          }
        }
        pager.close();
        return report(output, session, process, pager.restore().stats(), end, failure.get());
      }
    }
  }

  /** This process ends: a machine that is not whole must not see what becomes of the rest. */
  private static void stop(UffdPager pager, MachineProcess process) throws IOException {
    PagerStats stats = pager.restore().stats();
    if (stats.present() < stats.pages()) {
      process.kill(); // stopped only, it could be made to go on later
      pager.machineEnded();
    }
    pager.close();
  }

  /** As long as the machine could go on, it must not lose its pager. */
  private void awaitEnd(Output output, MachineProcess process) throws IOException {
    if (!process.awaitEnd(LOOK_MILLIS)) {
      output.note(
          "process %d was to be stopped (--on-failure %s), and its memory is kept from being made up until it ends: kill it when you have seen what you want"
              .formatted(process.pid(), onFailure));
    }
    while (!process.awaitEnd(WAIT_MILLIS)) {
      // for as long as it takes
    }
  }

  /** What a pager ends with. */
  private enum End {
    WHOLE,
    MACHINE_ENDED,
    FAILED
  }

  private static End follow(
      Output output,
      UffdPager pager,
      MachineProcess process,
      RegionChoice region,
      AtomicReference<@Nullable PagerException> failure)
      throws IOException {
    try (Progress progress = output.progress("bringing pages", region.region().getLengthBytes())) {
      boolean told = false;
      long shown = 0;
      while (failure.get() == null) {
        if (process.awaitEnd(LOOK_MILLIS)) {
          return failure.get() == null ? End.MACHINE_ENDED : End.FAILED;
        }
        long present = Math.min(pager.restore().stats().present(), region.pages());
        progress.add((present - shown) * region.region().getPageBytes());
        shown = present;
        CompletableFuture<Void> whole = pager.restore().whole();
        if (whole.isDone() && !whole.isCompletedExceptionally()) {
          return End.WHOLE;
        }
        if (whole.isDone() && !told) {
          told = true;
          output.note(
              "not all pages can be had, and the machine is stopped if it wants such a one: "
                  + whole.exceptionNow().getMessage());
        }
      }
      return End.FAILED;
    }
  }

  private UffdPager begin(
      RestoreSession session, RegionChoice region, HandOver machine, FailurePolicy policy)
      throws IOException {
    try {
      return new UffdPager(
          session,
          machine.userfault(),
          machine.memory(region.number()),
          PagerOptions.DEFAULT.withFill(true, fillRate.bytes()),
          policy);
    } catch (RuntimeException | Error e) {
      machine.refuse();
      if (!(e instanceof IllegalArgumentException)) {
        throw e;
      }
      throw new CommandFailure(
          ExitCode.BAD_INPUT,
          "the machine's memory does not fit image '%s', and its process was killed: %s"
              .formatted(image, e.getMessage()),
          "Its pieces must lie within region '%s', of %s."
              .formatted(
                  region.region().getName(), Amounts.bytes(region.region().getLengthBytes())),
          e);
    }
  }

  /** The next restore of the image goes faster; this one is none the worse without. */
  private static void learn(Output output, UffdPager pager) {
    try {
      pager.restore().learn();
    } catch (HydrantException e) {
      output.note("what the machine touched could not be remembered: " + e.getMessage());
    }
  }

  private ExitCode report(
      Output output,
      RestoreSession session,
      MachineProcess process,
      PagerStats stats,
      End end,
      @Nullable PagerException failure) {
    if (failure != null) {
      throw new CommandFailure(
          ExitCode.UNAVAILABLE,
          "process %d was %s: %s"
              .formatted(
                  process.pid(),
                  onFailure == OnFailure.kill ? "killed" : "stopped",
                  failure.getMessage()),
          "See that the store is up (`hydrant doctor`), and restore the image again.",
          failure);
    }
    double meanMicros = stats.faults() == 0 ? 0 : stats.faultNanos() / 1e3 / stats.faults();
    output.document(
        new Json()
            .put("image", image)
            .put("checkpoint", session.checkpoint().getId())
            .put("pid", process.pid())
            .put("whole", end == End.WHOLE)
            .put("pages", stats.pages())
            .put("pages_there", stats.present())
            .put("faults", stats.faults())
            .put("fault_mean_micros", Math.round(meanMicros))
            .put("pages_ahead", stats.ahead())
            .put("pages_filled", stats.filled()));
    output.line(
        (end == End.WHOLE
                ? "all %2$d pages are there, and process %1$d goes on by itself"
                : "process %1$d has ended, with %3$d of %2$d pages there")
            .formatted(process.pid(), stats.pages(), stats.present()));
    output.line(
        "it waited for %d of them, %.0f us on average".formatted(stats.faults(), meanMicros));
    return ExitCode.OK;
  }
}
