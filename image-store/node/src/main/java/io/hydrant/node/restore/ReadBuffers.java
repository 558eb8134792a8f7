package io.hydrant.node.restore;

import io.hydrant.engine.store.PageReader;
import java.nio.ByteBuffer;

/**
 * A direct buffer for each thread of a read pool, used for one answer after the other. That is
 * sound because gRPC's framer has copied a message's bytes into its own network buffers when {@code
 * onNext} returns (it drains the message in {@code MessageFramer.writePayload}); a test guards it.
 * It is not so for gRPC's in-process transport, which hands messages on as they are.
 */
final class ReadBuffers {
  private final ThreadLocal<ByteBuffer> buffers =
      ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(PageReader.BYTES_MAX));

  /** An empty buffer of at least {@code bytes}; the caller's until its thread asks again. */
  ByteBuffer take(int bytes) {
    ByteBuffer buffer = buffers.get();
    if (buffer.capacity() < bytes) {
      buffer = ByteBuffer.allocateDirect(bytes);
      buffers.set(buffer);
    }
    return buffer.clear();
  }
}
