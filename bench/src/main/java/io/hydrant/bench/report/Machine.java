package io.hydrant.bench.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Where and with what a run was made.
 *
 * @param commit of the checkout; with "-dirty" where tracked files differ from it
 * @param memoryBytes of the machine
 */
public record Machine(
    String commit, int cores, long memoryBytes, String processor, String kernel, String java) {
  private static final long GIT_SECONDS_MAX = 10;

  public static Machine describe(Path projectRoot) throws IOException, InterruptedException {
    return new Machine(
        commit(projectRoot),
        Runtime.getRuntime().availableProcessors(),
        1024 * Long.parseLong(field("/proc/meminfo", "MemTotal").replace("kB", "").trim()),
        field("/proc/cpuinfo", "model name"),
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        System.getProperty("java.vendor") + " " + Runtime.version());
  }

  private static String commit(Path root) throws IOException, InterruptedException {
    String id = git(root, List.of("rev-parse", "--short=12", "HEAD"));
    if (id.isEmpty()) {
      return "unknown";
    }
    String changes = git(root, List.of("status", "--porcelain", "--untracked-files=no"));
    return changes.isEmpty() ? id : id + "-dirty";
  }

  /** First line of git's answer; empty where git or the repository is missing. */
  private static String git(Path root, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("git", "-C", root.toString()));
    command.addAll(arguments);
    Process process;
    try {
      process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    } catch (IOException e) {
      return "";
    }
    String answer =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    boolean ended = process.waitFor(GIT_SECONDS_MAX, TimeUnit.SECONDS);
    return ended && process.exitValue() == 0 ? answer.lines().findFirst().orElse("") : "";
  }

  private static String field(String file, String name) throws IOException {
    try (var lines = Files.lines(Path.of(file))) {
      return lines
          .filter(line -> line.startsWith(name))
          .map(line -> line.substring(line.indexOf(':') + 1).trim())
          .findFirst()
          .orElse("0");
    }
  }

  /** One line for the head of a report. */
  public String text() {
    return "commit %s, %d cores (%s), %d GiB, %s, %s"
        .formatted(commit, cores, processor, memoryBytes >> 30, kernel, java);
  }
}
