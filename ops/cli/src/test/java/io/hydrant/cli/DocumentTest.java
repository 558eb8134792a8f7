package io.hydrant.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/cli.md promises commands and exit codes to scripts: it must not drift from the program. */
class DocumentTest {
  private static final Path DOCUMENT = Path.of("../../docs/cli.md");

  @Test
  void listsExactlyTheCommandsThatExist() throws IOException {
    Set<String> documented = new TreeSet<>();
    Matcher row =
        Pattern.compile("(?m)^\\| `hydrant ([a-z][a-z -]*?)(?: [-A-Z\\[].*)?` \\|").matcher(text());
    while (row.find()) {
      documented.add(row.group(1).strip());
    }
    Set<String> existing = new TreeSet<>();
    HelpTest.commands()
        .filter(path -> !path.isEmpty())
        .filter(path -> HelpTest.commands().noneMatch(other -> isBelow(other, path)))
        .forEach(path -> existing.add(String.join(" ", path)));
    assertEquals(existing, documented);
  }

  private static boolean isBelow(List<String> other, List<String> path) {
    return other.size() > path.size() && other.subList(0, path.size()).equals(path);
  }

  @Test
  void listsExactlyTheExitCodes() throws IOException {
    List<String> expected = new ArrayList<>();
    for (ExitCode code : ExitCode.values()) {
      expected.add("| " + code.code() + " | " + code.meaning() + " |");
    }
    List<String> documented =
        text().lines().filter(line -> line.matches("\\| \\d+ \\| .*")).toList();
    assertEquals(expected, documented);
  }

  private static String text() throws IOException {
    return Files.readString(DOCUMENT);
  }
}
