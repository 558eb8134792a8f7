package io.hydrant.node.peer;

/**
 * Where another member of the group is found.
 *
 * @param node its name
 * @param host as the group's configuration has it
 */
public record PeerAddress(String node, String host, int port) {
  /**
   * @param at HOST:PORT, an IPv6 address in brackets
   */
  public static PeerAddress of(String node, String at) {
    int colon = at.lastIndexOf(':');
    String host = at.substring(0, colon);
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    return new PeerAddress(
        node,
        bracketed ? host.substring(1, host.length() - 1) : host,
        Integer.parseInt(at.substring(colon + 1)));
  }
}
