package io.hydrant.bench.flip;

import io.hydrant.bench.flip.Place.Kind;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * One bit of a file that turns over.
 *
 * @param offset of the byte
 * @param mask with that bit alone
 */
record Flip(Place place, long offset, int mask) {
  /** Of so many one each is of a header block, a footer and a record header; the rest of pages. */
  private static final int SHARES = 5;

  /** A record is struck once, so that no fault hides another. */
  private record Struck(Path file, long record) {}

  /** Chooses random bits, each of another part, from a seed. */
  static List<Flip> choose(Places places, int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Set<Struck> struck = new HashSet<>();
    List<Flip> flips = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      int share = kind == Kind.PAYLOAD ? count - flips.size() : count / SHARES;
      List<Place> shuffled = new ArrayList<>(places.of(kind));
      Collections.shuffle(shuffled, random);
      shuffled.stream()
          .filter(place -> struck.add(new Struck(place.file(), place.record())))
          .limit(share)
          .map(place -> in(place, random))
          .forEach(flips::add);
    }
    if (flips.size() != count) {
      throw new IllegalStateException(
          "%d segments have places for %d flips, not for %d"
              .formatted(places.segments(), flips.size(), count));
    }
    Collections.shuffle(flips, random);
    return flips;
  }

  private static Flip in(Place place, SplittableRandom random) {
    return new Flip(
        place, random.nextLong(place.from(), place.to()), 1 << random.nextInt(Byte.SIZE));
  }

  /** Turns it over, past the server. */
  void strike() throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(place.file().toFile(), "rw")) {
      file.seek(offset);
      int before = file.read();
      file.seek(offset);
      file.write(before ^ mask);
      file.getFD().sync();
    }
  }

  @Override
  public String toString() {
    return "%s, byte %d, bit mask %#04x, of %s %s"
        .formatted(
            place.file().getFileName(),
            offset,
            mask,
            place.kind().text(),
            place.page().map(Object::toString).orElse("at " + place.from()));
  }
}
