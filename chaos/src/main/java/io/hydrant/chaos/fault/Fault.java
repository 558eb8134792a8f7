package io.hydrant.chaos.fault;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.SplittableRandom;

/** A kind of fault. */
public interface Fault {
  String name();

  /**
   * Does it, somewhere.
   *
   * @return how it ends; empty: it is not possible at the moment
   */
  Optional<Strike> strike(SplittableRandom random) throws IOException, InterruptedException;

  /**
   * A fault that was done.
   *
   * @param where for instance "n2"
   * @param hold how long it lasts
   */
  record Strike(String where, Duration hold, Healing healing) {}

  /** Undoes a fault. */
  interface Healing {
    void heal() throws IOException, InterruptedException;
  }
}
