package io.hydrant.raftlog.ratis;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One of Ratis' log files, by its name.
 *
 * @param open still written when the last life ended: how far it goes is not in its name
 * @param last index of the last entry; of an open one, first - 1
 */
record LogFile(Path path, long first, boolean open, long last) {
  private static final Pattern CLOSED = Pattern.compile("log_(\\d+)-(\\d+)");
  private static final Pattern OPEN = Pattern.compile("log_inprogress_(\\d+)");

  /** In the order of their entries; none if there is no such directory. */
  static List<LogFile> list(Path current) throws IOException {
    List<LogFile> files = new ArrayList<>();
    if (!Files.exists(current)) {
      return files;
    }
    try (Stream<Path> paths = Files.list(current)) {
      for (Path path : paths.toList()) {
        String name = path.getFileName().toString();
        Matcher closed = CLOSED.matcher(name);
        Matcher open = OPEN.matcher(name);
        if (closed.matches()) {
          files.add(
              new LogFile(
                  path, Long.parseLong(closed.group(1)), false, Long.parseLong(closed.group(2))));
        } else if (open.matches()) {
          long first = Long.parseLong(open.group(1));
          files.add(new LogFile(path, first, true, first - 1));
        }
      }
    }
    files.sort(Comparator.comparingLong(LogFile::first));
    return files;
  }
}
