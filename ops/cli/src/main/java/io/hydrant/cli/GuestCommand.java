package io.hydrant.cli;

import io.hydrant.cli.guest.ProtectedRun;
import io.hydrant.cli.guest.ResumedRun;
import io.hydrant.cli.output.Amounts;
import io.hydrant.cli.output.Json;
import io.hydrant.cli.output.Output;
import io.hydrant.client.HydrantClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code guest}: a machine to try failing over with. */
@Command(
    name = "guest",
    description = {
      "A sample machine, to try failing over with: a process whose memory is protected while it runs, and that goes on elsewhere.",
      "It verifies each page that it touches: nothing but its own memory of that moment will do."
    },
    subcommands = {GuestCommand.Run.class, GuestCommand.Resume.class})
final class GuestCommand extends GroupCommand {
  private static final int PAGE_BYTES = 4_096;

  /** What is the same before and after the failure. */
  static final class Memory {
    @Option(
        names = "--memory",
        paramLabel = "SIZE",
        converter = Size.Converter.class,
        description = "Of the machine (64m).")
    private Size memory = new Size(64L << 20);

    long bytes() {
      if (memory.bytes() <= 0 || memory.bytes() % PAGE_BYTES != 0) {
        throw new CommandFailure(
            ExitCode.USAGE,
            memory.bytes() + " bytes are no memory of whole pages",
            "Give --memory as a multiple of 4k.");
      }
      return memory.bytes();
    }
  }

  /** {@code guest run}. */
  @Command(
      name = "run",
      description =
          "Makes an image, runs the machine and protects it, until its process is killed.",
      footer = {
        "",
        "Example:",
        "  hydrant guest run sample --every 25           a checkpoint every 25 ms; end it with kill -9"
      })
  static final class Run extends StoreCommand {
    @Mixin private Memory memory = new Memory();

    @Parameters(index = "0", paramLabel = "IMAGE", description = "Name of the image to make.")
    private String image;

    @Option(
        names = "--every",
        paramLabel = "MILLIS",
        description = "Between two checkpoints (100).")
    private long everyMillis = 100;

    @Option(
        names = "--steps",
        paramLabel = "N",
        description = "Pages that it writes between two checkpoints (1000).")
    private int steps = 1_000;

    @Override
    ExitCode run(Output output, HydrantClient client) throws IOException, InterruptedException {
      new ProtectedRun(client, image, memory.bytes(), steps, Duration.ofMillis(everyMillis))
          .run(checkpoint -> {
            output.item(new Json().put("checkpoint", checkpoint));
            output.line("checkpoint " + checkpoint);
          });
      return ExitCode.OK;
    }
  }

  /** {@code guest resume}. */
  @Command(
      name = "resume",
      description =
          "Goes on with the machine in a new process, while a pager brings its memory; verifies all of it in the end.",
      footer = {
        "",
        "Example:",
        "  hydrant pager sample --socket s --slim state &",
        "  hydrant guest resume --socket s --slim state"
      })
  static final class Resume extends BasicCommand {
    @Mixin private Memory memory = new Memory();

    @Option(
        names = "--socket",
        paramLabel = "FILE",
        required = true,
        description = "Where `hydrant pager` listens.")
    private Path socket;

    @Option(
        names = "--slim",
        paramLabel = "FILE",
        required = true,
        description = "The slim state, as `hydrant pager --slim` has written it.")
    private Path slim;

    @Option(names = "--steps", paramLabel = "N", description = "To make (20000).")
    private long steps = 20_000;

    @Override
    ExitCode run(Output output) throws IOException {
      ResumedRun.Result result =
          ResumedRun.run(socket, Files.readAllBytes(slim), memory.bytes(), steps);
      output.document(
          new Json()
              .put("steps_before", result.stepsBefore())
              .put("steps", result.steps())
              .put("first_step_micros", result.firstStepNanos() / 1_000)
              .put("steps_millis", Amounts.millis(result.stepsNanos()))
              .put("pages", result.pages())
              .put("wrong_pages", result.wrong()));
      output.line(
          "went on at step %d: the first one took %s, %d steps %s; %d of %d pages are wrong"
              .formatted(
                  result.stepsBefore(),
                  Amounts.duration(result.firstStepNanos()),
                  result.steps(),
                  Amounts.duration(result.stepsNanos()),
                  result.wrong(),
                  result.pages()));
      return result.wrong() == 0 ? ExitCode.OK : ExitCode.DAMAGED;
    }
  }
}
