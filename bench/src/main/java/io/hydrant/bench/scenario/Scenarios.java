package io.hydrant.bench.scenario;

import io.hydrant.bench.Scenario;
import java.util.List;
import java.util.Optional;

/** All there are, in the order in which `all` runs them. */
public final class Scenarios {
  private static final List<Scenario> ALL =
      List.of(
          new Calibrate(),
          new Ingest(),
          new IngestScattered(),
          new Commit(),
          new CommitOne(),
          new Fetch(),
          new Prefetch(),
          new History(),
          new Depth(),
          new Clean(),
          new Upkeep(),
          new Heap(),
          new Startup(),
          new Kill(),
          new Ingest3(),
          new Commit3One(),
          new Failover(),
          new Begin(),
          new Faults(),
          new PageFaults(),
          new Restores(),
          new PagerKills(),
          new Flips(),
          new Brim(),
          new CadenceTable(),
          new Replace());

  private Scenarios() {}

  public static List<Scenario> all() {
    return ALL;
  }

  public static List<String> names() {
    return ALL.stream().map(Scenario::name).toList();
  }

  public static Optional<Scenario> named(String name) {
    return ALL.stream().filter(scenario -> scenario.name().equals(name)).findFirst();
  }
}
