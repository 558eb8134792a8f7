package io.hydrant.bench.scenario;

import io.hydrant.bench.Lab;
import io.hydrant.bench.Scale;
import io.hydrant.client.trace.Trace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** The recorded traces of a run. */
final class Traces {
  private static final String BUNDLED = "redis-window-16m";

  private Traces() {}

  /**
   * All below the directory that was named, the smallest first; a smoke run takes only that one.
   * The one that the library brings where none was named.
   */
  static List<Trace> of(Lab lab) throws IOException {
    List<Trace> traces = new ArrayList<>();
    if (lab.options().traces().isPresent()) {
      for (Path directory : directories(lab.options().traces().get())) {
        traces.add(Trace.open(directory));
      }
    } else {
      traces.add(Trace.bundled(BUNDLED));
    }
    if (traces.isEmpty()) {
      throw new IllegalArgumentException(
          "no trace in "
              + lab.options().traces().orElseThrow()
              + ": no directory there has a trace.json");
    }
    traces.sort(Comparator.comparing(Trace::memoryBytes).thenComparing(Trace::name));
    return lab.scale() == Scale.QUICK ? traces.subList(0, 1) : traces;
  }

  private static List<Path> directories(Path directory) throws IOException {
    if (isTrace(directory)) {
      return List.of(directory);
    }
    try (Stream<Path> below = Files.list(directory)) {
      return below.filter(Traces::isTrace).sorted().toList();
    }
  }

  private static boolean isTrace(Path directory) {
    return Files.isRegularFile(directory.resolve("trace.json"));
  }
}
