package io.hydrant.engine.index;

import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.model.PageTable;
import java.util.random.RandomGenerator;

/** Page tables for tests. */
public final class Tables {
  private Tables() {}

  /** Raw 4 KiB pages with made-up checksums. */
  public static PageTable raw(int... pages) {
    int count = pages.length;
    short[] numbers = new short[count];
    int[] lengths = new int[count];
    int[] checksums = new int[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (short) pages[i];
      lengths[i] = 4096;
      checksums[i] = pages[i] * 0x9e3779b9 + 12345;
    }
    return new PageTable(numbers, new byte[count], lengths, checksums);
  }

  /** Pages from {@code first} on, without a gap. */
  static PageTable run(int first, int count) {
    return raw(java.util.stream.IntStream.range(first, first + count).toArray());
  }

  /** Ascending pages below {@code pages}, {@code count} of them, of all encodings. */
  static PageTable random(RandomGenerator random, int pages, int count) {
    int[] chosen = choose(random, pages, count);
    short[] numbers = new short[count];
    byte[] encodings = new byte[count];
    int[] lengths = new int[count];
    int[] checksums = new int[count];
    for (int i = 0; i < count; i++) {
      PageEncoding encoding =
          random.nextInt(3) == 0 ? PageEncoding.ofCode(random.nextInt(4)) : PageEncoding.RAW;
      numbers[i] = (short) chosen[i];
      encodings[i] = (byte) encoding.code();
      if (encoding.hasContent()) {
        lengths[i] = encoding == PageEncoding.RAW ? 4096 : 1 + random.nextInt(4096);
        checksums[i] = random.nextInt();
      }
    }
    return new PageTable(numbers, encodings, lengths, checksums);
  }

  /** As {@link #random}, raw pages only. */
  static PageTable randomRaw(RandomGenerator random, int pages, int count) {
    return raw(choose(random, pages, count));
  }

  private static int[] choose(RandomGenerator random, int pages, int count) {
    int[] chosen = new int[count];
    int taken = 0;
    for (int page = 0; page < pages && taken < count; page++) {
      if (random.nextInt(pages - page) < count - taken) {
        chosen[taken++] = page;
      }
    }
    return chosen;
  }
}
