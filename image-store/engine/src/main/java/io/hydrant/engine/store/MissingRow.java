package io.hydrant.engine.store;

import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.index.PackedInput;
import io.hydrant.engine.index.PackedOutput;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.store.ImageHoles.Gap;
import io.hydrant.engine.store.ImageHoles.Hole;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/** The index row of what is missing; layout: docs/formats/index.md. */
final class MissingRow {
  static final int VERSION = 3;

  /** Had no gaps. */
  private static final int VERSION_WITHOUT_GAPS = 2;

  private static final String SOURCE = "index, missing row";
  private static final int UNREADABLE = 1;
  private static final int ALL = 1;
  private static final int SLIM = 2;

  /** Checkpoint, index, digest, flags, and the kind of a set. */
  private static final int HOLE_BYTES_MIN = 3 + Digest.BYTES + 1;

  private static final int GAP_BYTES_MIN = 3;

  private MissingRow() {}

  static byte[] encode(SortedMap<ImageId, ImageHoles> images) {
    PackedOutput out = new PackedOutput(VERSION, 256);
    out.varint(images.size());
    long image = 0;
    for (Map.Entry<ImageId, ImageHoles> entry : images.entrySet()) {
      out.varint(entry.getKey().value() - image);
      image = entry.getKey().value();
      encode(out, entry.getValue());
    }
    return out.finish();
  }

  private static void encode(PackedOutput out, ImageHoles holes) {
    out.varint(holes.unknown());
    out.varint(holes.missing().size());
    long before = 0;
    for (Map.Entry<Long, Hole> entry : holes.missing().entrySet()) {
      Hole hole = entry.getValue();
      out.varint(entry.getKey() - before);
      before = entry.getKey();
      out.varint(hole.index());
      for (byte next : hole.digest().toBytes()) {
        out.u8(next);
      }
      out.u8(hole.unreadable() ? UNREADABLE : 0);
      encode(out, hole.tracts());
    }
    out.varint(holes.gaps().size());
    before = 0;
    for (Map.Entry<Long, Gap> entry : holes.gaps().entrySet()) {
      out.varint(entry.getKey() - before);
      out.varint(entry.getValue().last() - entry.getKey());
      out.varint(entry.getValue().index());
      before = entry.getValue().last() + 1;
    }
    out.varint(holes.proven().size());
    before = 0;
    for (Map.Entry<Long, TractSet> entry : holes.proven().entrySet()) {
      out.varint(entry.getKey() - before);
      before = entry.getKey();
      encode(out, entry.getValue());
    }
  }

  private static void encode(PackedOutput out, TractSet set) {
    out.u8((set.isAll() ? ALL : 0) | (set.hasSlim() ? SLIM : 0));
    if (set.isAll()) {
      return;
    }
    out.varint(set.regions());
    for (int region = 0; region < set.regions(); region++) {
      int end = 0;
      for (int first = set.next(region, 0); first >= 0; first = set.next(region, end)) {
        int gap = first - end;
        end = first + 1;
        while (set.has(region, end)) {
          end++;
        }
        out.varint(end - first);
        out.varint(gap);
      }
      out.varint(0);
    }
  }

  /**
   * @param commitOf what the catalog says of a checkpoint's commit: version 1 named ids alone
   */
  static MissingTracts decode(byte[] bytes, Function<CheckpointKey, Hole> commitOf)
      throws IOException {
    // Version 1 had no version byte: it begins with an image's uid, big-endian, or is empty.
    if (bytes.length == 0 || bytes[0] == 0) {
      return decodeFirst(bytes, commitOf);
    }
    boolean gaps = bytes[0] != VERSION_WITHOUT_GAPS;
    PackedInput in = new PackedInput(SOURCE, bytes, gaps ? VERSION : VERSION_WITHOUT_GAPS);
    SortedMap<ImageId, ImageHoles> images = new TreeMap<>();
    long image = 0;
    for (int left = in.count(4); left > 0; left--) {
      image += in.varint(1, Long.MAX_VALUE - image, "distance to the next image");
      images.put(new ImageId(image), holes(in, gaps));
    }
    in.end();
    MissingTracts missing = MissingTracts.of(images);
    // One state has one row: what else decodes to it was not written by this.
    if (gaps) {
      in.require(Arrays.equals(bytes, missing.encode()), "the row as it is written", "another one");
    }
    return missing;
  }

