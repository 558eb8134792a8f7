package io.hydrant.cli;

import io.hydrant.client.CancelledException;
import io.hydrant.client.DamagedPageException;
import io.hydrant.client.HydrantException;
import io.hydrant.client.ProtocolViolationException;
import io.hydrant.client.RejectedException;
import io.hydrant.client.UnavailableException;
import io.hydrant.client.UnknownOutcomeException;
import io.hydrant.client.trace.MalformedTraceException;
import io.hydrant.v1.Reason;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** The one place where an exception becomes a message and an exit code. */
final class CommandErrors {
  private CommandErrors() {}

  /** For picocli: reports what ended a command. */
  static int handle(Exception problem, CommandLine command, CommandLine.ParseResult parsed)
      throws Exception {
    if (problem instanceof ParameterException usage) {
      throw usage;
    }
    HydrantCommand root = (HydrantCommand) command.getCommandSpec().root().userObject();
    CommandFailure failure = explain(problem, root.servers());
    PrintWriter err = command.getErr();
    err.println("hydrant: " + failure.problem());
    if (!failure.cure().isEmpty()) {
      err.println("  " + failure.cure());
    }
    if (root.verbose()) {
      problem.printStackTrace(err);
    }
    err.flush();
    return failure.exitCode().code();
  }

  /** What a failure means to the user. */
  static CommandFailure explain(Throwable problem, String server) {
    return switch (problem) {
      case CommandFailure failure -> failure;
      case HydrantException store -> explainStore(store, server);
      case FileSystemException file -> explainFile(file);
      case MalformedTraceException trace ->
          new CommandFailure(ExitCode.BAD_INPUT, text(trace), "", trace);
      case IOException io ->
          new CommandFailure(ExitCode.LOCAL_IO, "i/o error: " + text(io), "", io);
      case InterruptedException interrupted ->
          new CommandFailure(ExitCode.INTERRUPTED, "interrupted", "", interrupted);
      default ->
          new CommandFailure(
              ExitCode.UNEXPECTED,
              "unexpected " + problem.getClass().getSimpleName() + ": " + text(problem),
              "This is a defect of Hydrant. Run the command again with --verbose and report what it says.",
              problem);
    };
  }

  private static CommandFailure explainStore(HydrantException problem, String server) {
    String text = text(problem);
    return switch (problem) {
      case RejectedException rejected ->
          new CommandFailure(codeOf(rejected.reason()), text, cureOf(rejected.reason()), rejected);
      case UnavailableException unavailable ->
          new CommandFailure(
              ExitCode.UNAVAILABLE,
              text,
              "Start one with `hydrant server --data DIR`, or name another with --server HOST:PORT.",
              unavailable);
      case UnknownOutcomeException unknown ->
          new CommandFailure(ExitCode.UNKNOWN_OUTCOME, text, "", unknown);
      case DamagedPageException damaged ->
          new CommandFailure(
              ExitCode.DAMAGED,
              text,
              "Restore another checkpoint, or take a full one (`hydrant checkpoint push --full`).",
              damaged);
      case ProtocolViolationException violation ->
          new CommandFailure(
              ExitCode.UNEXPECTED,
              "server " + server + " gave an answer that breaks the API: " + text,
              "Compare `hydrant info` and `hydrant --version`: the two may not fit together.",
              violation);
      case CancelledException cancelled ->
          new CommandFailure(ExitCode.INTERRUPTED, "given up: " + text, "", cancelled);
    };
  }

  /** An exhaustive list, so that a new reason has to be thought about here. */
  private static ExitCode codeOf(Reason reason) {
    return switch (reason) {
      case REASON_UNKNOWN_IMAGE, REASON_UNKNOWN_CHECKPOINT, REASON_UNKNOWN_SESSION ->
          ExitCode.NOT_FOUND;
      case REASON_NAME_TAKEN,
          REASON_NOT_COMMITTED,
          REASON_RETIRED,
          REASON_STALE_EPOCH,
          REASON_WRONG_BASE,
          REASON_SEND_FULL,
          REASON_TOO_MANY_OPEN,
          REASON_ABORTED,
          REASON_INCOMPLETE,
          REASON_LIMIT_EXCEEDED,
          REASON_PINNED,
          REASON_WRONG_CLUSTER,
          REASON_NOT_INITIALISED ->
          ExitCode.REFUSED;
      case REASON_INVALID, REASON_DUPLICATE_PAGE -> ExitCode.BAD_INPUT;
      case REASON_BAD_CHECKSUM, REASON_DIGEST_MISMATCH, REASON_DAMAGED -> ExitCode.DAMAGED;
      case REASON_DISK_FULL -> ExitCode.DISK_FULL;
      case REASON_QUOTA_EXCEEDED -> ExitCode.QUOTA_EXCEEDED;
      case REASON_NOT_HERE,
          REASON_BEHIND,
          REASON_NO_LEADER,
          REASON_OVERLOADED,
          REASON_SHUTTING_DOWN,
          REASON_NO_MAJORITY ->
          ExitCode.UNAVAILABLE;
      case REASON_UNKNOWN_OUTCOME -> ExitCode.UNKNOWN_OUTCOME;
      case REASON_UNSPECIFIED, REASON_INTERNAL, UNRECOGNIZED -> ExitCode.UNEXPECTED;
    };
  }

  /** What to type; the server's message says the rest. */
  private static String cureOf(Reason reason) {
    return switch (reason) {
      case REASON_UNKNOWN_IMAGE -> "`hydrant image list` shows the images there are.";
      case REASON_UNKNOWN_CHECKPOINT, REASON_NOT_COMMITTED, REASON_RETIRED ->
          "`hydrant checkpoint list IMAGE` shows the checkpoints that can be restored.";
      case REASON_PINNED ->
          "Wait until the restores have ended, or delete it then: --when-unpinned.";
      case REASON_STALE_EPOCH ->
          "Another process protects the image now; if that is not meant to be, stop it and try again.";
      case REASON_QUOTA_EXCEEDED -> "`hydrant df` shows what each image takes of its quota.";
      case REASON_WRONG_BASE, REASON_SEND_FULL -> "Send a full checkpoint: --full.";
      default -> "";
    };
  }

  private static CommandFailure explainFile(FileSystemException problem) {
    String file = String.valueOf(problem.getFile());
    return switch (problem) {
      case NoSuchFileException missing ->
          new CommandFailure(
              ExitCode.BAD_INPUT,
              file + " does not exist",
              missing.getReason() == null ? "Check the path." : missing.getReason(),
              missing);
      case FileAlreadyExistsException there ->
          new CommandFailure(
              ExitCode.REFUSED,
              file + " exists already",
              "Name another target, or overwrite it with --force.",
              there);
      case AccessDeniedException denied ->
          new CommandFailure(
              ExitCode.LOCAL_IO,
              file + ": permission denied",
              "Check the owner and mode of the file and of its directory.",
              denied);
      case NotDirectoryException notDirectory ->
          new CommandFailure(
              ExitCode.BAD_INPUT, file + " is not a directory", "Check the path.", notDirectory);
      default -> {
        String reason = problem.getReason();
        yield new CommandFailure(
            ExitCode.LOCAL_IO,
            file + ": " + (reason == null ? problem.getClass().getSimpleName() : reason),
            "",
            problem);
      }
    };
  }

  private static String text(Throwable problem) {
    String message = problem.getMessage();
    return message == null ? problem.getClass().getSimpleName() : message;
  }
}
