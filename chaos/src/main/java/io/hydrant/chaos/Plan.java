package io.hydrant.chaos;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a run is to do.
 *
 * @param duration of the faults
 * @param seed of everything that is drawn
 * @param directory of the run, made anew
 * @param traces directory with traces, or below which there are some; empty: the one in the library
 * @param serverHeap for instance 384m
 * @param whole whether every replica must hold everything at rest
 * @param replace whether a disk is lost for ever and its member replaced now and then
 * @param only names of the faults that may happen; none: all
 */
public record Plan(
    Duration duration,
    long seed,
    Path directory,
    Optional<Path> traces,
    String serverHeap,
    boolean whole,
    boolean replace,
    List<String> only) {
  static final String HEAP = "384m";

  /** The command that draws the same faults again. */
  String repeat() {
    return "chaos/run --seconds %d --seed %d%s%s%s%s%s"
        .formatted(
            duration.toSeconds(),
            seed,
            traces.map(path -> " --traces " + path).orElse(""),
            serverHeap.equals(HEAP) ? "" : " --heap " + serverHeap,
            whole ? "" : " --no-whole",
            replace ? "" : " --no-replace",
            only.isEmpty() ? "" : " --faults '" + String.join(",", only) + "'");
  }
}
