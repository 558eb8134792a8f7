package io.hydrant.client;

import com.google.protobuf.ByteString;
import io.hydrant.v1.SlimPart;
import java.io.ByteArrayOutputStream;

/** A slim state out of its parts, each of them checked. */
final class SlimAssembly {
  private final String source;
  private final long expectedBytes;
  private final ByteArrayOutputStream slim = new ByteArrayOutputStream();

  SlimAssembly(String source, long expectedBytes) {
    this.source = source;
    this.expectedBytes = expectedBytes;
  }

  void add(SlimPart part) {
    ByteString data = part.getData();
    if (part.getOffset() != slim.size() || data.size() > expectedBytes - slim.size()) {
      throw violation();
    }
    if (SlimChecksum.of(part.getOffset(), data.asReadOnlyByteBuffer()) != part.getChecksum()) {
      throw new DamagedPageException(
          "%s: the slim state from byte %d fails its checksum and was refused; restore another checkpoint"
              .formatted(source, part.getOffset()),
          null);
    }
    slim.writeBytes(data.toByteArray());
  }

  boolean isWhole() {
    return slim.size() == expectedBytes;
  }

  byte[] whole() {
    if (!isWhole()) {
      throw violation();
    }
    return slim.toByteArray();
  }

  private ProtocolViolationException violation() {
    return new ProtocolViolationException(
        "%s: the server's slim state breaks off or does not fit at byte %d of %d"
            .formatted(source, slim.size(), expectedBytes),
        null);
  }
}
