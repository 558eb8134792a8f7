package io.hydrant.cli;

import io.hydrant.cli.output.Output;
import io.hydrant.client.CheckpointChoice;
import io.hydrant.client.Deadlines;
import io.hydrant.client.FencedRestore;
import io.hydrant.client.HydrantClient;
import io.hydrant.client.RestoreSession;
import io.hydrant.client.RetryPolicy;
import io.hydrant.pager.PagerOptions;
import io.hydrant.pager.uffd.FailurePolicy;
import io.hydrant.pager.uffd.GuardLink;
import io.hydrant.pager.uffd.HandOver;
import io.hydrant.pager.uffd.MachineProcess;
import io.hydrant.pager.uffd.PageRecord;
import io.hydrant.pager.uffd.Succession;
import io.hydrant.pager.uffd.UffdSocket;
import io.hydrant.v1.ImageRef;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
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
  private static final String FOLLOW = "--follow";

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

  @Option(
      names = "--no-guard",
      description =
          "Do without the second process that starts another pager if this one is killed.")
  private boolean unguarded;

  @Option(
      names = FOLLOW,
      hidden = true,
      description = "Go on where the one before was killed, whose guard listens there.")
  private @Nullable Path followed;

  /** As people write it. */
  enum OnFailure {
    kill {
      @Override
      FailurePolicy policy(MachineProcess machine) {
        return FailurePolicy.kill(machine);
      }
    },
    pause {
      @Override
      FailurePolicy policy(MachineProcess machine) {
        return FailurePolicy.pause(machine);
      }
    };

    abstract FailurePolicy policy(MachineProcess machine);
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
    return followed == null ? begin(output, client) : goOn(output, client, followed);
  }

  private ExitCode begin(Output output, HydrantClient client)
      throws IOException, InterruptedException {
    UffdSocket.requireFree(socket); // before anybody is fenced
    if (!unguarded) {
      UffdSocket.requireFree(guardSocket()); // its path may be too long
    }
    removeOldSlim();
    try (AtExit atExit = new AtExit();
        FencedRestore fenced = fence ? fence(client) : null;
        RestoreSession session =
            fenced == null
                ? client.openRestore(HydrantClient.name(image), checkpoint, Duration.ZERO)
                : fenced.session();
        PageRecord record = PageRecord.shared(session.regions());
        GuardLink guard = guard(output)) {
      RegionChoice region = RegionChoice.of(image, session.regions(), regionName);
      HandOver machine = machine(output, session, atExit);
      guard.entrust(Succession.of(machine, session.export(), record));
      return serving(output, session, region, guard).serve(machine, record, atExit);
    }
  }

  /** The pager before this one was killed, and its machine waits. */
  private ExitCode goOn(Output output, HydrantClient client, Path guardSocket)
      throws IOException, InterruptedException {
    GuardLink.Following following = GuardLink.follow(guardSocket, this::startGuard, output::note);
    Succession left = following.succession();
    HandOver machine = left.machine();
    try (AtExit atExit = new AtExit();
        RestoreSession session = client.resumeRestore(left.session());
        PageRecord record = left.record(session.regions());
        GuardLink guard = following.link()) {
      RegionChoice region = RegionChoice.of(image, session.regions(), regionName);
      guard.entrust(left);
      return serving(output, session, region, guard).serve(machine, record, atExit);
    }
  }

  private MachineServing serving(
      Output output, RestoreSession session, RegionChoice region, GuardLink guard) {
    return new MachineServing(
        output,
        image,
        session,
        region,
        new MachineServing.Manner(
            PagerOptions.DEFAULT.withFill(true, fillRate.bytes()), onFailure, followed == null),
        guard);
  }

  private GuardLink guard(Output output) throws IOException {
    return unguarded
        ? GuardLink.none()
        : GuardLink.start(guardSocket(), this::startGuard, output::note);
  }

  /** Its own for each pager that is not followed: the socket is free once a machine has come. */
  private Path guardSocket() {
    return followed != null
        ? followed
        : socket.resolveSibling(socket.getFileName() + ".guard-" + ProcessHandle.current().pid());
  }

  private void startGuard() throws IOException {
    List<String> words = new ArrayList<>(words());
    if (followed == null) {
      int options = words.indexOf("--");
      words.addAll(options < 0 ? words.size() : options, List.of(FOLLOW, guardSocket().toString()));
    }
    String heap = (Runtime.getRuntime().maxMemory() >> 20) + "m";
    PagerGuardCommand.start(
        guardSocket(), onFailure, JavaCommand.words(heap, List.of(), Main.class.getName(), words));
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
}
