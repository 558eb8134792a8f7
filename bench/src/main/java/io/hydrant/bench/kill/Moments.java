package io.hydrant.bench.kill;

import java.util.SplittableRandom;

/** When to kill: moments drawn from a seed, evenly over the time that an undisturbed life takes. */
public final class Moments {
  private Moments() {}

  /**
   * @param lifeNanos from the start of the server's process to the end of an undisturbed replay
   * @return nanoseconds after the start of the process, in the order to be used
   */
  public static long[] draw(long seed, int count, long lifeNanos) {
    SplittableRandom random = new SplittableRandom(seed);
    // One moment in each of count equal parts, in random order: 20 plain draws leave large gaps.
    long[] moments = new long[count];
    for (int part = 0; part < count; part++) {
      moments[part] = (long) ((part + random.nextDouble()) / count * lifeNanos);
    }
    for (int last = count - 1; last > 0; last--) {
      int other = random.nextInt(last + 1);
      long moment = moments[last];
      moments[last] = moments[other];
      moments[other] = moment;
    }
    return moments;
  }
}
