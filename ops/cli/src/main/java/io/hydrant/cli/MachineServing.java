package io.hydrant.cli;

import io.hydrant.cli.output.Amounts;
import io.hydrant.cli.output.Json;
import io.hydrant.cli.output.Output;
import io.hydrant.cli.output.Progress;
import io.hydrant.client.HydrantException;
import io.hydrant.client.RestoreSession;
import io.hydrant.pager.PagerException;
import io.hydrant.pager.PagerOptions;
import io.hydrant.pager.PagerStats;
import io.hydrant.pager.uffd.FailurePolicy;
import io.hydrant.pager.uffd.GuardLink;
import io.hydrant.pager.uffd.HandOver;
import io.hydrant.pager.uffd.MachineProcess;
import io.hydrant.pager.uffd.PageRecord;
import io.hydrant.pager.uffd.UffdPager;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Brings the pages of one machine, from its hand-over until it needs no pager any more. */
final class MachineServing {
  private static final int LOOK_MILLIS = 100;
  private static final int WAIT_MILLIS = 60_000;

  private final Output output;
  private final String image;
  private final RestoreSession session;
  private final RegionChoice region;
  private final Manner manner;
  private final GuardLink guard;
  private final AtomicReference<@Nullable PagerException> failure = new AtomicReference<>();

  /**
   * How it is done.
   *
   * @param learns whether the store is told what the machine touched
   */
  record Manner(PagerOptions options, PagerCommand.OnFailure onFailure, boolean learns) {}

  /** What it ends with. */
  private enum End {
    WHOLE,
    MACHINE_ENDED,
    FAILED
  }

  MachineServing(
      Output output,
      String image,
      RestoreSession session,
      RegionChoice region,
      Manner manner,
      GuardLink guard) {
    this.output = output;
    this.image = image;
    this.session = session;
    this.region = region;
    this.manner = manner;
    this.guard = guard;
  }

  /**
   * Returns when the machine needs it no more.
   *
   * @param machine this one's from now on
   * @param record what is known of its pages already
   */
  ExitCode serve(HandOver machine, PageRecord record, AtExit atExit)
      throws IOException, InterruptedException {
    try (MachineProcess process = machine.process();
        UffdPager pager = begin(machine, record)) {
      atExit.instead(() -> stop(pager, process));
      End end = follow(pager, process);
      switch (end) {
        case WHOLE -> {}
        case MACHINE_ENDED -> pager.machineEnded();
        case FAILED -> {
          session.detach(); // the store does not answer: the lease expires by itself
          awaitEnd(process);
          pager.machineEnded();
        }
      }
      letGo(pager);
      if (end != End.FAILED) {
        learn(pager);
      }
      return report(process, pager.restore().stats(), end);
    }
  }

  /** This process ends: a machine that is not whole must not see what becomes of the rest. */
  private void stop(UffdPager pager, MachineProcess process) throws IOException {
    PagerStats stats = pager.restore().stats();
    if (stats.present() < stats.pages()) {
      process.kill(); // stopped only, it could be made to go on later
      pager.machineEnded();
    }
    letGo(pager);
  }

  private void letGo(UffdPager pager) {
    guard.leave();
    pager.close();
    guard.done();
  }

  /** As long as the machine could go on, it must not lose its pager. */
  private void awaitEnd(MachineProcess process) throws IOException {
    if (!process.awaitEnd(LOOK_MILLIS)) {
      output.note(
          "process %d was to be stopped (--on-failure %s), and its memory is kept from being made up until it ends: kill it when you have seen what you want"
              .formatted(process.pid(), manner.onFailure()));
    }
    while (!process.awaitEnd(WAIT_MILLIS)) {
      // for as long as it takes
    }
  }

  private End follow(UffdPager pager, MachineProcess process) throws IOException {
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

  private UffdPager begin(HandOver machine, PageRecord record) throws IOException {
    FailurePolicy policy = manner.onFailure().policy(machine.process());
    FailurePolicy told =
        why -> {
          failure.set(why);
          policy.stop(why);
        };
    try {
      return new UffdPager(
          session,
          machine.userfault(),
          machine.memory(region.number()),
          record,
          manner.options(),
          told);
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
  private void learn(UffdPager pager) {
    if (!manner.learns()) {
      return; // the order of what one before it has seen went with that one
    }
    try {
      pager.restore().learn();
    } catch (HydrantException e) {
      output.note("what the machine touched could not be remembered: " + e.getMessage());
    }
  }

  private ExitCode report(MachineProcess process, PagerStats stats, End end) {
    PagerException why = failure.get();
    if (why != null) {
      throw new CommandFailure(
          ExitCode.UNAVAILABLE,
          "process %d was %s: %s"
              .formatted(
                  process.pid(),
                  manner.onFailure() == PagerCommand.OnFailure.kill ? "killed" : "stopped",
                  why.getMessage()),
          "See that the store is up (`hydrant doctor`), and restore the image again.",
          why);
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
