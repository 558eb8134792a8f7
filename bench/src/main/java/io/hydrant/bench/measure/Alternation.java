package io.hydrant.bench.measure;

import java.util.List;

/**
 * Lets the sides of a comparison take turns (A B A B ...), so that what drifts in the machine (page
 * cache, clock, neighbours) meets all of them alike.
 *
 * @param warmupRounds rounds of each side before the first that counts
 * @param rounds counted rounds of each side
 */
public record Alternation(int warmupRounds, int rounds) {
  public Alternation {
    if (warmupRounds < 0 || rounds < 1) {
      throw new IllegalArgumentException(
          "needs at least one counted round: " + warmupRounds + " + " + rounds);
    }
  }

  /** One side of a comparison. */
  @FunctionalInterface
  public interface Side {
    void run(Round round) throws Exception;
  }

  public void run(List<Side> sides) throws Exception {
    turns(warmupRounds, false, sides);
    turns(rounds, true, sides);
  }

  private static void turns(int rounds, boolean counted, List<Side> sides) throws Exception {
    for (int index = 0; index < rounds; index++) {
      Round round = new Round(index, counted);
      for (Side side : sides) {
        side.run(round);
      }
    }
  }
}
