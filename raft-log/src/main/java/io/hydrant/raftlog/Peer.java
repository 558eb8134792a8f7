package io.hydrant.raftlog;

import java.util.regex.Pattern;

/**
 * A member of a group and where it is reached. Its addresses are replicated with the group's
 * membership, so no registry is needed beside the log.
 *
 * @param id never used again for another replica or another life of a directory
 * @param raftAddress HOST:PORT at which the others replicate to it; empty only without a transport
 * @param publicAddress HOST:PORT for clients; carried, not used here; may be empty
 * @param peerAddress HOST:PORT for everything else between members; carried, not used here; may be
 *     empty
 */
public record Peer(String id, String raftAddress, String publicAddress, String peerAddress) {
  /** Ids become names of threads and metrics. */
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  private static final Pattern ADDRESS =
      Pattern.compile("([A-Za-z0-9._-]{1,253}|\\[[0-9A-Fa-f:.]{2,45}]):([0-9]{1,5})");

  private static final int PORT_MAX = 65_535;

  public Peer {
    if (!ID.matcher(id).matches()) {
      throw new IllegalArgumentException("peer id '" + id + "' does not match " + ID);
    }
    requireAddress(id, raftAddress);
    requireAddress(id, publicAddress);
    requireAddress(id, peerAddress);
  }

  /** A member that nobody has to reach. */
  public static Peer unreachable(String id) {
    return new Peer(id, "", "", "");
  }

  /** A member of which only the log's own address is known. */
  public static Peer at(String id, String raftAddress) {
    return new Peer(id, raftAddress, "", "");
  }

  private static void requireAddress(String id, String address) {
    var parts = ADDRESS.matcher(address);
    if (address.isEmpty()
        || (parts.matches()
            && Integer.parseInt(parts.group(2)) >= 1
            && Integer.parseInt(parts.group(2)) <= PORT_MAX)) {
      return;
    }
    throw new IllegalArgumentException(
        "address '"
            + address
            + "' of peer "
            + id
            + " is not HOST:PORT with a port of 1.."
            + PORT_MAX);
  }
}
