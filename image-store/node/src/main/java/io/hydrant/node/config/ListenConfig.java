package io.hydrant.node.config;

import java.net.InetAddress;

/**
 * Where the server answers.
 *
 * @param host name or address; anything that is not loopback only if {@code insecure}
 * @param port 0: any free one, reported when the server is ready
 * @param insecure the operator accepts that anybody who reaches the address reads and writes
 *     everything
 */
public record ListenConfig(String host, int port, boolean insecure) {
  private static final String KEY = "listen.address";

  public ListenConfig {
    HostPort.checked(KEY, host, port).requireLoopback(KEY, insecure);
  }

  /** Reads HOST:PORT; an IPv6 address stands in brackets. */
  static ListenConfig parse(String address, boolean insecure) {
    HostPort parsed = HostPort.parse(KEY, address);
    return new ListenConfig(parsed.host(), parsed.port(), insecure);
  }

  /** The address of the host. */
  public InetAddress address() {
    return HostPort.resolve(KEY, host);
  }
}
