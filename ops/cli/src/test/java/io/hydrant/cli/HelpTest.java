package io.hydrant.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.cli.output.Console;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

class HelpTest {
  /** Every command that people are shown, as the words behind "hydrant". */
  static Stream<List<String>> commands() {
    List<List<String>> all = new ArrayList<>();
    collect(Main.commandLine(Console.ofProcess()), List.of(), all);
    return all.stream();
  }

  private static void collect(CommandLine command, List<String> path, List<List<String>> all) {
    all.add(path);
    command
        .getSubcommands()
        .forEach((name, child) -> {
          if (!child.getCommandSpec().usageMessage().hidden()) {
            List<String> deeper = new ArrayList<>(path);
            deeper.add(name);
            collect(child, List.copyOf(deeper), all);
          }
        });
  }

  @ParameterizedTest
  @MethodSource("commands")
  void helpNamesPurposeExamplesAndExitCodes(List<String> path) {
    List<String> words = new ArrayList<>(path);
    words.add("--help");
    Ran help = Ran.hydrant(words.toArray(String[]::new)).succeeded();
    assertTrue(help.out().startsWith("Usage: hydrant"), help.out());
    assertTrue(help.out().contains("Exit codes:"), help.out());
    assertTrue(help.out().contains("--json"), help.out());
    assertTrue(help.out().contains("Commands:") || help.out().contains("Example"), help.out());
    for (String line : help.out().lines().toList()) {
      assertTrue(line.length() <= 120, () -> "too wide for a terminal: " + line);
    }
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandSaysWhatItIsFor(List<String> path) {
    CommandLine command = Main.commandLine(Console.ofProcess());
    for (String word : path) {
      command = Objects.requireNonNull(command.getSubcommands().get(word));
    }
    assertTrue(command.getCommandSpec().usageMessage().description().length > 0);
  }

  @Test
  void versionIsOneLine() {
    Ran version = Ran.hydrant("--version").succeeded();
    assertEquals(1, version.out().lines().count());
    assertTrue(version.out().startsWith("hydrant "), version.out());
  }
}
