package io.hydrant.node.restore;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.SessionId;
import io.hydrant.node.api.ApiException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * What goes with every read of a session, opaque to clients. Carries the index of the session's Pin
 * entry, so that a replica that has not applied it knows that it is behind (PROTOCOL R19).
 *
 * <pre>
 * version u8 | session i64 | image i64 | checkpoint i64 | pin index i64 | CRC32C of all before u32
 * little-endian
 * </pre>
 *
 * The CRC finds mistakes, not attacks: whoever reaches the port may read everything anyway.
 *
 * @param session the session
 * @param key the checkpoint that it pins
 * @param pinIndex log index of the entry that pinned it: a Pin, or an Acquire
 */
record SessionToken(SessionId session, CheckpointKey key, long pinIndex) {
  private static final byte VERSION = 1;
  private static final int BODY_BYTES = 1 + 4 * Long.BYTES;
  private static final int TOKEN_BYTES = BODY_BYTES + Integer.BYTES;

  ByteString encode() {
    byte[] bytes = new byte[TOKEN_BYTES];
    ByteBuffer out = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    out.put(VERSION)
        .putLong(session.value())
        .putLong(key.image().value())
        .putLong(key.checkpoint().value())
        .putLong(pinIndex)
        .putInt(checksum(bytes));
    return UnsafeByteOperations.unsafeWrap(bytes);
  }

  /** Reads a token that this or another server of the group gave out. */
  static SessionToken decode(ByteString token) {
    if (token.isEmpty()) {
      throw ApiException.invalid("token is missing: OpenRestore returns it");
    }
    byte[] bytes = token.toByteArray();
    if (bytes[0] != VERSION) {
      throw ApiException.invalid(
          "token has version %d, this server knows %d: open a new session"
              .formatted(bytes[0], VERSION));
    }
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.length != TOKEN_BYTES || in.getInt(BODY_BYTES) != checksum(bytes)) {
      throw ApiException.invalid("token is damaged: use it as OpenRestore returned it");
    }
    try {
      return new SessionToken(
          new SessionId(in.getLong(1)),
          CheckpointKey.of(in.getLong(9), in.getLong(17)),
          in.getLong(25));
    } catch (IllegalArgumentException e) {
      throw ApiException.invalid("token is damaged: " + e.getMessage());
    }
  }

  private static int checksum(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, BODY_BYTES);
    return (int) crc.getValue();
  }
}
