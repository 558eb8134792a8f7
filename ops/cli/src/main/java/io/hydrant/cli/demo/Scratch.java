package io.hydrant.cli.demo;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * What the demonstration must leave behind nothing of: a temporary directory and processes. Cleans
 * up when closed, and also when the process is told to end in the middle.
 */
final class Scratch implements AutoCloseable {
  private final Path directory;
  private final boolean keep;
  private final Deque<AutoCloseable> processes = new ArrayDeque<>();
  private final Thread atExit = Thread.ofPlatform().name("clean-up").unstarted(this::cleanUp);
  private boolean cleaned;

  private Scratch(Path directory, boolean keep) {
    this.directory = directory;
    this.keep = keep;
  }

  static Scratch create(boolean keep) throws IOException {
    Scratch scratch = new Scratch(Files.createTempDirectory("hydrant-demo-"), keep);
    Runtime.getRuntime().addShutdownHook(scratch.atExit);
    return scratch;
  }

  Path directory() {
    return directory;
  }

  /** Ends it with the rest. */
  synchronized <T extends AutoCloseable> T owned(T process) {
    processes.push(process);
    return process;
  }

  private synchronized void cleanUp() {
    if (cleaned) {
      return;
    }
    cleaned = true;
    IllegalStateException left = new IllegalStateException(directory + " could not be cleaned up");
    for (AutoCloseable process : processes) {
      attempt(process, left);
    }
    if (!keep) {
      attempt(() -> deleteAll(directory), left);
    }
    if (left.getSuppressed().length > 0) {
      throw left;
    }
  }

  /** What cannot be done must not keep the rest from being done. */
  private static void attempt(AutoCloseable step, Exception left) {
    try {
      step.close();
    } catch (Exception e) {
      left.addSuppressed(e);
    }
  }

  private static void deleteAll(Path directory) throws IOException {
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException problem)
              throws IOException {
            Files.deleteIfExists(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  @Override
  public void close() {
    cleanUp();
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      // The process is ending, and the hook finds nothing left to do.
    }
  }
}
