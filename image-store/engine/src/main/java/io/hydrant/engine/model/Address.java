package io.hydrant.engine.model;

/**
 * A place in the segment log of one replica: never leaves it. Packed as a long, so that addresses
 * of one log compare in the order of appending (unsigned).
 *
 * @param segment number of the segment; ascending, never used again, even when its file is recycled
 * @param offset byte within the segment
 */
public record Address(int segment, int offset) implements Comparable<Address> {
  public static Address ofPacked(long packed) {
    return new Address((int) (packed >>> 32), (int) packed);
  }

  public long packed() {
    return ((long) segment << 32) | (offset & 0xffff_ffffL);
  }

  /** The place {@code bytes} further on in the same segment. */
  public Address plus(int bytes) {
    return new Address(segment, offset + bytes);
  }

  @Override
  public int compareTo(Address other) {
    return Long.compareUnsigned(packed(), other.packed());
  }

  @Override
  public String toString() {
    return "segment %d offset %d".formatted(segment & 0xffff_ffffL, offset & 0xffff_ffffL);
  }
}
