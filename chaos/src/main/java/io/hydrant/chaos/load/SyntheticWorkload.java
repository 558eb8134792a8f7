package io.hydrant.chaos.load;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.SplittableRandom;

/** Seeded writes: most of them to a few hot pages, some anywhere, now and then a whole burst. */
public final class SyntheticWorkload implements Workload {
  private static final int PAGE_BYTES = 4096;
  private static final int HOT_SHARE = 8;
  private static final double BURST = 0.05;
  private static final int BURST_FACTOR = 10;

  private final String name;
  private final int pages;
  private final int writes;
  private final Duration interval;
  private final SplittableRandom random;

  /**
   * @param writes pages written from one checkpoint to the next, about
   */
  public SyntheticWorkload(String name, int pages, int writes, Duration interval, long seed) {
    this.name = name;
    this.pages = pages;
    this.writes = writes;
    this.interval = interval;
    this.random = new SplittableRandom(seed);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int pages() {
    return pages;
  }

  @Override
  public Duration interval() {
    return interval;
  }

  @Override
  public void run(Writer memory) {
    int count = 1 + random.nextInt(2 * writes);
    if (random.nextDouble() < BURST) {
      count = Math.min(pages / 2, count * BURST_FACTOR);
    }
    for (int write = 0; write < count; write++) {
      int range = random.nextBoolean() ? Math.max(1, pages / HOT_SHARE) : pages;
      memory.write(random.nextInt(range), content());
    }
  }

  /** Random, half random, or zeros: all ways of encoding are taken. */
  private ByteBuffer content() {
    byte[] bytes = new byte[PAGE_BYTES];
    switch (random.nextInt(8)) {
      case 0 -> {} // zeros
      case 1, 2 -> random.nextBytes(bytes);
      default -> {
        byte[] little = new byte[PAGE_BYTES / 4];
        random.nextBytes(little);
        System.arraycopy(
            little, 0, bytes, random.nextInt(PAGE_BYTES - little.length), little.length);
      }
    }
    return ByteBuffer.wrap(bytes);
  }
}
