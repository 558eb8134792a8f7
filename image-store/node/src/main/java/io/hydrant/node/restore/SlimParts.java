package io.hydrant.node.restore;

import com.google.protobuf.UnsafeByteOperations;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.SlimReader;
import io.hydrant.node.restore.PacedStream.Parts;
import io.hydrant.v1.SlimPart;
import java.io.IOException;
import java.util.Iterator;

/** The chunks of a slim state. */
final class SlimParts implements Parts<SlimPart> {
  private final RestoreReads reads;
  private final ReadPoint point;
  private final Iterator<SlimReader.Chunk> chunks;

  SlimParts(RestoreReads reads, ReadPoint point) throws Refusal, IOException {
    this.reads = reads;
    this.point = point;
    this.chunks = reads.slim().chunks(point).iterator();
  }

  @Override
  public boolean hasNext() {
    return chunks.hasNext();
  }

  @Override
  public SlimPart next() throws Refusal, IOException {
    SlimReader.Chunk chunk = chunks.next();
    SlimPart part =
        SlimPart.newBuilder()
            .setOffset(chunk.offset())
            .setChecksum(chunk.checksum())
            .setData(UnsafeByteOperations.unsafeWrap(reads.slim().read(point, chunk)))
            .build();
    reads.sessions().requireLive(point.session().id());
    return part;
  }
}
