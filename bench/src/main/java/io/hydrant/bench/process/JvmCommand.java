package io.hydrant.bench.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How child JVMs are started: all of them, bare servers and the store's alike, with the launch
 * flags of the product.
 *
 * @param java the launcher
 * @param optionsFile ops/jvm.options
 * @param classPath of this process
 */
public record JvmCommand(Path java, Path optionsFile, String classPath) {
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
        System.getProperty("java.class.path"));
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
