package io.hydrant.node.cluster;

import com.google.protobuf.ByteString;
import io.hydrant.engine.model.StoreIdentity;
import io.hydrant.node.data.MemberAddress;
import io.hydrant.peer.v1.HelloRequest;
import io.hydrant.v1.Member;
import java.nio.ByteBuffer;
import java.util.UUID;

/** How nodes introduce themselves on the wire. */
public final class Introduction {
  /**
   * Versions of the protocol between nodes that this program speaks. Since 2 the log has empty
   * commands, which stop a replica that does not know them.
   */
  public static final int PROTOCOL_MIN = 2;

  public static final int PROTOCOL_MAX = 2;

  /** A question who is there, by nobody in particular: it is answered, and changes nothing. */
  static final HelloRequest ANONYMOUS =
      HelloRequest.newBuilder().setProtocolMin(PROTOCOL_MIN).setProtocolMax(PROTOCOL_MAX).build();

  private static final int UUID_BYTES = 16;

  private Introduction() {}

  /** A node that waits for a cluster. */
  public static HelloRequest blank(MemberAddress self, long life, String version) {
    return HelloRequest.newBuilder()
        .setNode(self.node())
        .setLife(life)
        .setProtocolMin(PROTOCOL_MIN)
        .setProtocolMax(PROTOCOL_MAX)
        .setVersion(version)
        .setPublicAddress(self.publicAddress())
        .setPeerAddress(self.peerAddress())
        .setRaftAddress(self.raftAddress())
        .build();
  }

  /** The same node, once it belongs to a group. */
  public static HelloRequest of(HelloRequest blank, StoreIdentity identity) {
    return blank.toBuilder()
        .setCluster(bytes(identity.cluster()))
        .setGroup(bytes(identity.group()))
        .build();
  }

  /**
   * Where the one who introduced itself is reached.
   *
   * @throws IllegalArgumentException not by these addresses
   */
  static MemberAddress address(HelloRequest hello) {
    return new MemberAddress(
        hello.getNode(), hello.getPublicAddress(), hello.getPeerAddress(), hello.getRaftAddress());
  }

  public static Member message(MemberAddress member) {
    return Member.newBuilder()
        .setNode(member.node())
        .setPublicAddress(member.publicAddress())
        .setPeerAddress(member.peerAddress())
        .setRaftAddress(member.raftAddress())
        .build();
  }

  /**
   * @throws IllegalArgumentException a name or an address that is none
   */
  static MemberAddress address(Member member) {
    return new MemberAddress(
        member.getNode(),
        member.getPublicAddress(),
        member.getPeerAddress(),
        member.getRaftAddress());
  }

  static ByteString bytes(UUID id) {
    return ByteString.copyFrom(
        ByteBuffer.allocate(UUID_BYTES)
            .putLong(id.getMostSignificantBits())
            .putLong(id.getLeastSignificantBits())
            .flip());
  }

  /**
   * @throws IllegalArgumentException other than 16 bytes
   */
  public static UUID uuid(String what, ByteString bytes) {
    if (bytes.size() != UUID_BYTES) {
      throw new IllegalArgumentException(
          "%s must have %d bytes, not %d".formatted(what, UUID_BYTES, bytes.size()));
    }
    ByteBuffer buffer = bytes.asReadOnlyByteBuffer();
    return new UUID(buffer.getLong(), buffer.getLong());
  }

  static boolean speaksOurs(HelloRequest other) {
    return other.getProtocolMin() <= PROTOCOL_MAX && other.getProtocolMax() >= PROTOCOL_MIN;
  }

  static String protocols(HelloRequest hello) {
    return hello.getProtocolMin() + ".." + hello.getProtocolMax();
  }
}
