package io.hydrant.bench.scenario;

import io.hydrant.bench.Lab;
import io.hydrant.bench.Scale;
import io.hydrant.bench.Scenario;
import io.hydrant.bench.bare.BareProcess;
import io.hydrant.bench.bare.BareSettings;
import io.hydrant.bench.calibrate.Calibration;
import io.hydrant.bench.measure.Report;

/** The calibration alone, thorough. */
public final class Calibrate implements Scenario {
  private static final long UNUSED_FILE_BYTES = 1 << 20;

  @Override
  public String name() {
    return "calibrate";
  }

  @Override
  public String purpose() {
    return "what this machine does without a store";
  }

  @Override
  public Report run(Lab lab) throws Exception {
    Report.Builder report = Report.builder();
    Calibration calibration = lab.scale() == Scale.QUICK ? Calibration.SMOKE : Calibration.FULL;
    try (BareProcess bare = lab.startBare(UNUSED_FILE_BYTES, BareSettings.Executor.DIRECT)) {
      calibration.run(lab.directory(), bare.client()).forEach(report::row);
    }
    return report.setting("calibration", calibration).build();
  }
}
