package io.hydrant.bench.scenario;

import io.hydrant.bench.Lab;
import io.hydrant.bench.Scale;
import io.hydrant.bench.Scenario;
import io.hydrant.bench.bare.BareProcess;
import io.hydrant.bench.bare.BareSettings;
import io.hydrant.bench.calibrate.Calibration;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Row;
import java.util.ArrayList;
import java.util.List;

/** The calibration alone, thorough. */
public final class Calibrate implements Scenario {

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
    calibration.ofMachine(lab.directory()).forEach(report::row);
    for (BareSettings.Executor executor : BareSettings.Executor.values()) {
      try (BareProcess bare = lab.startBare(Sizes.UNUSED_FILE_BYTES, executor)) {
        calibration.ofWire(label(executor), bare.client()).forEach(report::row);
      }
    }
    return report.setting("calibration", calibration).build();
  }

  /** The part that every scenario begins with. */
  public static List<Row> brief(Lab lab) throws Exception {
    Calibration calibration = lab.scale() == Scale.QUICK ? Calibration.SMOKE : Calibration.BRIEF;
    List<Row> rows = new ArrayList<>(calibration.ofMachine(lab.directory()));
    BareSettings.Executor executor = BareSettings.Executor.DIRECT;
    try (BareProcess bare = lab.startBare(Sizes.UNUSED_FILE_BYTES, executor)) {
      rows.addAll(calibration.ofWire(label(executor), bare.client()));
    }
    return rows;
  }

  private static String label(BareSettings.Executor executor) {
    return switch (executor) {
      case POOL -> "gRPC, calls on a pool";
      case DIRECT -> "gRPC, calls on network threads";
    };
  }
}
