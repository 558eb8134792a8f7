package io.hydrant.node.peer;

import com.google.protobuf.UnsafeByteOperations;
import io.hydrant.engine.catalog.FrozenCatalog;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.store.Refusal;
import io.hydrant.peer.v1.MetadataPart;
import java.util.zip.CRC32C;

/** A frozen catalog, in parts. */
final class MetadataParts implements PartStream.Parts<MetadataPart> {
  private static final int PART_BYTES = 1 << 20;

  private final EntryPosition position;
  private final byte[] catalog;
  private int sent;
  private boolean ended;

  private MetadataParts(EntryPosition position, byte[] catalog) {
    this.position = position;
    this.catalog = catalog;
  }

  /**
   * @param atLeast log index that is to be covered
   * @throws Refusal BEHIND if it is not yet
   */
  static MetadataParts of(FrozenCatalog frozen, long atLeast) throws Refusal {
    EntryPosition position = frozen.applied();
    if (position.index() < atLeast) {
      throw new Refusal(
          Rejection.BEHIND,
          "this replica has applied up to entry %d, and %d is needed"
              .formatted(position.index(), atLeast));
    }
    return new MetadataParts(position, frozen.encode());
  }

  @Override
  public boolean hasNext() {
    return !ended;
  }

  @Override
  public MetadataPart next() {
    int length = Math.min(PART_BYTES, catalog.length - sent);
    CRC32C crc = new CRC32C();
    crc.update(catalog, sent, length);
    ended = sent + length == catalog.length;
    MetadataPart part =
        MetadataPart.newBuilder()
            .setTerm(position.term())
            .setIndex(position.index())
            .setCatalog(UnsafeByteOperations.unsafeWrap(catalog, sent, length))
            .setChecksum((int) crc.getValue())
            .setLast(ended)
            .build();
    sent += length;
    return part;
  }
}
