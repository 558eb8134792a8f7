package io.hydrant.bench;

import io.hydrant.bench.measure.Report;

/** One question to the store, answered with figures. */
public interface Scenario {
  /** As on the command line. */
  String name();

  /** One line for the help. */
  String purpose();

  Report run(Lab lab) throws Exception;
}
