package io.hydrant.engine.index;

import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;

/** Seeds of random tests: some fixed ones and a new one, or only the one that is to be repeated. */
final class Seeds {
  private static final String PROPERTY = "hydrant.seed";

  private Seeds() {}

  static LongStream of(int fixed) {
    Long only = Long.getLong(PROPERTY);
    return only != null
        ? LongStream.of(only)
        : LongStream.concat(LongStream.range(0, fixed), LongStream.of(System.nanoTime()));
  }

  static RandomGenerator random(long seed) {
    return new Random(seed);
  }

  /** Says how to repeat a failure. */
  static String repeat(Class<?> test, long seed) {
    return "repeat with: mvn -B -pl image-store/engine test -Dtest=%s -D%s=%d"
        .formatted(test.getSimpleName(), PROPERTY, seed);
  }
}
