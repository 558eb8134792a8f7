package io.hydrant.engine.replica;

import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.ImageId;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a replica has, in hashes, as of one DigestAt (PROTOCOL R24).
 *
 * @param index log index of that entry
 * @param catalog of the catalog
 * @param maps by image, of the images that are wholly here: of where all their pages' versions are,
 *     but for addresses
 */
public record DigestReport(long index, Digest catalog, SortedMap<ImageId, Digest> maps) {
  public DigestReport {
    maps = Collections.unmodifiableSortedMap(new TreeMap<>(maps));
  }

  /** As {@link #DigestReport(long, Digest, SortedMap)}. */
  public static DigestReport of(long index, Digest catalog, Map<ImageId, Digest> maps) {
    return new DigestReport(index, catalog, new TreeMap<>(maps));
  }
}
