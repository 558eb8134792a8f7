package io.hydrant.cli;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Words that start another JVM with this one's Java, launch flags and class path. */
public final class JavaCommand {
  private JavaCommand() {}

  /**
   * @param heap as -Xmx has it, for instance "512m"
   * @param flags more of them
   */
  public static List<String> words(
      String heap, List<String> flags, String mainClass, List<String> arguments) {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String flag : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (isLaunchFlag(flag)) {
        words.add(flag);
      }
    }
    words.add("-Xmx" + heap);
    words.addAll(flags);
    words.add("-cp");
    words.add(System.getProperty("java.class.path"));
    words.add(mainClass);
    words.addAll(arguments);
    return words;
  }

  /** Neither the size of this heap, nor flags of a debugger or test runner that it may be in. */
  private static boolean isLaunchFlag(String flag) {
    return !flag.startsWith("-Xm")
        && !flag.startsWith("-javaagent")
        && !flag.startsWith("-agentlib")
        && !flag.startsWith("-Dhydrant.");
  }
}
