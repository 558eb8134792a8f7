package io.hydrant.cli.demo;

import io.hydrant.client.CheckpointChoice;
import io.hydrant.client.FencedRestore;
import io.hydrant.client.HydrantClient;
import io.hydrant.client.RestoreSession;
import io.hydrant.pager.PagerOptions;
import io.hydrant.pager.PagerStats;
import io.hydrant.pager.uffd.FailurePolicy;
import io.hydrant.pager.uffd.HandOver;
import io.hydrant.pager.uffd.UffdPager;
import io.hydrant.pager.uffd.UffdSocket;
import io.hydrant.pager.uffd.Userfault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** A machine is protected, dies, and goes on at once in another process. */
final class FailOver {
  private static final String IMAGE = "guest";
  private static final long CHECKPOINTS = 12;
  private static final Duration HAND_OVER_MAX = Duration.ofSeconds(60);

  private final Report report;
  private final Scratch scratch;
  private final HydrantClient client;
  private final String server;

  FailOver(Report report, Scratch scratch, HydrantClient client, String server) {
    this.report = report;
    this.scratch = scratch;
    this.client = client;
    this.server = server;
  }

  void run() throws IOException, InterruptedException {
    try {
      Userfault.open().close();
    } catch (IOException e) {
      report.done("failing a machine over is left out: " + e.getMessage());
      return;
    }
    Path directory = scratch.directory();
    GuestProcess before =
        scratch.owned(GuestProcess.run(directory, server, IMAGE, "--every", "25"));
    before.awaitCheckpoint(CHECKPOINTS);
    before.kill();
    report.done(
        "a sample machine of 64 MiB was protected every 25 ms, and killed after more than "
            + CHECKPOINTS
            + " checkpoints");
    Path socket = directory.resolve("uffd");
    Path slim = directory.resolve("slim");
    try (UffdSocket listening = UffdSocket.listen(socket);
        FencedRestore fenced =
            client.restoreAndFence(
                HydrantClient.name(IMAGE), new CheckpointChoice.Latest(), Duration.ZERO);
        RestoreSession session = fenced.session()) {
      Files.write(slim, session.slim());
      GuestProcess after = scratch.owned(GuestProcess.resume(directory, socket, slim));
      Optional<HandOver> machine = listening.accept(HAND_OVER_MAX);
      if (machine.isEmpty()) {
        report.check(false, "the machine did not hand over its memory");
        return;
      }
      serve(session, machine.get(), after);
    }
  }

  private void serve(RestoreSession session, HandOver machine, GuestProcess after)
      throws IOException, InterruptedException {
    try (var process = machine.process();
        UffdPager pager =
            new UffdPager(
                session,
                machine.userfault(),
                machine.memory(0),
                PagerOptions.DEFAULT,
                FailurePolicy.kill(process))) {
      GuestProcess.Resumed resumed = after.awaitResumed();
      after.awaitEnd();
      pager.machineEnded();
      PagerStats stats = pager.restore().stats();
      report.check(
          resumed.wrong() == 0,
          "it went on in another process from checkpoint "
              + session.checkpoint().getId()
              + ", first step after "
              + resumed.firstStep()
              + ", its pages fetched as it touched them: "
              + stats.faults()
              + " faults, "
              + resumed.wrong()
              + " of "
              + resumed.pages()
              + " pages wrong");
    }
  }
}
