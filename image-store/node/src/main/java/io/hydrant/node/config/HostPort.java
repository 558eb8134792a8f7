package io.hydrant.node.config;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/**
 * An address to listen on.
 *
 * @param port 0: any free one
 */
public record HostPort(String host, int port) {
  public static final int PORT_MAX = 65_535;

  /** Reads HOST:PORT; an IPv6 address stands in brackets. */
  static HostPort parse(String key, String address) {
    int colon = address.lastIndexOf(':');
    if (colon < 0) {
      throw malformed(key, address, null);
    }
    String host = address.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    try {
      return checked(key, host, Integer.parseInt(address.substring(colon + 1)));
    } catch (NumberFormatException e) {
      throw malformed(key, address, e);
    }
  }

  static HostPort checked(String key, String host, int port) {
    if (host.isEmpty()) {
      throw new IllegalArgumentException(key + " must be HOST:PORT: the host is missing");
    }
    if (port < 0 || port > PORT_MAX) {
      throw new IllegalArgumentException(
          "%s: port must be 0 to %d, not %d".formatted(key, PORT_MAX, port));
    }
    return new HostPort(host, port);
  }

  private static IllegalArgumentException malformed(
      String key, String address, @Nullable Throwable cause) {
    return new IllegalArgumentException(
        "%s must be HOST:PORT, for instance 127.0.0.1:7070, not '%s'".formatted(key, address),
        cause);
  }

  /** Refuses what others could reach, unless the operator accepts that. */
  HostPort requireLoopback(String key, boolean insecure) {
    if (!insecure && !resolve(key, host).isLoopbackAddress()) {
      throw new IllegalArgumentException(
          ("%s %s is not a loopback address, and there is neither encryption nor"
                  + " authentication yet: listen on 127.0.0.1, or accept the risk with --insecure"
                  + " (listen.insecure=true)")
              .formatted(key, host));
    }
    return this;
  }

  static InetAddress resolve(String key, String host) {
    try {
      return InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(
          "%s: no address is known for host '%s'".formatted(key, host), e);
    }
  }

  /** The address of the host. */
  public InetAddress address() {
    return resolve("host", host);
  }

  /** As others write it. */
  @Override
  public String toString() {
    return text(host, port);
  }

  /** HOST:PORT; an IPv6 address gets its brackets. */
  public static String text(String host, int port) {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
