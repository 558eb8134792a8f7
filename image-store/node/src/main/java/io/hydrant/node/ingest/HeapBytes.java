package io.hydrant.node.ingest;

import com.google.protobuf.ByteOutput;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A view of a message's bytes as a buffer over its array, without a copy. {@code
 * asReadOnlyByteBuffer} would do that too, but hides the array, and checksums over hidden arrays go
 * through a copy.
 */
public final class HeapBytes extends ByteOutput {
  private @Nullable ByteBuffer whole;
  private boolean pieces;

  private HeapBytes() {}

  /** The bytes from position to limit; must not be changed. */
  public static ByteBuffer of(ByteString bytes) {
    HeapBytes taker = new HeapBytes();
    try {
      UnsafeByteOperations.unsafeWriteTo(bytes, taker);
    } catch (IOException e) {
      throw new IllegalStateException("memory does not fail", e);
    }
    ByteBuffer whole = taker.whole;
    return whole == null || taker.pieces ? ByteBuffer.wrap(bytes.toByteArray()) : whole;
  }

  private void take(ByteBuffer piece) {
    pieces = whole != null;
    whole = piece;
  }

  @Override
  public void write(byte value) {
    take(ByteBuffer.wrap(new byte[] {value}));
  }

  @Override
  public void write(byte[] value, int offset, int length) {
    take(ByteBuffer.wrap(value, offset, length));
  }

  @Override
  public void writeLazy(byte[] value, int offset, int length) {
    take(ByteBuffer.wrap(value, offset, length));
  }

  @Override
  public void write(ByteBuffer value) {
    take(value);
  }

  @Override
  public void writeLazy(ByteBuffer value) {
    take(value);
  }
}
