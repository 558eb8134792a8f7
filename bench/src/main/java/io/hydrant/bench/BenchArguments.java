package io.hydrant.bench;

import io.hydrant.bench.scenario.Scenarios;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command line of bench/run. */
@Command(
    name = "bench/run",
    description =
        "Runs the scenarios behind the bars; docs/benchmarks.md tells what each one does.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done, whether bars were met or missed",
      "1:a promise was broken, or the run failed",
      "2:wrong usage",
      "3:a bar was missed (with --strict)"
    })
final class BenchArguments implements Callable<Integer> {
  /** What is done with the arguments once they are understood. */
  interface Run {
    int of(BenchArguments arguments) throws Exception;
  }

  private static final String ALL = "all";
  private static final long STANDARD_SEED = 20_26;

  private final Run run;

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "1..*",
      paramLabel = "SCENARIO",
      description = "What to run; all: every scenario in turn. There are: ${COMPLETION-CANDIDATES}",
      completionCandidates = ScenarioNames.class)
  private List<String> names;

  @Option(names = "--quick", description = "Smoke run of a few seconds; figures mean nothing.")
  private boolean quick;

  @Option(names = "--small", description = "A shorter run with smaller data.")
  private boolean small;

  @Option(names = "--rounds", paramLabel = "N", description = "Counted rounds of each side.")
  private @Nullable Integer rounds;

  @Option(names = "--seed", paramLabel = "N", description = "Of all random choices.")
  private long seed = STANDARD_SEED;

  @Option(names = "--traces", paramLabel = "DIR", description = "Directory of recorded traces.")
  private @Nullable Path traces;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Where the servers keep their data while they run. Default: bench/target/data")
  private @Nullable Path directory;

  @Option(
      names = "--heap",
      paramLabel = "SIZE",
      description = "Heap of every server, the store's and the bare ones (${DEFAULT-VALUE}).",
      defaultValue = "1g")
  private String heap;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "A setting of the store, as in `hydrant server --set`; repeatable.")
  private List<String> settings = new ArrayList<>();

  @Option(
      names = "--cases",
      paramLabel = "TEXT",
      description = "Only cases of `cadence` whose name contains it, for instance 'three: HPC-C'.",
      defaultValue = "")
  private String cases = "";

  @Option(names = "--json", paramLabel = "FILE", description = "Append the reports as JSON lines.")
  private @Nullable Path json;

  @Option(names = "--strict", description = "Exit with 3 if a bar is missed.")
  private boolean strict;

  @Option(names = "--keep", description = "Keep the servers' data and logs.")
  private boolean keep;

  BenchArguments(Run run) {
    this.run = run;
  }

  @Override
  public Integer call() throws Exception {
    if (quick && small) {
      throw usage("--quick and --small exclude each other");
    }
    if (rounds != null && rounds < 1) {
      throw usage("--rounds must be at least 1, not " + rounds);
    }
    // Unknown names are told before the first scenario runs.
    scenarios();
    return run.of(this);
  }

  List<Scenario> scenarios() {
    List<Scenario> chosen = new ArrayList<>();
    for (String name : names) {
      if (name.equals(ALL)) {
        chosen.addAll(Scenarios.all());
      } else {
        chosen.add(
            Scenarios.named(name)
                .orElseThrow(() ->
                    usage(
                        "there is no scenario '%s'; there are: %s"
                            .formatted(name, String.join(", ", Scenarios.names())))));
      }
    }
    return chosen;
  }

  Options options(Path root) {
    return new Options(
        scale(),
        rounds == null ? OptionalInt.empty() : OptionalInt.of(rounds),
        seed,
        (directory == null ? root.resolve("bench/target/data") : directory).toAbsolutePath(),
        Optional.ofNullable(traces),
        heap,
        settings,
        cases);
  }

  Optional<Path> json() {
    return Optional.ofNullable(json);
  }

  boolean strict() {
    return strict;
  }

  boolean keep() {
    return keep;
  }

  private Scale scale() {
    if (quick) {
      return Scale.QUICK;
    }
    return small ? Scale.SMALL : Scale.FULL;
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  /** For the help. */
  static final class ScenarioNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Scenarios.names().iterator();
    }
  }
}
