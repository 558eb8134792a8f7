package io.hydrant.engine.replica;

/**
 * What a replica said last of what it has and lacks.
 *
 * @param applied log index of its last applied entry
 * @param holdMark log index up to which it holds, durably, every page that can still be read and is
 *     not marked damaged
 * @param lacking what it has still to fetch
 * @param clockMillis its clock, since the Unix epoch
 * @param space what its disk has left
 * @param repair how far it is with fetching what it lacks
 */
public record InventoryView(
    PeerLife peer,
    long applied,
    long holdMark,
    Lacking lacking,
    long clockMillis,
    Space space,
    RepairProgress repair) {

  /**
   * @param freeBytes for page bytes, above what is kept free
   * @param low less than somebody should be warned of
   * @param nearlyFull new checkpoints are refused for want of space
   */
  public record Space(long freeBytes, boolean low, boolean nearlyFull) {
    public Space(long freeBytes, boolean nearlyFull) {
      this(freeBytes, nearlyFull, nearlyFull);
    }
  }

  /** Of a replica that lacks nothing, for whom nothing else matters. */
  public static InventoryView whole(PeerLife peer, long applied, long holdMark) {
    return new InventoryView(
        peer, applied, holdMark, Lacking.NOTHING, 0, new Space(0, false), RepairProgress.NONE);
  }

  public String node() {
    return peer.node();
  }

  /** Encoded bytes that it has still to fetch; at most so many where that is not known. */
  public long missingBytes() {
    return lacking.bytes();
  }
}
