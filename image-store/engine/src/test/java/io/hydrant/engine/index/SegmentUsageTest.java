package io.hydrant.engine.index;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.model.ImageId;
import java.io.IOException;
import java.util.Arrays;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class SegmentUsageTest {
  private static final int SEEDS = 50;

  @Test
  void countsEqualThoseOfPlainMaps() {
    Seeds.of(SEEDS)
        .forEach(seed -> {
          try {
            compare(Seeds.random(seed));
          } catch (AssertionError | RuntimeException | IOException e) {
            throw new AssertionError(Seeds.repeat(getClass(), seed), e);
          }
        });
  }

  private static void compare(RandomGenerator random) throws IOException {
    SegmentUsage usage = new SegmentUsage();
    TreeMap<Long, TreeMap<Integer, Long>> model = new TreeMap<>();
    for (int step = 0; step < 2_000; step++) {
      long image = 1 + random.nextInt(4);
      int segment = random.nextInt(200) - 10;
      TreeMap<Integer, Long> counts = model.computeIfAbsent(image, _ -> new TreeMap<>());
      long before = counts.getOrDefault(segment, 0L);
      if (random.nextInt(400) == 0) {
        usage.dropImage(new ImageId(image));
        model.remove(image);
      } else {
        long change = random.nextBoolean() ? -before : random.nextInt(1 << 20);
        usage.add(new ImageId(image), segment, change);
        counts.put(segment, before + change);
      }
    }
    SegmentUsage again = SegmentUsage.decode("usage", usage.encode());
    assertArrayEquals(usage.encode(), again.encode());
    for (int segment = -10; segment < 190; segment++) {
      long sum = 0;
      for (TreeMap<Integer, Long> counts : model.values()) {
        sum += counts.getOrDefault(segment, 0L);
      }
      assertEquals(sum, usage.live(segment));
      assertEquals(sum, again.live(segment));
      assertEquals(sum == 0, usage.isDead(segment));
    }
  }

  @Test
  void takingAwayMoreThanThereIsIsABug() {
    SegmentUsage usage = new SegmentUsage();
    usage.add(new ImageId(1), 5, 100);
    ImageUsage other = usage.image(new ImageId(2));
    assertThrows(IllegalStateException.class, () -> other.add(5, -1));
  }

  @Test
  void droppedImageHasNothingAndGetsNothing() {
    SegmentUsage usage = new SegmentUsage();
    ImageUsage one = usage.image(new ImageId(1));
    one.add(5, 100);
    usage.add(new ImageId(2), 5, 11);
    usage.add(new ImageId(2), 6, 1);
    usage.dropImage(new ImageId(1));
    assertEquals(11, usage.live(5));
    assertArrayEquals(new int[] {5, 6}, usage.liveSegments());
    assertThrows(IllegalStateException.class, () -> one.add(5, 1));
  }

  @Test
  void segmentsThatWereEmptiedDoNotPileUp() {
    SegmentUsage usage = new SegmentUsage();
    ImageUsage image = usage.image(new ImageId(1));
    for (int segment = 0; segment < 100_000; segment++) {
      image.add(segment, 1);
      image.add(segment, -1);
    }
    image.add(1, 3);
    assertArrayEquals(new int[] {1}, usage.liveSegments());
    assertTrue(usage.isDead(99_999));
    assertFalse(usage.isDead(1));
  }

  @Test
  void goldenBytes() throws IOException {
    Golden.check("segment-usage", sample().encode());
    assertArrayEquals(
        sample().encode(), SegmentUsage.decode("golden", Golden.read("segment-usage")).encode());
  }

  @Test
  void damageIsFound() {
    byte[] bytes = sample().encode();
    for (int bit = 0; bit < 8 * bytes.length; bit++) {
      byte[] damaged = bytes.clone();
      damaged[bit / 8] ^= (byte) (1 << (bit % 8));
      assertThrows(CorruptionException.class, () -> SegmentUsage.decode("usage", damaged));
    }
    for (int length = 0; length < bytes.length; length++) {
      byte[] torn = Arrays.copyOf(bytes, length);
      assertThrows(CorruptionException.class, () -> SegmentUsage.decode("usage", torn));
    }
  }

  private static SegmentUsage sample() {
    SegmentUsage usage = new SegmentUsage();
    usage.add(new ImageId(3), 0, 4096);
    usage.add(new ImageId(3), 1, 1L << 40);
    usage.add(new ImageId(3), 900, 1);
    usage.add(new ImageId(1L << 50), -1, 77);
    usage.image(new ImageId(4));
    return usage;
  }
}
