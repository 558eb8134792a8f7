package io.hydrant.node.config;

import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * Where the server answers.
 *
 * @param host name or address; anything that is not loopback only if {@code insecure}
 * @param port 0: any free one, reported when the server is ready
 * @param insecure the operator accepts that anybody who reaches the address reads and writes
 *     everything
 */
public record ListenConfig(String host, int port, boolean insecure) {
  public static final int PORT_MAX = 65_535;

  public ListenConfig {
    if (host.isEmpty()) {
      throw new IllegalArgumentException("listen.address must be HOST:PORT: the host is missing");
    }
    if (port < 0 || port > PORT_MAX) {
      throw new IllegalArgumentException(
          "listen.address: port must be 0 to " + PORT_MAX + ", not " + port);
    }
    if (!insecure && !resolve(host).isLoopbackAddress()) {
      throw new IllegalArgumentException(
          ("listen.address %s is not a loopback address, and there is neither encryption nor"
                  + " authentication yet: listen on 127.0.0.1, or accept the risk with --insecure"
                  + " (listen.insecure=true)")
              .formatted(host));
    }
  }

  /** Reads HOST:PORT; an IPv6 address stands in brackets. */
  static ListenConfig parse(String address, boolean insecure) {
    int colon = address.lastIndexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException(
          "listen.address must be HOST:PORT, for instance 127.0.0.1:7070, not '" + address + "'");
    }
    String host = address.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    int port;
    try {
      port = Integer.parseInt(address.substring(colon + 1));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "listen.address must be HOST:PORT, for instance 127.0.0.1:7070, not '" + address + "'",
          e);
    }
    return new ListenConfig(host, port, insecure);
  }

  /** The address of the host. */
  public InetAddress address() {
    return resolve(host);
  }

  private static InetAddress resolve(String host) {
    try {
      return InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(
          "listen.address: no address is known for host '" + host + "'", e);
    }
  }
}
