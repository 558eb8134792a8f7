package io.hydrant.bench.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How child JVMs are started: all of them with the launch flags of the product, and its servers
 * with the cache of its launcher, as their users start them.
 *
 * @param java the launcher
 * @param optionsFile ops/jvm.options
 * @param classPath of this process
 * @param launcherDirectory where the hydrant command's jar lies, and the cache that it starts with;
 *     without it servers are started as all else
 */
public record JvmCommand(
    Path java, Path optionsFile, String classPath, Optional<Path> launcherDirectory) {
  private static final String LAUNCHER_PROPERTY = "hydrant.bench.launcher";
  private static final String MAIN_CLASS = "io.hydrant.cli.Main";

  /** As this process was started itself. */
  public static JvmCommand asThisProcess(Path projectRoot) {
    Path options = projectRoot.resolve("ops/jvm.options");
    if (!Files.isReadable(options)) {
      throw new IllegalArgumentException(
          options + " is missing: start the benchmarks with bench/run from a checkout");
    }
    return new JvmCommand(
        Path.of(System.getProperty("java.home"), "bin", "java"),
        options,
        System.getProperty("java.class.path"),
        Optional.ofNullable(System.getProperty(LAUNCHER_PROPERTY)).map(Path::of));
  }

  /**
   * The product, as the hydrant command starts it.
   *
   * @param options JVM options on top of the launch flags
   * @param arguments of the command line
   */
  public List<String> hydrant(List<String> options, List<String> arguments) {
    if (launcherDirectory.isEmpty()) {
      return of(options, MAIN_CLASS, arguments);
    }
    Path directory = launcherDirectory.get();
    List<String> all = new ArrayList<>(options);
    Path cache = directory.resolve("hydrant-cli.aot");
    if (hasContent(cache)) {
      // Mandatory: a server without it is another one, and must not be measured unsaid.
      all.addAll(List.of("-XX:AOTCache=" + cache, "-XX:AOTMode=on"));
    }
    String jar = directory.resolve("hydrant-cli.jar").toString();
    return new JvmCommand(java, optionsFile, jar, Optional.empty()).of(all, MAIN_CLASS, arguments);
  }

  private static boolean hasContent(Path file) {
    try {
      return Files.size(file) > 0;
    } catch (IOException e) {
      return false; // there is none
    }
  }

  /**
   * @param options JVM options on top of the launch flags
   * @param mainClass to run
   * @param arguments of the main class
   */
  public List<String> of(List<String> options, String mainClass, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(java.toString());
    command.add("@" + optionsFile);
    command.addAll(options);
    command.add("-cp");
    command.add(classPath);
    command.add(mainClass);
    command.addAll(arguments);
    return command;
  }
}
