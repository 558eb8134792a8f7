package io.hydrant.bench.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a JVM's -Xlog:gc says.
 *
 * @param peakMebibytes largest heap in use when a collection began; 0 without one
 * @param pauseMillis all pauses together
 * @param fullCount full collections: more than none means that the heap was too small for a while
 */
public record GarbageLog(
    int collections,
    long peakMebibytes,
    double longestPauseMillis,
    double pauseMillis,
    int fullCount) {
  private static final Pattern PAUSE =
      Pattern.compile("Pause (\\w+).* (\\d+)M->(\\d+)M\\((\\d+)M\\) ([\\d.]+)ms");

  public static GarbageLog read(Path file) throws IOException {
    return parse(Files.exists(file) ? Files.readAllLines(file) : List.of());
  }

  static GarbageLog parse(List<String> lines) {
    int collections = 0;
    long peak = 0;
    double longest = 0;
    double sum = 0;
    int full = 0;
    for (String line : lines) {
      Matcher pause = PAUSE.matcher(line);
      if (pause.find()) {
        double millis = Double.parseDouble(pause.group(5));
        collections++;
        peak = Math.max(peak, Long.parseLong(pause.group(2)));
        longest = Math.max(longest, millis);
        sum += millis;
        full += pause.group(1).equals("Full") ? 1 : 0;
      }
    }
    return new GarbageLog(collections, peak, longest, sum, full);
  }
}
