package io.hydrant.node.data;

import java.util.regex.Pattern;

/**
 * A node of a group and where others reach it, each address as HOST:PORT.
 *
 * @param node name that the node gave itself when its data directory was made; never used again
 * @param publicAddress for clients
 * @param peerAddress for the other nodes
 * @param raftAddress for the other replicas of the log
 */
public record MemberAddress(
    String node, String publicAddress, String peerAddress, String raftAddress) {
  private static final Pattern NODE = Pattern.compile("[A-Za-z0-9._-]{1,64}");
  private static final Pattern ADDRESS =
      Pattern.compile("(?:[A-Za-z0-9._-]{1,253}|\\[[0-9A-Fa-f:.]{2,45}]):[1-9][0-9]{0,4}");

  public MemberAddress {
    if (!NODE.matcher(node).matches()) {
      throw new IllegalArgumentException("'" + node + "' is no name of a node");
    }
    requireAddress(publicAddress);
    requireAddress(peerAddress);
    requireAddress(raftAddress);
  }

  private static void requireAddress(String address) {
    if (!ADDRESS.matcher(address).matches()) {
      throw new IllegalArgumentException("'" + address + "' is not HOST:PORT");
    }
  }

  @Override
  public String toString() {
    return node + " (" + publicAddress + ")";
  }
}
