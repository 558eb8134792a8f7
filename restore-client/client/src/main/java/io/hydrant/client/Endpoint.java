package io.hydrant.client;

import java.util.Locale;

/**
 * Where a server listens.
 *
 * @param host name or address, IPv6 without brackets
 * @param port 1 to 65,535
 */
public record Endpoint(String host, int port) {
  private static final int PORT_MAX = 65_535;

  public Endpoint {
    if (host.isBlank()) {
      throw new IllegalArgumentException("an endpoint needs a host, for instance localhost:7070");
    }
    if (port < 1 || port > PORT_MAX) {
      throw new IllegalArgumentException(
          "port of endpoint '%s' must be 1 to %d, not %d".formatted(host, PORT_MAX, port));
    }
  }

  /**
   * @param text {@code host:port} or {@code [v6]:port}
   * @throws IllegalArgumentException if it is not of that form
   */
  public static Endpoint parse(String text) {
    int colon = text.lastIndexOf(':');
    String host = colon < 0 ? text : text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      throw new IllegalArgumentException(
          "endpoint '%s': write an IPv6 address in brackets, for instance [::1]:7070"
              .formatted(text));
    }
    try {
      return new Endpoint(host, Integer.parseInt(text.substring(colon + 1)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "endpoint '%s' must be HOST:PORT, for instance localhost:7070".formatted(text), e);
    }
  }

  @Override
  public String toString() {
    String shown = host.indexOf(':') >= 0 ? "[" + host + "]" : host.toLowerCase(Locale.ROOT);
    return shown + ":" + port;
  }
}
