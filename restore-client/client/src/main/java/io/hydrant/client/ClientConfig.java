package io.hydrant.client;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.stream.Stream;

/**
 * How to reach a store.
 *
 * @param endpoints servers of the store, at least one. The others of their group are found through
 *     them; naming all helps when one of them is away at the start.
 * @param trust counts for the servers that are found as well
 */
public record ClientConfig(
    List<Endpoint> endpoints,
    NetworkTrust trust,
    Deadlines deadlines,
    RetryPolicy retries,
    Budgets budgets) {
  /** A group has fewer members. */
  private static final int ENDPOINTS_MAX = 9;

  public ClientConfig {
    endpoints = List.copyOf(endpoints);
    if (endpoints.isEmpty() || endpoints.size() > ENDPOINTS_MAX) {
      throw new IllegalArgumentException(
          "1 to %d endpoints are needed, not %d".formatted(ENDPOINTS_MAX, endpoints.size()));
    }
    if (trust == NetworkTrust.LOOPBACK_ONLY) {
      endpoints.forEach(ClientConfig::requireLoopback);
    }
  }

  /**
   * The defaults.
   *
   * @param endpoints {@code host:port} on this machine; several with commas between
   * @throws IllegalArgumentException if it is malformed or not a loopback address
   */
  public static ClientConfig of(String endpoints) {
    return new ClientConfig(
        parse(endpoints),
        NetworkTrust.LOOPBACK_ONLY,
        Deadlines.DEFAULT,
        RetryPolicy.DEFAULT,
        Budgets.DEFAULT);
  }

  /** The defaults, to any hosts, in plain text; several with commas between. */
  public static ClientConfig insecure(String endpoints) {
    return new ClientConfig(
        parse(endpoints),
        NetworkTrust.INSECURE_NETWORK,
        Deadlines.DEFAULT,
        RetryPolicy.DEFAULT,
        Budgets.DEFAULT);
  }

  public ClientConfig withDeadlines(Deadlines changed) {
    return new ClientConfig(endpoints, trust, changed, retries, budgets);
  }

  public ClientConfig withRetries(RetryPolicy changed) {
    return new ClientConfig(endpoints, trust, deadlines, changed, budgets);
  }

  public ClientConfig withBudgets(Budgets changed) {
    return new ClientConfig(endpoints, trust, deadlines, retries, changed);
  }

  private static List<Endpoint> parse(String endpoints) {
    return Stream.of(endpoints.split(",", -1)).map(Endpoint::parse).toList();
  }

  /** Whether pages may travel to an endpoint that another server named. */
  boolean allows(Endpoint endpoint) {
    if (trust == NetworkTrust.INSECURE_NETWORK) {
      return true;
    }
    try {
      return InetAddress.getByName(endpoint.host()).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  private static void requireLoopback(Endpoint endpoint) {
    try {
      if (InetAddress.getByName(endpoint.host()).isLoopbackAddress()) {
        return;
      }
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(
          "endpoint %s: the host is not known; check its spelling".formatted(endpoint), e);
    }
    throw new IllegalArgumentException(
        "endpoint %s is not on this machine, and pages would travel in plain text; use a loopback address, or allow it with NetworkTrust.INSECURE_NETWORK"
            .formatted(endpoint));
  }
}