  private static ImageHoles holes(PackedInput in, boolean withGaps) throws IOException {
    long unknown = in.varint(0, CheckpointId.MAX, "checkpoint");
    SortedMap<Long, Hole> missing = new TreeMap<>();
    long id = 0;
    for (int left = in.count(HOLE_BYTES_MIN); left > 0; left--) {
      id += in.varint(1, CheckpointId.MAX - id, "distance to the next checkpoint");
      long index = in.varint(0, Long.MAX_VALUE, "log index");
      byte[] digest = new byte[Digest.BYTES];
      for (int i = 0; i < digest.length; i++) {
        digest[i] = (byte) in.u8();
      }
      boolean unreadable = flags(in, UNREADABLE) != 0;
      missing.put(id, new Hole(Digest.of(digest), index, set(in), unreadable));
    }
    SortedMap<Long, Gap> gaps = withGaps ? gaps(in) : new TreeMap<>();
    SortedMap<Long, TractSet> proven = new TreeMap<>();
    id = 0;
    for (int left = in.count(3); left > 0; left--) {
      id += in.varint(1, CheckpointId.MAX - id, "distance to the next checkpoint");
      TractSet set = set(in);
      in.require(!set.isAll(), "tracts by number", "all of them");
      proven.put(id, set);
    }
    return new ImageHoles(missing, gaps, unknown, proven);
  }

  private static SortedMap<Long, Gap> gaps(PackedInput in) throws IOException {
    SortedMap<Long, Gap> gaps = new TreeMap<>();
    long next = 0;
    for (int left = in.count(GAP_BYTES_MIN); left > 0; left--) {
      // Gaps that touch are one.
      long first = next + in.varint(1, CheckpointId.MAX - next, "distance to the next gap");
      long last = first + in.varint(0, CheckpointId.MAX - first, "length of a gap");
      gaps.put(first, new Gap(last, in.varint(0, Long.MAX_VALUE, "log index")));
      next = last + 1;
    }
    return gaps;
  }

  private static int flags(PackedInput in, int known) throws IOException {
    int flags = in.u8();
    in.require((flags & ~known) == 0, "known flags", "flags " + flags);
    return flags;
  }

  private static TractSet set(PackedInput in) throws IOException {
    int flags = flags(in, ALL | SLIM);
    if ((flags & ALL) != 0) {
      in.require(flags == (ALL | SLIM), "all tracts with the slim state", "without");
      return TractSet.ALL;
    }
    TractSet set = (flags & SLIM) != 0 ? TractSet.NONE.plusSlim() : TractSet.NONE;
    int regions = in.count(1);
    in.require(regions <= RegionTable.REGIONS_MAX, "at most 256 regions", "" + regions);
    for (int region = 0; region < regions; region++) {
      int end = 0;
      int count = run(in, end);
      while (count > 0) {
        int first = end + (int) in.varint(0, RegionTable.TRACTS_MAX - end - count, "gap");
        set = set.plus(region, first, count);
        end = first + count;
        count = run(in, end);
      }
    }
    return set;
  }

  private static int run(PackedInput in, int end) throws IOException {
    return (int) in.varint(0, RegionTable.TRACTS_MAX - end, "tracts in a row");
  }

  private static MissingTracts decodeFirst(byte[] bytes, Function<CheckpointKey, Hole> commitOf)
      throws IOException {
    if (bytes.length % 16 != 0) {
      throw new CorruptionException(SOURCE, 0, "pairs of numbers", bytes.length + " bytes");
    }
    MissingTracts missing = new MissingTracts();
    ByteBuffer row = ByteBuffer.wrap(bytes);
    try {
      while (row.hasRemaining()) {
        CheckpointKey key = CheckpointKey.of(row.getLong(), row.getLong());
        missing.add(key, commitOf.apply(key));
      }
    } catch (IllegalArgumentException e) {
      throw new CorruptionException(SOURCE, row.position(), "an id", "" + e.getMessage());
    }
    return missing;
  }
}
