package io.hydrant.node.config;

import java.time.Duration;

/**
 * How this node is one of several.
 *
 * @param join a blank directory waits to be made part of a cluster, instead of becoming a group of
 *     one
 * @param publicAddress where clients are served
 * @param peer where the other nodes are served; bound
 * @param raft where the replicated log's other replicas are served; bound
 * @param advertiseHost name under which the others reach this node, at all three ports
 * @param electionTimeoutMillis silence of the leader after which a follower may stand
 * @param digestSeconds between two comparisons of what the replicas have; 0: never
 */
public record ClusterConfig(
    boolean join,
    HostPort publicAddress,
    HostPort peer,
    HostPort raft,
    String advertiseHost,
    int electionTimeoutMillis,
    int digestSeconds) {
  private static final String JOIN = "cluster.join";
  private static final String PEER = "cluster.peer-address";
  private static final String RAFT = "cluster.raft-address";

  public ClusterConfig {
    Ranges.check("cluster.election-timeout-millis", electionTimeoutMillis, 50, 60_000);
    Ranges.check("cluster.digest-seconds", digestSeconds, 0, 86_400);
    if (join) {
      requireFixed(publicAddress, peer, raft, advertiseHost);
    }
  }

  /**
   * @param peer HOST:PORT; empty: the public address, with the next port
   * @param raft HOST:PORT; empty: the public address, with the next port but one
   * @param advertiseHost empty: the public address'
   */
  static ClusterConfig of(
      boolean join,
      ListenConfig listen,
      String peer,
      String raft,
      String advertiseHost,
      int electionTimeoutMillis) {
    return new ClusterConfig(
        join,
        new HostPort(listen.host(), listen.port()),
        bound(PEER, peer, listen, 1),
        bound(RAFT, raft, listen, 2),
        advertiseHost.isEmpty() ? listen.host() : advertiseHost,
        electionTimeoutMillis,
        0);
  }

  /** This with comparisons of what the replicas have. */
  ClusterConfig withDigestSeconds(int seconds) {
    return new ClusterConfig(
        join, publicAddress, peer, raft, advertiseHost, electionTimeoutMillis, seconds);
  }

  /** Between two comparisons of what the replicas have; zero: never. */
  public Duration digestEvery() {
    return Duration.ofSeconds(digestSeconds);
  }

  private static HostPort bound(String key, String text, ListenConfig listen, int offset) {
    if (!text.isEmpty()) {
      return HostPort.parse(key, text).requireLoopback(key, listen.insecure());
    }
    int port = listen.port() + offset;
    return new HostPort(listen.host(), listen.port() == 0 || port > HostPort.PORT_MAX ? 0 : port);
  }

  /**
   * What the others are told, and remember for ever, must stay.
   *
   * @throws IllegalArgumentException an address that changes with every start, or that nobody else
   *     can use
   */
  public void requireFixed() {
    requireFixed(publicAddress, peer, raft, advertiseHost);
  }

  private static void requireFixed(
      HostPort publicAddress, HostPort peer, HostPort raft, String advertiseHost) {
    if (publicAddress.port() == 0 || peer.port() == 0 || raft.port() == 0) {
      throw new IllegalArgumentException(
          JOIN
              + " needs fixed ports, because the other nodes remember them: give listen.address"
              + " one, and cluster.peer-address and cluster.raft-address where theirs cannot follow"
              + " from it");
    }
    if (HostPort.resolve("cluster.advertise-host", advertiseHost).isAnyLocalAddress()) {
      throw new IllegalArgumentException(
          "cluster.advertise-host must be a name or an address by which the other nodes reach this"
              + " one, not '"
              + advertiseHost
              + "'");
    }
    if (publicAddress.port() == peer.port()
        || publicAddress.port() == raft.port()
        || peer.port() == raft.port()) {
      throw new IllegalArgumentException(
          "cluster.peer-address and cluster.raft-address need ports of their own: %s, %s and %s were given"
              .formatted(publicAddress, peer, raft));
    }
  }

  /** HOST:PORT as others reach it. */
  public String advertised(HostPort bound) {
    return HostPort.text(advertiseHost, bound.port());
  }
}
