package io.hydrant.testkit.simulation.cluster;

import io.hydrant.engine.replica.PeerLife;
import java.io.IOException;

/** A step of one machine: if its disk fails in it, the process ends, as a server's would. */
@FunctionalInterface
interface SimulationStep {
  void run() throws IOException;

  /**
   * Runs a step.
   *
   * @throws IllegalStateException if it fails for another reason than a fault that was planted
   */
  static void on(SimulatedMachine machine, SimulationStep step) {
    PeerLife life = machine.self();
    try {
      step.run();
    } catch (RuntimeException | Error | IOException e) {
      if (!machine.isUp() || !machine.self().equals(life)) {
        return; // it died within, and what came behind it is of no account
      }
      Throwable fault = machine.fault();
      boolean planted =
          machine.media().isSimulatedCrash(e)
              || fault != null && machine.media().isSimulatedCrash(fault);
      if (!planted) {
        throw new IllegalStateException(machine.name() + ": " + e.getMessage(), e);
      }
      machine.dieOfFault();
      return;
    }
    Throwable fault = machine.fault();
    if (fault != null && machine.isUp()) {
      if (!machine.media().isSimulatedCrash(fault)) {
        throw new IllegalStateException(machine.name() + " reports a fault", fault);
      }
      machine.dieOfFault();
    }
  }
}
