package io.hydrant.bench.calibrate;

import io.hydrant.bench.bare.BareClient;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How thoroughly the machine is calibrated: FULL for a run of its own, BRIEF at the start of every
 * scenario, SMOKE to see that it works.
 */
public enum Calibration {
  FULL(1L << 30, 1_000, 5, 20_000, 1_024),
  BRIEF(256L << 20, 200, 3, 5_000, 256),
  SMOKE(16L << 20, 20, 2, 200, 16);

  private static final int CORE_PASSES = 4;

  private final long fileBytes;
  private final int syncs;
  private final int rounds;
  private final int echoes;
  private final int messages;

  Calibration(long fileBytes, int syncs, int rounds, int echoes, int messages) {
    this.fileBytes = fileBytes;
    this.syncs = syncs;
    this.rounds = rounds;
    this.echoes = echoes;
    this.messages = messages;
  }

  /** Sequential writes with an fdatasync every few MiB, in MB/s. */
  public Series diskWrites(Path directory) throws IOException {
    return new DiskCalibration(directory, fileBytes, syncs, rounds).writesAlone();
  }

  /** The disk and one core. */
  public List<Row> ofMachine(Path directory) throws IOException {
    List<Row> figures = new ArrayList<>();
    figures.addAll(new DiskCalibration(directory, fileBytes, syncs, rounds).run());
    figures.addAll(new CoreCalibration(CORE_PASSES, rounds).run());
    return figures;
  }

  /**
   * gRPC between two processes.
   *
   * @param label how gRPC is set up, for the names of the rows
   * @param client of a bare server
   */
  public List<Row> ofWire(String label, BareClient client) throws Exception {
    return new WireCalibration(label, client, echoes, messages, rounds).run();
  }
}
