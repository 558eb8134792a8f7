package io.hydrant.testkit.simulation;

import io.hydrant.engine.files.StoreFiles;
import io.hydrant.engine.index.PageIndex;
import io.hydrant.testkit.files.SimulatedCrash;
import io.hydrant.testkit.files.SimulatedDisk;
import io.hydrant.testkit.index.MemoryPageIndex;
import java.io.IOException;
import java.util.random.RandomGenerator;

/**
 * A simulated disk and an index in memory that crash together: an index flush counts as two I/O
 * calls.
 */
public final class SimulatedMedia implements SimulatedReplica.Media, StoreSimulation.CrashSource {
  private final SimulatedDisk disk = new SimulatedDisk();
  private final RandomGenerator random;
  private MemoryPageIndex index;

  public SimulatedMedia(RandomGenerator random) {
    this.random = random;
    this.index = new MemoryPageIndex(this::indexCall, this::indexCall);
  }

  private void indexCall() throws IOException {
    disk.files("index").syncDirectory();
  }

  public SimulatedDisk disk() {
    return disk;
  }

  @Override
  public StoreFiles segments() {
    return disk.files("segments");
  }

  @Override
  public StoreFiles catalogs() {
    return disk.files("catalogs");
  }

  @Override
  public PageIndex index() {
    return index;
  }

  @Override
  public void armAfter(int calls) {
    disk.crashAfter(calls);
  }

  @Override
  public void disarm() {
    disk.disarm();
  }

  @Override
  public void recover(boolean powerCut) {
    if (powerCut) {
      disk.crash(random);
    } else {
      disk.processKill();
    }
    disk.disarm();
    setDiskFull(false);
    index = index.crash(random.nextBoolean());
  }

  @Override
  public boolean isSimulatedCrash(Throwable thrown) {
    return SimulatedCrash.isCauseOf(thrown) || isFailedSync(thrown);
  }

  @Override
  public boolean hasCrashed() {
    return disk.hasCrashed();
  }

  private static boolean isFailedSync(Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (String.valueOf(cause.getMessage()).matches("(?s).*\\(simulated (directory )?sync\\).*")) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void setDiskFull(boolean full) {
    if (full) {
      disk.setFreeBytes(0);
    } else {
      disk.setCapacityBytes(Long.MAX_VALUE);
    }
  }

  @Override
  public void failSync(int syncs) {
    disk.failSync(syncs);
  }
}
