package io.hydrant.client;

/** How the writers of one protection stream treat pages. */
public record WriteOptions(EncodingPolicy encoding, ZeroPages zeroPages) {
  public static final WriteOptions DEFAULT = new WriteOptions(EncodingPolicy.AUTO, ZeroPages.FIND);

  /** What becomes of pages whose content is all zeros. */
  public enum ZeroPages {
    /** Found and sent without content: takes no space and no bandwidth. */
    FIND,
    /** Not looked for: they are sent like any other page. */
    SEND_AS_CONTENT
  }
}
