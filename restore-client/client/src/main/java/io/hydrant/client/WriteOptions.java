package io.hydrant.client;

/**
 * How the writers of one protection stream treat pages.
 *
 * @param replayBytes how many encoded bytes of checkpoints in flight are kept, so that they can be
 *     sent once more when the leader of a group is lost; a checkpoint beyond it then fails, and the
 *     next one must carry the union. Costs one copy of raw pages; 0: nothing is kept. Without
 *     effect where there is one server.
 */
public record WriteOptions(EncodingPolicy encoding, ZeroPages zeroPages, int replayBytes) {
  private static final int REPLAY_BYTES = 64 << 20;

  public static final WriteOptions DEFAULT = new WriteOptions(EncodingPolicy.AUTO, ZeroPages.FIND);

  public WriteOptions {
    if (replayBytes < 0) {
      throw new IllegalArgumentException("replayBytes must be at least 0, not " + replayBytes);
    }
  }

  /** Keeps 64 MiB of what is in flight. */
  public WriteOptions(EncodingPolicy encoding, ZeroPages zeroPages) {
    this(encoding, zeroPages, REPLAY_BYTES);
  }

  public WriteOptions withReplayBytes(int bytes) {
    return new WriteOptions(encoding, zeroPages, bytes);
  }

  /** What becomes of pages whose content is all zeros. */
  public enum ZeroPages {
    /** Found and sent without content: takes no space and no bandwidth. */
    FIND,
    /** Not looked for: they are sent like any other page. */
    SEND_AS_CONTENT
  }
}
