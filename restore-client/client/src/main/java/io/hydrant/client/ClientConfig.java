package io.hydrant.client;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/**
 * How to reach a store.
 *
 * @param endpoints servers of the store; exactly one today
 */
public record ClientConfig(
    List<Endpoint> endpoints,
    NetworkTrust trust,
    Deadlines deadlines,
    RetryPolicy retries,
    Budgets budgets) {
  public ClientConfig {
    endpoints = List.copyOf(endpoints);
    if (endpoints.size() != 1) {
      throw new IllegalArgumentException(
          "exactly one endpoint is supported today, not " + endpoints.size());
    }
    if (trust == NetworkTrust.LOOPBACK_ONLY) {
      endpoints.forEach(ClientConfig::requireLoopback);
    }
  }

  /**
   * The defaults.
   *
   * @param endpoint {@code host:port} on this machine
   * @throws IllegalArgumentException if it is malformed or not a loopback address
   */
  public static ClientConfig of(String endpoint) {
    return new ClientConfig(
        List.of(Endpoint.parse(endpoint)),
        NetworkTrust.LOOPBACK_ONLY,
        Deadlines.DEFAULT,
        RetryPolicy.DEFAULT,
        Budgets.DEFAULT);
  }

  /** The defaults, to any host, in plain text. */
  public static ClientConfig insecure(String endpoint) {
    return new ClientConfig(
        List.of(Endpoint.parse(endpoint)),
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
