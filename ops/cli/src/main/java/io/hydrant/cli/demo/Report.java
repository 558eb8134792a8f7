package io.hydrant.cli.demo;

import io.hydrant.cli.output.Json;
import io.hydrant.cli.output.Output;
import java.util.ArrayList;
import java.util.List;

/** What the demonstration says, step by step, and whether all of it was as it must be. */
final class Report {
  private final Output output;
  private final List<Json> steps = new ArrayList<>();
  private boolean failed;

  Report(Output output) {
    this.output = output;
  }

  /** Something was done. */
  void done(String text) {
    step(true, text);
  }

  /** Something had to be so. */
  void check(boolean holds, String text) {
    failed |= !holds;
    step(holds, text);
  }

  /** More about the step before. */
  void detail(String text) {
    output.line("     " + text);
  }

  private void step(boolean holds, String text) {
    steps.add(new Json().put("ok", holds).put("step", text));
    output.line((holds ? " ✓ " : " ✗ FAILED: ") + text);
  }

  boolean failed() {
    return failed;
  }

  List<Json> steps() {
    return List.copyOf(steps);
  }
}
