package io.hydrant.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a run was asked for.
 *
 * @param rounds counted rounds of every alternation; empty: the scenario's own number
 * @param directory for the servers' data; emptied of it afterwards
 * @param traces directory that holds one directory per trace
 * @param heap of every server, the store's and the bare ones, as -Xmx has it
 * @param serverSettings KEY=VALUE for the store
 * @param cases what the name of a scenario's case must contain to be run; empty: all
 */
public record Options(
    Scale scale,
    OptionalInt rounds,
    long seed,
    Path directory,
    Optional<Path> traces,
    String heap,
    List<String> serverSettings,
    String cases) {
  public Options {
    serverSettings = List.copyOf(serverSettings);
    if (rounds.isPresent() && rounds.getAsInt() < 1) {
      throw new IllegalArgumentException("--rounds must be at least 1");
    }
  }

  /** The number asked for, or what the scenario wants at this scale. */
  public int roundsOr(int full, int quick) {
    return rounds.orElse(scale == Scale.QUICK ? quick : full);
  }
}
